"""The base of operators that compute each element from the elements at the same place of the inputs.

Such an operator needs no lowering of its own: it is an expression in GLSL, used in the elementwise kernel or
behind another kernel as its epilogue.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Protocol

from texelflow.dimensions import Expression
from texelflow.dimensions.floats import FloatExpression
from texelflow.graph import FLOATING, Element, Node, NodeError, TensorType
from texelflow.graph.constants import pack_elements, unpack_elements
from texelflow.operators import Operator
from texelflow.operators.row_major import broadcast_elements
from texelflow.operators.shapes import broadcast, known_shape, same_dtype

UNSIGNED_32 = frozenset({"uint32", "uint64"})
"""Types computed as unsigned 32-bit numbers; the shader holds their bits in an int."""

NARROW_INTEGERS = frozenset({"int8", "uint8", "int16", "uint16"})
"""Types that wrap around within the 32 bits of the shader's int."""


class Uniforms(Protocol):
    """Numbers that a shader receives at run time, so that programs are shared."""

    def real(self, x: float) -> str:
        """Return a GLSL expression of type float for `x`."""

    def integer(self, x: int) -> str:
        """Return a GLSL expression of type int for `x`."""


class Elementwise(Operator):
    """An operator applied to each element, its inputs broadcast together."""

    operand_count: ClassVar[int | None] = 1
    """How many inputs it has; None for any number from one."""

    may_miss_operand: ClassVar[bool] = False
    """Whether the shader reads zeros for a second input that is omitted, by the program that reads one."""

    @property
    def is_symmetric(self) -> bool:
        """Whether its two operands may change places."""
        return False

    def expression(self, node: Node, operands: list[str | None], uniforms: Uniforms) -> str:
        """Return the GLSL ES 3.00 expression of four elements of the result.

        An operand is an expression of type vec4 if its input is floating, else ivec4 (bool: 0 or 1), and
        None if the input is omitted. The result has type vec4 if the output is floating, else ivec4. The
        expression calls functions of `shaders/lib/math/`.
        """
        raise NotImplementedError(f"{type(self).__name__}.expression")

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type whose shape is that of the inputs broadcast together."""
        count = self.operand_count or max(1, len(node.inputs))
        if len(node.inputs) != count:
            raise NodeError(node, f"the number of its inputs is {len(node.inputs)}; {count} is needed")
        for index in range(count):
            node.required(index)
        kinds = [value.known_type for value in node.inputs if value is not None]
        return [TensorType(self.result_dtype(node, kinds), broadcast(node, [kind.shape for kind in kinds]))]

    def result_dtype(self, node: Node, kinds: Sequence[TensorType]) -> str:
        """Return the element type of the output, given the types of the inputs that are not omitted."""
        return same_dtype(node, kinds)

    def element(self, node: Node, operands: Sequence[Element]) -> Element | None:
        """Return one element, given those of the inputs that are not omitted; None: left to the GPU."""
        return None

    def evaluate(self, node: Node) -> list[list[Element]] | None:
        """Apply `element` everywhere, with broadcasting and the wrap-around of the output's type."""
        kind = node.outputs[0].known_type
        shape = known_shape(kind.shape)
        if shape is None:
            return None
        columns: list[list[Element]] = []
        for value in node.inputs:
            if value is None:
                continue
            size = known_shape(value.shape)
            if value.elements is None or size is None:
                return None
            columns.append(broadcast_elements(value.elements, size, shape))
        result: list[Element] = []
        for operands in zip(*columns, strict=True):
            element = self.element(node, operands)
            if element is None:
                return None
            result.append(round_element(kind.dtype, element))
        return [result]


def round_element(dtype: str, element: Element) -> Element:
    """Return the element as its type holds it: whole numbers wrapped around, floating ones rounded."""
    if isinstance(element, Expression | FloatExpression):
        return element
    if dtype == "bool":
        return bool(element)
    if dtype in FLOATING:
        return unpack_elements(dtype, pack_elements(dtype, [element]))[0]
    bits = int(dtype.removeprefix("u").removeprefix("int"))
    wrapped = int(element) & ((1 << bits) - 1)
    return wrapped - (1 << bits) if not dtype.startswith("u") and wrapped >> (bits - 1) else wrapped


def wrap(dtype: str, expression: str) -> str:
    """Return the expression of an ivec4, wrapped around to a narrow integer type."""
    return f"wrap_{dtype}({expression})" if dtype in NARROW_INTEGERS else expression


def whole(element: Element) -> int | Expression | None:
    """Return the element as an exact whole number, or None if it is not one."""
    if isinstance(element, float):
        return int(element) if element.is_integer() else None
    return None if isinstance(element, FloatExpression) else element


def is_symbolic(*elements: Element) -> bool:
    """Return whether an element is no number, but follows from the sizes of a run."""
    return any(isinstance(element, Expression | FloatExpression) for element in elements)
