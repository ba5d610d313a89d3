"""QLinearConv and QLinearMatMul: products of quantised values, quantised again."""

from __future__ import annotations

from texelflow.graph import PRECISE, Node, NodeError, TensorType, Value
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.onnx.conv import conv_shape
from texelflow.operators.onnx.matmul import MatMul
from texelflow.operators.quantization import centred, require_quantized, rounded, upright


def _factor(steps: Decomposition, node: Node, rank: int, axes: tuple[int, int]) -> Value:
    """Return by what sums of products are multiplied to be steps of the result.

    Inputs 1, 4 and 6 are the scales of both operands and of the result; `axes` are those of the operands'.
    """
    a, b = (
        steps.cast("scale", upright(steps, node.required(index), rank, axis), "float32")
        for index, axis in zip((1, 4), axes, strict=True)
    )
    unit = steps.cast("unit", steps.reshape("of_result", node.required(6), []), "float32")
    return steps.add("Div", "factor", steps.add("Mul", "both", a, b), unit)


@operator("QLinearConv", inputs=(8, 9))
class QLinearConv(Operator):
    """x, its scale and zero point; w, one for all or for each filter; those of y; and a bias of int32."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type of y's zero point."""
        for index in (0, 3, 7):
            require_quantized(node, node.required(index).known_type)
        bias = node.input(8)
        if bias is not None and bias.dtype != "int32":
            raise NodeError(node, f"its bias has type {bias.dtype}; int32 is needed")
        return [TensorType(node.required(7).dtype, conv_shape(node, 3, 8))]

    def decompose(self, node: Node) -> list[Node] | None:
        """Convolve without zero points, and round."""
        steps = Decomposition(node)
        x, w, bias = node.required(0), node.required(3), node.input(8)
        rank = len(x.shape)
        image = centred(steps, x, node.required(2), "float32", 1)
        weights = centred(steps, w, node.required(5), "float32", 0)
        summands = [steps.cast("bias", bias, "float32")] if bias is not None else []
        sums = steps.add("Conv", "sums", image, weights, *summands, **node.attributes, **{PRECISE: 1})
        scaled = steps.add("Mul", "scaled", sums, _factor(steps, node, rank, (1, 1)))
        shift = steps.reshape("shift", node.required(7), [])
        rounded(steps, scaled, shift, "float32", node.outputs[0].dtype, node.outputs[0])
        return steps.nodes


@operator("QLinearMatMul", inputs=8)
class QLinearMatMul(Operator):
    """a, its scale and zero point, one for all or for each row; b, for each column; those of y."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type of y's zero point."""
        a, b, zero_point = (node.required(index).known_type for index in (0, 3, 7))
        for kind in (a, b, zero_point):
            require_quantized(node, kind)
        operands: list[Value | None] = [
            Value("operand", TensorType("float32", kind.shape)) for kind in (a, b)
        ]
        [product] = MatMul().infer(Node("MatMul", operands, [Value("product")], {}, node.name))
        return [TensorType(zero_point.dtype, product.shape)]

    def decompose(self, node: Node) -> list[Node] | None:
        """Multiply without zero points, and round."""
        steps = Decomposition(node)
        a, b, result = node.required(0), node.required(3), node.outputs[0]
        left = centred(steps, a, node.required(2), "float32", len(a.shape) - 2)
        right = centred(steps, b, node.required(5), "float32", len(b.shape) - 1)
        rank = len(result.shape)
        factor = _factor(steps, node, rank, (rank - 2, rank - 1))
        scaled = steps.add("Mul", "scaled", steps.add("MatMul", "sums", left, right, **{PRECISE: 1}), factor)
        shift = steps.reshape("shift", node.required(7), [])
        rounded(steps, scaled, shift, "float32", result.dtype, result)
        return steps.nodes
