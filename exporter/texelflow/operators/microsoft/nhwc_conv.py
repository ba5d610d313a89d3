"""NhwcConv: a convolution of images with their channels last."""

from __future__ import annotations

from texelflow.graph import Node, TensorType, Value
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.microsoft.domain import MICROSOFT
from texelflow.operators.onnx.conv import Conv
from texelflow.operators.shapes import require_rank


@operator("NhwcConv", inputs=(2, 3), domain=MICROSOFT)
class NhwcConv(Operator):
    """Conv of X [N, H, W, C] by W [M, H, W, C/group], both with channels last, and a bias [M]."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the Conv's type with channels last."""
        return [self._last(self._inner(node))]

    @staticmethod
    def _inner(node: Node) -> TensorType:
        operands: list[Value | None] = []
        for index in (0, 1):
            kind = node.required(index).known_type
            require_rank(node, kind, 4, 4)
            n, h, w, c = kind.shape
            operands.append(Value("operand", TensorType(kind.dtype, (n, c, h, w))))
        inner = Node("Conv", [*operands, *node.inputs[2:]], [Value("result")], node.attributes, node.name)
        return Conv().infer(inner)[0]

    @staticmethod
    def _last(kind: TensorType) -> TensorType:
        n, c, h, w = kind.shape
        return TensorType(kind.dtype, (n, h, w, c))

    def decompose(self, node: Node) -> list[Node] | None:
        """Put channels first, convolve, and back."""
        steps = Decomposition(node)
        x, w = (
            steps.add("Transpose", "channels_first", node.required(index), perm=[0, 3, 1, 2])
            for index in (0, 1)
        )
        image = steps.add("Conv", "image", x, w, *node.inputs[2:], **node.attributes)
        steps.add("Transpose", node.outputs[0], image, perm=[0, 2, 3, 1])
        return steps.nodes
