"""If: one of two graphs. Shape inference replaces it (passes/branches.py)."""

from __future__ import annotations

from texelflow.graph import Node, NodeError, TensorType
from texelflow.operators import MANY, Operator, operator


def is_branching(node: Node) -> bool:
    """Return whether a node is an If."""
    return (node.domain, node.operator) == ("", "If")


@operator("If", inputs=(1, MANY))
class If(Operator):
    """The results of `then_branch` where the first input holds, else those of `else_branch`.

    The inputs behind it are what the branches read of the graph around them.
    """

    decomposes = True

    def infer(self, node: Node) -> list[TensorType]:
        """Raise NodeError: nothing is known of a condition without a type."""
        raise NodeError(node, "its condition has no type")
