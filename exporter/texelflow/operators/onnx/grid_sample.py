"""GridSample: an image sampled at the points of a grid."""

from __future__ import annotations

from texelflow.graph import Node, NodeError, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.shapes import at_least, floating_dtype, require_rank, unify

MODES = ("linear", "nearest", "cubic")
PADDING_MODES = ("zeros", "border", "reflection")
OLD_MODES = {"bilinear": "linear", "bicubic": "cubic"}


@operator("GridSample", inputs=2, attributes={"padding_mode": "a text"})
class GridSample(Operator):
    """The input [N, C, D1, …] at each point [N, E1, …, r] of the grid: -1 and 1 are the ends of an axis.

    The first number of a point is the place along the last axis.
    """

    def upgrade(self, node: Node, opset: int) -> None:
        """Opset 20 renamed the modes, since images may have more axes than two."""
        if opset < 20:
            mode = node.attributes.get("mode", "bilinear")
            node.attributes["mode"] = OLD_MODES.get(mode, mode)

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type of the samples; raise NodeError if the grid does not fit the image."""
        for name, known in (("mode", MODES), ("padding_mode", PADDING_MODES)):
            if (value := node.attributes.get(name, known[0])) not in known:
                raise NodeError(node, f"{name} is {value!r}; one of {', '.join(known)} is expected")
        source, grid = node.required(0).known_type, node.required(1).known_type
        floating_dtype(node, [grid])
        require_rank(node, source, 3)
        if grid.rank != source.rank:
            raise NodeError(node, f"its grid has shape {list(grid.shape)}; rank {source.rank} is needed")
        batch = unify(node, source.shape[0], grid.shape[0], "the batches of its image and its grid")
        axes = source.rank - 2
        unify(node, grid.shape[-1], axes, "the coordinates of a point of its grid and the axes of its image")
        for number, extent in enumerate(source.shape[2:], 2):
            at_least(node, extent, 1, f"axis {number} of its image")
        return [TensorType(source.dtype, (batch, source.shape[1], *grid.shape[1:-1]))]

    def decompose(self, node: Node) -> list[Node] | None:
        """Make a line an image of one row, of which the middle, 0, is the row itself."""
        source, grid, result = node.required(0), node.required(1), node.outputs[0]
        if source.known_type.rank != 3:
            return None
        steps = Decomposition(node)
        batch, channels, extent = source.shape
        image = steps.reshape("image", source, [batch, channels, 1, extent])
        points = steps.add("Pad", "points", grid, steps.vector("pads", [0, 0, 0, 0, 0, 1]))
        points = steps.reshape("grid", points, [batch, 1, grid.shape[1], 2])
        sampled = steps.add("GridSample", "sampled", image, points, **node.attributes)
        steps.reshape(result, sampled, result.shape)
        return steps.nodes
