"""texelflow::ReadElements: elements that a run reads back to plan what follows; see passes/steering.py."""

from __future__ import annotations

from collections.abc import Sequence

from texelflow.dimensions import symbol
from texelflow.dimensions.constraints import signed_symbol
from texelflow.dimensions.floats import FloatExpression
from texelflow.graph import FLOATING, Element, Node, TensorType
from texelflow.operators import Operator, learn, operator, symbols_bound_by

STEERING_DTYPES = frozenset(
    {"float32", "float64", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "bool"}
)
"""Types whose elements can be symbols; arithmetic in 16-bit floats is left to the GPU."""


def symbols_as(dtype: str, names: Sequence[str]) -> list[Element]:
    """Return the elements of a type that are symbols of these names."""
    if dtype in FLOATING:
        return [FloatExpression("float", (signed_symbol(name),), dtype) for name in names]
    kind = symbol if dtype == "bool" or dtype.startswith("u") else signed_symbol
    return [kind(name) for name in names]


@operator("ReadElements", inputs=1, domain="texelflow")
class ReadElements(Operator):
    """The input, few numbers, whose elements are symbols that the run binds when it has computed them."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the input's type."""
        kind = node.required(0).known_type
        assert isinstance(kind.size, int)
        learn(node, [f"[{index}]" for index in range(kind.size)])
        return [kind]

    def evaluate(self, node: Node) -> list[list[Element]] | None:
        """Return the symbols."""
        return [symbols_as(node.outputs[0].dtype, symbols_bound_by(node))]
