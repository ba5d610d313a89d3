"""Col2Im: blocks of an image, which may overlap, summed to the image."""

from __future__ import annotations

from texelflow.dimensions import Dimension, floor_divide, product
from texelflow.graph import Node, NodeError, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.shapes import at_least, dimensions, divided, require_rank, unify
from texelflow.operators.windows import Window, per_axis


def block_windows(node: Node) -> list[Window]:
    """Return how blocks slide along each axis of the image; raise NodeError if that is not known at export.

    The extents of the image are the second input.
    """
    sizes = dimensions(node, node.known(2, "block_shape"), "block_shape")
    image = dimensions(node, node.known(1, "image_shape"), "image_shape")
    count = len(image)
    if len(sizes) != count or not count:
        raise NodeError(node, f"its image_shape {image} and block_shape {sizes} have not the same axes")
    strides, dilations = per_axis(node, "strides", count, 1), per_axis(node, "dilations", count, 1)
    pads = per_axis(node, "pads", 2 * count, 0)
    if min([*strides, *dilations]) < 1:
        raise NodeError(node, f"blocks cannot move by {strides}, their elements {dilations} apart")
    result: list[Window] = []
    for axis, (extent, size) in enumerate(zip(image, sizes, strict=True)):
        before, behind = pads[axis], pads[axis + count]
        reach = (size - 1) * dilations[axis] + 1
        at_least(node, size, 1, f"the extent of its blocks along axis {axis} of the image")
        at_least(node, extent + before + behind - reach, 0, f"axis {axis} of its image, without a block,")
        positions = floor_divide(extent + before + behind - reach, strides[axis]) + 1
        result.append(Window(size, strides[axis], dilations[axis], before, behind, positions))
    return result


@operator("Col2Im", inputs=3)
class Col2Im(Operator):
    """[N, C·elements of a block, number of blocks] to [N, C, *image_shape]."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type of the image; raise NodeError if blocks do not fit it."""
        source = node.required(0).known_type
        require_rank(node, source, 3, 3)
        windows = block_windows(node)
        image: list[Dimension] = dimensions(node, node.known(1, "image_shape"), "image_shape")
        taps = product([window.kernel for window in windows])
        channels = divided(node, source.shape[1], taps, "the extent of axis 1 of its input")
        blocks = product([window.output for window in windows])
        unify(node, source.shape[2], blocks, "the numbers of its blocks and of those that its image has")
        return [TensorType(source.dtype, (source.shape[0], channels, *image))]
