"""LRN: local response normalisation across neighbouring channels."""

from __future__ import annotations

from texelflow.dimensions import product
from texelflow.graph import Node, NodeError, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.shapes import require_rank


@operator("LRN", inputs=1)
class LRN(Operator):
    """`x / (bias + alpha/size · Σ x²)^beta`, the sum over `size` channels around each one."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the input's type."""
        require_rank(node, node.required(0).known_type, 3)
        if int(node.attributes.get("size", 0)) < 1:
            raise NodeError(node, "attribute 'size' is missing or below 1")
        return [node.required(0).known_type]

    def decompose(self, node: Node) -> list[Node] | None:
        """Replace the sum by an average pooling in which the channels are the height of an image."""
        source, size = node.required(0), int(node.attributes["size"])
        images, channels, *spatial = source.shape
        steps = Decomposition(node)
        squares = steps.add("Mul", "squares", source, source)
        image = steps.reshape("image", squares, [images, 1, channels, product(spatial)])
        before = (size - 1) // 2
        mean = steps.add(
            "AveragePool",
            "mean",
            image,
            kernel_shape=[size, 1],
            pads=[before, 0, size - 1 - before, 0],
            count_include_pad=1,
        )
        back = steps.reshape("back", mean, source.shape)
        alpha, beta, bias = (
            steps.scalar(name, source.dtype, float(node.attributes.get(name, default)))
            for name, default in (("alpha", 1e-4), ("beta", 0.75), ("bias", 1.0))
        )
        base = steps.add("Add", "base", steps.add("Mul", "weighted", back, alpha), bias)
        steps.add("Div", node.outputs[0], source, steps.add("Pow", "divisor", base, beta))
        return steps.nodes
