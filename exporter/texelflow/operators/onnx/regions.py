"""RoiAlign and MaxRoiPool: boxes of an image, each made an image of the same extents."""

from __future__ import annotations

from texelflow.dimensions import Dimension
from texelflow.graph import Node, NodeError, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.onnx.gather import require_indices
from texelflow.operators.shapes import at_least, floating_dtype, require_rank, unify

MODES = ("avg", "max")
COORDINATES = ("half_pixel", "output_half_pixel")


@operator(
    "RoiAlign",
    inputs=3,
    attributes={
        "output_height": "a whole number",
        "output_width": "a whole number",
        "sampling_ratio": "a whole number",
        "spatial_scale": "a number",
    },
)
class RoiAlign(Operator):
    """Images [N, C, H, W] in boxes [R, 4] (x, y of two corners) of image number [R]: [R, C, height, width].

    Each bin of a box is the mean, or largest part, of sampling_ratio² points between pixels; where that is 0,
    of about as many as the bin has pixels.
    """

    def upgrade(self, node: Node, opset: int) -> None:
        """Before opset 16, corners were those of pixels moved by half of one."""
        if opset < 16:
            node.attributes.setdefault("coordinate_transformation_mode", "output_half_pixel")

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type; raise NodeError if boxes, their numbers or an attribute do not fit."""
        source, boxes, numbers = (node.required(index).known_type for index in range(3))
        dtype = floating_dtype(node, [source, boxes])
        require_indices(node, numbers)
        for name, known in (("mode", MODES), ("coordinate_transformation_mode", COORDINATES)):
            if (value := node.attributes.get(name, known[0])) not in known:
                raise NodeError(node, f"{name} is {value!r}; one of {', '.join(known)} is expected")
        for kind, rank in ((source, 4), (boxes, 2), (numbers, 1)):
            require_rank(node, kind, rank, rank)
        unify(node, boxes.shape[1], 4, "the numbers of a box and 4")
        unify(node, boxes.shape[0], numbers.shape[0], "the numbers of its boxes and of batch_indices")
        height, width = (int(node.attributes.get(f"output_{name}", 1)) for name in ("height", "width"))
        return [_pooled(node, dtype, boxes.shape[0], height, width)]


@operator(
    "MaxRoiPool",
    inputs=2,
    attributes={"pooled_shape": "a list of whole numbers", "spatial_scale": "a number"},
)
class MaxRoiPool(Operator):
    """Images [N, C, H, W] in boxes [R, 5] (image number, x, y of two corners): maxima of bins of pixels."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type; raise NodeError if boxes or pooled_shape do not fit."""
        source, boxes = node.required(0).known_type, node.required(1).known_type
        dtype = floating_dtype(node, [source, boxes])
        require_rank(node, source, 4, 4)
        require_rank(node, boxes, 2, 2)
        unify(node, boxes.shape[1], 5, "the numbers of a box and 5")
        shape = node.attributes.get("pooled_shape") or []
        if len(shape) != 2:
            raise NodeError(node, f"pooled_shape is {list(shape)}; height and width are needed")
        return [_pooled(node, dtype, boxes.shape[0], *map(int, shape))]


def _pooled(node: Node, dtype: str, count: Dimension, height: int, width: int) -> TensorType:
    if min(height, width) < 1:
        raise NodeError(node, f"its output is {height} by {width}; at least 1 by 1 is needed")
    _, channels, *spatial = node.required(0).shape
    for axis, extent in enumerate(spatial, 2):
        at_least(node, extent, 1, f"axis {axis} of its image")
    return TensorType(dtype, (count, channels, height, width))
