"""Tile: a tensor repeated along its axes."""

from __future__ import annotations

from texelflow.backends.webgl2.lowering import Lowering, value_like
from texelflow.graph import Node, NodeError, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.shapes import dimensions


@operator("Tile")
class Tile(Operator):
    """The input laid side by side with itself, `repeats` times along each axis."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type of the repeated tensor."""
        source = node.required(0).known_type
        repeats = dimensions(node, node.known(1, "repeats"), "repeats")
        if len(repeats) != source.rank:
            raise NodeError(node, f"it has {len(repeats)} repeats for an input of rank {source.rank}")
        if any(isinstance(count, int) and count < 0 for count in repeats):
            raise NodeError(node, f"a count in repeats {repeats} is negative")
        shape = tuple(extent * count for extent, count in zip(source.shape, repeats, strict=True))
        return [TensorType(source.dtype, shape)]

    def lower(self, node: Node, lowering: Lowering) -> None:
        """Give each axis an axis of repeats before it, and copy that as one."""
        source, output = node.required(0), node.outputs[0]
        split = tuple(extent for size in source.shape for extent in (1, size))
        repeats = dimensions(node, node.known(1, "repeats"), "repeats")
        repeated = tuple(extent for pair in zip(repeats, source.shape, strict=True) for extent in pair)
        pairs, tiles = value_like(output, "pairs", split), value_like(output, "tiles", repeated)
        lowering.bind_view(pairs, source, lambda view: view.reshape(split))
        lowering.bind_view(tiles, pairs, lambda view: view.expand(repeated))
        lowering.bind_view(output, tiles, lambda view: view.reshape(output.shape))
