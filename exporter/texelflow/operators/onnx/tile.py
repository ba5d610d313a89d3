"""Tile: a tensor repeated along its axes."""

from __future__ import annotations

from texelflow.graph import Node, NodeError, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.shapes import counts


@operator("Tile", inputs=2)
class Tile(Operator):
    """The input laid side by side with itself, `repeats` times along each axis."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type of the repeated tensor."""
        source = node.required(0).known_type
        repeats = counts(node, node.known(1, "repeats"), "repeats")
        if len(repeats) != source.rank:
            raise NodeError(node, f"it has {len(repeats)} repeats for an input of rank {source.rank}")
        shape = tuple(extent * count for extent, count in zip(source.shape, repeats, strict=True))
        return [TensorType(source.dtype, shape)]
