"""texelflow::MaxPositions and Unpool: where maxima of windows lie; MaxPool and MaxUnpool make them."""

from __future__ import annotations

from texelflow.graph import Node, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.onnx.pooling import pool_windows, unpooled_shape


@operator("MaxPositions", inputs=1, domain="texelflow")
class MaxPositions(Operator):
    """The positions, int64, in the flattened input of what a MaxPool with the same attributes returns.

    Of equal elements the first counts. With storage_order 1 positions are counted along the first spatial
    axis first, not along the last.
    """

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type of the positions."""
        source = node.required(0).known_type
        extents = (window.output for window in pool_windows(node))
        return [TensorType("int64", (*source.shape[:2], *extents))]


@operator("Unpool", inputs=2, domain="texelflow")
class Unpool(Operator):
    """Each element of the first input at its position, the second, in the flattened output; else zeros.

    The position is within the element's window, as MaxPositions with the same attributes leaves it.
    """

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type of what was pooled."""
        return [TensorType(node.required(0).dtype, unpooled_shape(node))]
