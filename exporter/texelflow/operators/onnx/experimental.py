"""Affine, Crop and ImageScaler: experimental operators of the first opsets, which converters wrote."""

from __future__ import annotations

from texelflow.dimensions import Dimension
from texelflow.graph import Node, NodeError, TensorType, Value
from texelflow.graph.constants import constant_value
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.shapes import at_least, floating_dtype, require_rank


class Experimental(Operator):
    """An operator that ONNX has no more."""

    def in_onnx(self, node: Node) -> list[Node]:
        """Raise NodeError."""
        raise NodeError(node, "ONNX has this operator no more")


@operator("Affine", inputs=1)
class Affine(Experimental):
    """`alpha * x + beta`."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the input's type."""
        kind = node.required(0).known_type
        floating_dtype(node, [kind])
        return [kind]

    def decompose(self, node: Node) -> list[Node] | None:
        """Multiply and add."""
        steps, x = Decomposition(node), node.required(0)
        alpha, beta = (
            steps.scalar(name, x.dtype, float(node.attributes.get(name, default)))
            for name, default in (("alpha", 1.0), ("beta", 0.0))
        )
        steps.add("Add", node.outputs[0], steps.add("Mul", "product", x, alpha), beta)
        return steps.nodes


@operator("ImageScaler", inputs=1, attributes={"bias": "a list of numbers", "scale": "a number"})
class ImageScaler(Experimental):
    """`scale * x + bias[c]` for the channels c of an image."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the input's type; raise NodeError unless there is a bias for each channel."""
        kind = node.required(0).known_type
        floating_dtype(node, [kind])
        require_rank(node, kind, 4, 4)
        bias = node.attributes.get("bias")
        if bias is not None and isinstance(kind.shape[1], int) and len(bias) != kind.shape[1]:
            raise NodeError(node, f"it has {len(bias)} biases for {kind.shape[1]} channels")
        return [kind]

    def decompose(self, node: Node) -> list[Node] | None:
        """Multiply and add."""
        steps, x = Decomposition(node), node.required(0)
        scale = steps.scalar("scale", x.dtype, float(node.attributes.get("scale", 1.0)))
        bias = node.attributes.get("bias", [0.0])
        biases = constant_value(f"{node.outputs[0].name}/bias", x.dtype, [1, len(bias), 1, 1], bias)
        steps.add("Add", node.outputs[0], steps.add("Mul", "scaled", x, scale), biases)
        return steps.nodes


@operator("Crop", inputs=1, attributes=dict.fromkeys(("border", "scale"), "a list of whole numbers"))
class Crop(Experimental):
    """Removes `border` (left, top, right, bottom); with `scale`, keeps that many rows and columns."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the cropped type; raise NodeError if the border is larger than the image."""
        kind = node.required(0).known_type
        require_rank(node, kind, 4, 4)
        extents = [end - first for first, end in self._kept(node)]
        for axis, extent in enumerate(extents, 2):
            at_least(node, extent, 0, f"what is left along axis {axis}")
        return [TensorType(kind.dtype, (*kind.shape[:2], *extents))]

    @staticmethod
    def _kept(node: Node) -> list[tuple[int, Dimension]]:
        """Return the first row and that behind the last, and the same of columns."""
        border = node.attributes.get("border", [0, 0, 0, 0])
        scale = node.attributes.get("scale")
        if len(border) != 4 or min(border) < 0 or (scale is not None and len(scale) != 2):
            raise NodeError(node, f"its border {border} is not four numbers, or its scale {scale} not two")
        left, top, right, bottom = border
        height, width = node.required(0).shape[2:]
        if scale is not None:
            return [(top, top + scale[0]), (left, left + scale[1])]
        return [(top, height - bottom), (left, width - right)]

    def decompose(self, node: Node) -> list[Node] | None:
        """Slice."""
        steps = Decomposition(node)
        kept = self._kept(node)
        bounds: list[Value] = [
            steps.vector("starts", [first for first, _ in kept]),
            steps.vector("ends", [end for _, end in kept]),
            steps.vector("axes", [2, 3]),
        ]
        steps.add("Slice", node.outputs[0], node.required(0), *bounds)
        return steps.nodes
