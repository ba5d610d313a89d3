"""And, Or, Xor and Not, and the predicates IsNaN and IsInf."""

from __future__ import annotations

from collections.abc import Sequence

from texelflow.dimensions import Dimension, maximum
from texelflow.graph import Element, Node, NodeError, TensorType
from texelflow.operators import operator
from texelflow.operators.elementwise import Elementwise, Uniforms, whole

SYMBOLS = {"And": "&", "Or": "|", "Xor": "^"}


@operator(*SYMBOLS)
class Logical(Elementwise):
    """A logical operation on two bools, which are 0 or 1 in the shader."""

    operand_count = 2

    def result_dtype(self, node: Node, kinds: Sequence[TensorType]) -> str:
        """Return bool; raise NodeError for other inputs."""
        return _require_bool(node, kinds)

    def expression(self, node: Node, operands: list[str | None], uniforms: Uniforms) -> str:
        """Return the bitwise operation."""
        return f"({operands[0]} {SYMBOLS[self.name]} {operands[1]})"

    def element(self, node: Node, operands: Sequence[Element]) -> Element | None:
        """Compute with 0 and 1, so that expressions can take part."""
        a, b = whole(operands[0]), whole(operands[1])
        if a is None or b is None:
            return None
        result = a * b if self.name == "And" else maximum(a, b) if self.name == "Or" else a + b - 2 * (a * b)
        return _as_bool(result)


@operator("Not")
class Not(Elementwise):
    """The negation of a bool."""

    def result_dtype(self, node: Node, kinds: Sequence[TensorType]) -> str:
        """Return bool; raise NodeError for another input."""
        return _require_bool(node, kinds)

    def expression(self, node: Node, operands: list[str | None], uniforms: Uniforms) -> str:
        """Return 1 less the operand."""
        return f"(1 - {operands[0]})"

    def element(self, node: Node, operands: Sequence[Element]) -> Element | None:
        """Compute 1 less the operand."""
        x = whole(operands[0])
        return None if x is None else _as_bool(1 - x)


@operator("IsNaN")
class IsNaN(Elementwise):
    """Whether a number is NaN."""

    def result_dtype(self, node: Node, kinds: Sequence[TensorType]) -> str:
        """Return bool; raise NodeError unless the input is floating."""
        return _bool_of_floating(node, kinds[0])

    def expression(self, node: Node, operands: list[str | None], uniforms: Uniforms) -> str:
        """Return a test of the number's bits."""
        return f"ivec4(is_nan({operands[0]}))"


@operator("IsInf")
class IsInf(Elementwise):
    """Whether a number is infinite; the attributes choose the signs that count."""

    def result_dtype(self, node: Node, kinds: Sequence[TensorType]) -> str:
        """Return bool; raise NodeError unless the input is floating."""
        return _bool_of_floating(node, kinds[0])

    def expression(self, node: Node, operands: list[str | None], uniforms: Uniforms) -> str:
        """Return a test of the number's bits; the signs that count are uniforms."""
        signs = [
            uniforms.integer(int(node.attributes.get(f"detect_{sign}", 1)))
            for sign in ("positive", "negative")
        ]
        return f"is_infinite({operands[0]}, {signs[0]}, {signs[1]})"


def _bool_of_floating(node: Node, kind: TensorType) -> str:
    if not kind.is_floating:
        raise NodeError(node, f"its input has type {kind.dtype}; a floating type is needed")
    return "bool"


def _require_bool(node: Node, kinds: Sequence[TensorType]) -> str:
    for kind in kinds:
        if kind.dtype != "bool":
            raise NodeError(node, f"an input has type {kind.dtype}; bool is needed")
    return "bool"


def _as_bool(dimension: Dimension) -> Element:
    return bool(dimension) if isinstance(dimension, int) else dimension
