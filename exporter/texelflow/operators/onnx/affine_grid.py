"""AffineGrid: the points of an image's pixels under an affine map, as GridSample takes them."""

from __future__ import annotations

from texelflow.dimensions import Dimension
from texelflow.graph import Node, NodeError, TensorType, Value
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.shapes import dimensions, floating_dtype, require_rank, unify


@operator("AffineGrid", inputs=2)
class AffineGrid(Operator):
    """Maps theta [N, r, r + 1] of the r coordinates, from -1 to 1, of pixels of [N, C, (D,) H, W]."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type of the grid, [N, (D,) H, W, r]."""
        theta = node.required(0).known_type
        dtype = floating_dtype(node, [theta])
        require_rank(node, theta, 3, 3)
        batch, _, *spatial = self._size(node)
        axes = len(spatial)
        unify(node, theta.shape[1], axes, "the rows of theta and the axes of its image")
        unify(node, theta.shape[2], axes + 1, "the columns of theta and the axes of its image, and 1,")
        unify(node, theta.shape[0], batch, "the batches of theta and size")
        return [TensorType(dtype, (theta.shape[0], *spatial, axes))]

    @staticmethod
    def _size(node: Node) -> list[Dimension]:
        size = dimensions(node, node.known(1, "size"), "size")
        if len(size) not in (4, 5):
            raise NodeError(node, f"its size is {size}; that of images or volumes is needed")
        return size

    def decompose(self, node: Node) -> list[Node] | None:
        """Sum coordinates times columns of theta, which are broadcast to all pixels."""
        steps, theta, result = Decomposition(node), node.required(0), node.outputs[0]
        batch, *spatial, axes = result.shape
        ones = [1] * len(spatial)
        total = self._column(steps, theta, len(spatial), [batch, *ones, axes])
        for column, axis in enumerate(reversed(range(len(spatial)))):
            along = [*ones, 1]
            points = self._coordinates(steps, spatial[axis], theta.dtype)
            across = steps.reshape("across", points, [*along[:axis], spatial[axis], *along[axis + 1 :]])
            factor = self._column(steps, theta, column, [batch, *ones, axes])
            last = column == len(spatial) - 1
            part = steps.add("Mul", "part", factor, across)
            total = steps.add("Add", result if last else "sum", total, part)
        return steps.nodes

    @staticmethod
    def _column(steps: Decomposition, theta: Value, column: int, shape: list[Dimension]) -> Value:
        return steps.reshape("column", steps.slice("taken", theta, 2, column, column + 1), shape)

    @staticmethod
    def _coordinates(steps: Decomposition, extent: Dimension, dtype: str) -> Value:
        """Return the coordinates of the pixels along an axis: of their centres, or from corner to corner."""
        corners = bool(steps.node.attributes.get("align_corners", 0))
        doubled = steps.add("Mul", "doubled", steps.places("pixels", extent), steps.index("two", 2))
        # (2i + 1 - n)/n, or (2i - (n - 1))/(n - 1): whole numbers, and one division.
        below = steps.index("below", 1 - extent)
        whole = steps.cast("whole", steps.add("Add", "centred", doubled, below), dtype)
        parts = steps.cast("parts", steps.index("count", extent - 1 if corners else extent), dtype)
        return steps.add("Div", "points", whole, parts)
