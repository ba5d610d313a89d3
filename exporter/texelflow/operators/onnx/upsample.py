"""Upsample: the predecessor of Resize, up to opset 9."""

from __future__ import annotations

from texelflow.dimensions import Dimension, Expression
from texelflow.dimensions.floats import FloatExpression, scaled_extent
from texelflow.graph import Node, NodeError, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.upgrading import attribute_to_input


@operator("Upsample", inputs=(1, 2))
class Upsample(Operator):
    """Nearest or linear sampling at x / scale."""

    def upgrade(self, node: Node, opset: int) -> None:
        """Opset 9 turned the attribute scales into an input."""
        if opset < 9:
            attribute_to_input(node, "scales", 1, "float32")

    def infer(self, node: Node) -> list[TensorType]:
        """Return the enlarged type; raise NodeError if a scale is not a positive number."""
        source, scales = node.required(0).known_type, node.known(1, "scales")
        if len(scales) != source.rank:
            raise NodeError(node, f"it has {len(scales)} scales for an input of rank {source.rank}")
        if node.attributes.get("mode", "nearest") not in ("nearest", "linear"):
            raise NodeError(node, f"mode is {node.attributes['mode']!r}; 'nearest' or 'linear' is expected")
        shape: list[Dimension] = []
        for extent, scale in zip(source.shape, scales, strict=True):
            if not isinstance(scale, Expression | FloatExpression) and scale <= 0:
                raise NodeError(node, f"its scale {scale} is not a positive number")
            shape.append(scaled_extent(extent, scale))
        return [TensorType(source.dtype, tuple(shape))]

    def in_onnx(self, node: Node) -> list[Node]:
        """Return a Resize: ONNX has no Upsample since opset 10."""
        return self.decompose(node) or [node]

    def decompose(self, node: Node) -> list[Node] | None:
        """Replace by a Resize with the coordinates of old."""
        steps = Decomposition(node)
        steps.add(
            "Resize",
            node.outputs[0],
            node.required(0),
            None,
            node.required(1),
            mode=node.attributes.get("mode", "nearest"),
            coordinate_transformation_mode="asymmetric",
            nearest_mode="floor",
        )
        return steps.nodes
