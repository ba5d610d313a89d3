"""How Tile becomes draws."""

from __future__ import annotations

from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.lower import lowers
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.operators.shapes import dimensions


@lowers("Tile")
def lower(group: Group, lowering: Lowering) -> None:
    """Give each axis an axis of repeats before it, and copy that as one."""
    node = group.node
    source, output = node.required(0), node.outputs[0]
    split = tuple(extent for size in source.shape for extent in (1, size))
    repeats = dimensions(node, node.known(1, "repeats"), "repeats")
    repeated = tuple(extent for pair in zip(repeats, source.shape, strict=True) for extent in pair)
    pairs, tiles = output.like("pairs", split), output.like("tiles", repeated)
    lowering.bind_view(pairs, source, lambda view: view.reshape(split))
    lowering.bind_view(tiles, pairs, lambda view: view.expand(repeated))
    lowering.bind_view(output, tiles, lambda view: view.reshape(output.shape))
