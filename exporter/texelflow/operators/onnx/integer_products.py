"""ConvInteger and MatMulInteger: exact products of integers of 8 bits, without their zero points."""

from __future__ import annotations

from texelflow.dimensions import product
from texelflow.graph import PRECISE, Node, NodeError, TensorType, Value
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.onnx.conv import conv_shape
from texelflow.operators.onnx.matmul import MatMul
from texelflow.operators.quantization import EXACT_SUM, centred
from texelflow.operators.shapes import at_least

LARGEST_PRODUCT = 255 * 255
"""Of two numbers of 8 bits, each less a zero point."""


def _require_bytes(node: Node, *kinds: TensorType) -> None:
    for kind in kinds:
        if kind.dtype not in ("int8", "uint8"):
            raise NodeError(node, f"its input {kind} is not of int8 or uint8")


@operator("MatMulInteger", inputs=(2, 4))
class MatMulInteger(MatMul):
    """Matrices of int8 or uint8 to int32; zero points may be one for each row of A and each column of B."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type; raise NodeError if the matrices do not fit."""
        a, b = node.required(0).known_type, node.required(1).known_type
        _require_bytes(node, a, b)
        product = Node("MatMul", [_as_int32(a), _as_int32(b)], [Value("product")], {}, node.name)
        return MatMul().infer(product)

    def decompose(self, node: Node) -> list[Node] | None:
        """Multiply in 32 bits."""
        steps = Decomposition(node)
        a, b = node.required(0), node.required(1)
        left = centred(steps, a, node.input(2), "int32", len(a.shape) - 2)
        right = centred(steps, b, node.input(3), "int32", len(b.shape) - 1)
        steps.add("MatMul", node.outputs[0], left, right)
        return steps.nodes


def _as_int32(kind: TensorType) -> Value:
    return Value("operand", TensorType("int32", kind.shape))


@operator("ConvInteger", inputs=(2, 4))
class ConvInteger(Operator):
    """An image and weights of int8 or uint8 to int32; what is padded counts as the image's zero point."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type; raise NodeError if the weights do not fit."""
        _require_bytes(node, node.required(0).known_type, node.required(1).known_type)
        products = product(node.required(1).shape[1:])
        if not isinstance(products, int):
            at_least(
                node, EXACT_SUM // LARGEST_PRODUCT, products, "the number of products that sums hold exactly"
            )
        return [TensorType("int32", conv_shape(node, bias_input=4))]

    def decompose(self, node: Node) -> list[Node] | None:
        """Convolve in floats that hold every sum: of some channels at a time, if all are too many."""
        steps = Decomposition(node)
        x, w = node.required(0), node.required(1)
        image = centred(steps, x, node.input(2), "float32", 1)
        weights = centred(steps, w, node.input(3), "float32", 0)
        attributes = {**node.attributes, PRECISE: 1}
        channels, taps = w.shape[1], product(w.shape[2:])
        if not isinstance(channels, int) or not isinstance(taps, int):
            channels, taps = 1, 1  # by a constraint there are few enough
        at_once = EXACT_SUM // (LARGEST_PRODUCT * max(1, taps))
        if at_once >= channels:
            steps.cast(node.outputs[0], steps.add("Conv", "sums", image, weights, **attributes), "int32")
            return steps.nodes
        if at_once == 0 or node.attributes.get("group", 1) != 1:
            raise NodeError(node, f"its sums of {channels * taps} products do not fit into 24 bits")
        total: Value | None = None
        for first in range(0, channels, at_once):
            end = min(first + at_once, channels)
            parts = (
                steps.slice(name, value, 1, first, end)
                for name, value in (("image", image), ("weights", weights))
            )
            part = steps.cast("part", steps.add("Conv", "sums", *parts, **attributes), "int32")
            is_last = end == channels
            total = (
                part
                if total is None
                else steps.add("Add", node.outputs[0] if is_last else "total", total, part)
            )
        return steps.nodes
