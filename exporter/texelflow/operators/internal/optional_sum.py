"""texelflow::OptionalSum, made by passes/share_epilogues.py so that convolutions share a program."""

from __future__ import annotations

from collections.abc import Sequence

from texelflow.graph import Node, TensorType
from texelflow.graph.scalar import Operand, Scalar, call
from texelflow.operators import operator
from texelflow.operators.elementwise import Elementwise


@operator("OptionalSum", inputs=2, domain="texelflow")
class OptionalSum(Elementwise):
    """The sum of two values of one shape, or the first where the second is missing: one program does both."""

    may_miss_operand = True

    def infer(self, node: Node) -> list[TensorType]:
        """Return the first input's type."""
        return [node.required(0).known_type]

    def scalar(self, node: Node, operands: Sequence[Scalar | None]) -> Scalar:
        """Return the sum; a missing operand is read as zeros."""
        x, summand = operands
        assert x is not None
        return call("add", x.dtype, x, summand or Operand(1, x.dtype))
