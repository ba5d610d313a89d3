"""Where: one of two inputs, chosen element by element."""

from __future__ import annotations

from collections.abc import Sequence

from texelflow.dimensions import Expression, select
from texelflow.graph import Element, Node, NodeError, TensorType
from texelflow.graph.scalar import Scalar, call
from texelflow.operators import operator
from texelflow.operators.elementwise import Elementwise, given, whole
from texelflow.operators.shapes import same_dtype


@operator("Where", inputs=3)
class Where(Elementwise):
    """`condition ? X : Y`; the input not chosen may be NaN."""

    def result_dtype(self, node: Node, kinds: Sequence[TensorType]) -> str:
        """Return the element type of X and Y; raise NodeError unless the condition is bool."""
        if kinds[0].dtype != "bool":
            raise NodeError(node, f"its condition has type {kinds[0].dtype}; bool is needed")
        return same_dtype(node, kinds[1:])

    def scalar(self, node: Node, operands: Sequence[Scalar | None]) -> Scalar:
        """Return a choice by bits, not by arithmetic."""
        return call("choose", node.outputs[0].dtype, *given(operands))

    def element(self, node: Node, operands: Sequence[Element]) -> Element | None:
        """Choose; where the condition is an expression, both must be whole numbers."""
        condition, then, otherwise = operands
        if not isinstance(condition, Expression):
            return then if condition else otherwise
        left, right = whole(then), whole(otherwise)
        return None if left is None or right is None else select(condition, left, right)
