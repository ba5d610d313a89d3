"""BitwiseAnd, BitwiseOr, BitwiseXor, BitwiseNot and BitShift."""

from __future__ import annotations

from collections.abc import Sequence

from texelflow.graph import FLOATING, Node, NodeError, TensorType
from texelflow.graph.scalar import Scalar, call
from texelflow.operators import operator
from texelflow.operators.elementwise import Elementwise, given

PRIMITIVES = {"BitwiseAnd": "bitwise_and", "BitwiseOr": "bitwise_or", "BitwiseXor": "bitwise_xor"}


class IntegerElementwise(Elementwise):
    """Takes and gives one integer type."""

    def result_dtype(self, node: Node, kinds: Sequence[TensorType]) -> str:
        """Return the shared element type; raise NodeError unless it is an integer type."""
        dtype = super().result_dtype(node, kinds)
        if dtype in FLOATING or dtype == "bool":
            raise NodeError(node, f"its inputs have type {dtype}; an integer type is needed")
        return dtype


@operator(*PRIMITIVES, inputs=2)
class Bitwise(IntegerElementwise):
    """An operation on the bits of two integers."""

    def scalar(self, node: Node, operands: Sequence[Scalar | None]) -> Scalar:
        """Return the operation on bits."""
        return call(PRIMITIVES[self.name], node.outputs[0].dtype, *given(operands))


@operator("BitwiseNot", inputs=1)
class BitwiseNot(IntegerElementwise):
    """All bits of an integer inverted."""

    def scalar(self, node: Node, operands: Sequence[Scalar | None]) -> Scalar:
        """Return the inversion of all bits."""
        return call("bitwise_not", node.outputs[0].dtype, *given(operands))


@operator("BitShift", inputs=2)
class BitShift(IntegerElementwise):
    """The bits of an integer shifted; those shifted out are lost, and a negative number stays negative."""

    def result_dtype(self, node: Node, kinds: Sequence[TensorType]) -> str:
        """Return the shared element type; raise NodeError for an unknown direction."""
        direction = node.attributes.get("direction")
        if direction not in ("LEFT", "RIGHT"):
            raise NodeError(node, f"direction is {direction!r}; 'LEFT' or 'RIGHT' is expected")
        return super().result_dtype(node, kinds)

    def scalar(self, node: Node, operands: Sequence[Scalar | None]) -> Scalar:
        """Return the shift in the direction of the attribute."""
        dtype, function = node.outputs[0].dtype, f"shift_{node.attributes['direction'].lower()}"
        if function == "shift_right" and not dtype.startswith("u"):
            function = "shift_right_signed"
        return call(function, dtype, *given(operands))
