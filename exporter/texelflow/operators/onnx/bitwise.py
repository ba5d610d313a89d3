"""BitwiseAnd, BitwiseOr, BitwiseXor, BitwiseNot and BitShift."""

from __future__ import annotations

from collections.abc import Sequence

from texelflow.graph import FLOATING, Node, NodeError, TensorType
from texelflow.operators import operator
from texelflow.operators.elementwise import Elementwise, Uniforms, wrap

SYMBOLS = {"BitwiseAnd": "&", "BitwiseOr": "|", "BitwiseXor": "^"}


class IntegerElementwise(Elementwise):
    """Takes and gives one integer type."""

    def result_dtype(self, node: Node, kinds: Sequence[TensorType]) -> str:
        """Return the shared element type; raise NodeError unless it is an integer type."""
        dtype = super().result_dtype(node, kinds)
        if dtype in FLOATING or dtype == "bool":
            raise NodeError(node, f"its inputs have type {dtype}; an integer type is needed")
        return dtype


@operator(*SYMBOLS)
class Bitwise(IntegerElementwise):
    """An operation on the bits of two integers."""

    operand_count = 2

    def expression(self, node: Node, operands: list[str | None], uniforms: Uniforms) -> str:
        """Return the GLSL operation; a narrow integer's sign is extended, so the result needs no wrapping."""
        return f"({operands[0]} {SYMBOLS[self.name]} {operands[1]})"


@operator("BitwiseNot")
class BitwiseNot(IntegerElementwise):
    """All bits of an integer inverted."""

    def expression(self, node: Node, operands: list[str | None], uniforms: Uniforms) -> str:
        """Return the GLSL operation, within the type's width."""
        return wrap(node.required(0).dtype, f"(~({operands[0]}))")


@operator("BitShift")
class BitShift(IntegerElementwise):
    """The bits of an integer shifted; those shifted out are lost, and a negative number stays negative."""

    operand_count = 2

    def result_dtype(self, node: Node, kinds: Sequence[TensorType]) -> str:
        """Return the shared element type; raise NodeError for an unknown direction."""
        direction = node.attributes.get("direction")
        if direction not in ("LEFT", "RIGHT"):
            raise NodeError(node, f"direction is {direction!r}; 'LEFT' or 'RIGHT' is expected")
        return super().result_dtype(node, kinds)

    def expression(self, node: Node, operands: list[str | None], uniforms: Uniforms) -> str:
        """Return the call of the shift in the direction of the attribute."""
        dtype, function = node.required(0).dtype, f"shift_{node.attributes['direction'].lower()}"
        if function == "shift_right" and not dtype.startswith("u"):
            function = "shift_right_signed"
        return wrap(dtype, f"{function}({operands[0]}, {operands[1]})")
