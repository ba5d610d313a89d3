"""texelflow::ReadElements: elements that a run reads back to plan what follows; see passes/steering.py."""

from __future__ import annotations

from texelflow.dimensions import symbol
from texelflow.dimensions.constraints import signed_symbol
from texelflow.dimensions.floats import FloatExpression
from texelflow.graph import FLOATING, Element, Node, TensorType, Value
from texelflow.operators import Operator, operator

STEERING_DTYPES = frozenset(
    {"float32", "float64", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "bool"}
)
"""Types whose elements can be symbols; arithmetic in 16-bit floats is left to the GPU."""


def element_symbols(value: Value, prefix: str) -> tuple[list[str], list[Element]]:
    """Return the names of the symbols for the elements of a value of known shape, and the elements."""
    count = value.known_type.size
    assert isinstance(count, int)
    names = [f"{prefix}[{index}]" for index in range(count)]
    if value.dtype in FLOATING:
        return names, [FloatExpression("float", (signed_symbol(name),), value.dtype) for name in names]
    kind = symbol if value.dtype == "bool" or value.dtype.startswith("u") else signed_symbol
    return names, [kind(name) for name in names]


@operator("ReadElements", inputs=1, domain="texelflow")
class ReadElements(Operator):
    """The input, few numbers, whose elements are symbols that the run binds when it has computed them."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the input's type."""
        return [node.required(0).known_type]

    def evaluate(self, node: Node) -> list[list[Element]] | None:
        """Return the symbols."""
        source = node.required(0)
        return [element_symbols(source, source.name)[1]]

    def binds(self, node: Node) -> list[str]:
        """Return the names of the symbols."""
        source = node.required(0)
        return element_symbols(source, source.name)[0]
