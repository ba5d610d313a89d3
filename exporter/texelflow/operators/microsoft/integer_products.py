"""Products of matrices of 8 bits as floats: MatMulIntegerToFloat, DynamicQuantizeMatMul, QGemm."""

from __future__ import annotations

from texelflow.graph import PRECISE, Node, NodeError, TensorType, Value
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.microsoft.domain import MICROSOFT
from texelflow.operators.onnx.gemm import Gemm
from texelflow.operators.onnx.integer_products import MatMulInteger
from texelflow.operators.quantization import centred, is_for_all, require_quantized, rounded
from texelflow.operators.shapes import broadcast_to, floating_dtype, require_rank, unify


def check_float_product(
    node: Node,
    a: Value | None,
    b: Value | None,
    a_scale: Value | None,
    b_scale: Value | None,
    a_zero: Value | None,
    b_zero: Value | None,
    bias: Value | None,
) -> TensorType:
    """Return the type of `(a - a_zero) (b - b_zero) · a_scale · b_scale + bias`; raise NodeError if misfit.

    Scale and zero point of b are one for all, or one for each column.
    """
    assert a is not None and b is not None and a_scale is not None and b_scale is not None
    product = MatMulInteger().infer(Node("MatMulInteger", [a, b], [Value("product")], {}, node.name))[0]
    floats = [value.known_type for value in (a_scale, b_scale, bias) if value is not None]
    dtype = floating_dtype(node, floats)
    for value, operand in ((a_zero, a), (b_zero, b)):
        if value is not None and value.dtype != operand.dtype:
            raise NodeError(node, f"its operand has type {operand.dtype}, its zero point {value.dtype}")
    for value, name in ((a_scale, "scale"), (a_zero, "zero point")):
        if value is not None and not is_for_all(value.known_type):
            raise NodeError(node, f"the {name} of its first operand is {value.known_type}; one is needed")
    for value, name in ((b_scale, "scale"), (b_zero, "zero point"), (bias, "bias")):
        if value is not None:
            require_rank(node, value.known_type, 0, 1)
            broadcast_to(node, value.shape, product.shape, f"the {name} of its columns")
    return TensorType(dtype, product.shape)


def float_product(
    steps: Decomposition,
    result: str | Value,
    a: Value | None,
    b: Value | None,
    a_scale: Value | None,
    b_scale: Value | None,
    a_zero: Value | None,
    b_zero: Value | None,
    bias: Value | None,
) -> Value:
    """Append the product of `check_float_product`."""
    assert a_scale is not None and b_scale is not None
    inputs = [a, b, a_zero, b_zero]
    while inputs[-1] is None:
        inputs.pop()
    sums = steps.cast("sums", steps.add("MatMulInteger", "whole_sums", *inputs), b_scale.dtype)
    factor = steps.add("Mul", "factor", a_scale, b_scale)
    if bias is None:
        return steps.add("Mul", result, sums, factor)
    return steps.add("Add", result, steps.add("Mul", "scaled", sums, factor), bias)


@operator("MatMulIntegerToFloat", inputs=(4, 7), domain=MICROSOFT)
class MatMulIntegerToFloat(Operator):
    """Inputs: a and b of 8 bits, their scales, their zero points, and a bias for each column."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type of the scales with the shape of the product."""
        return [check_float_product(node, *(node.input(index) for index in range(7)))]

    def decompose(self, node: Node) -> list[Node] | None:
        """Replace by MatMulInteger, a factor and a sum."""
        steps = Decomposition(node)
        float_product(steps, node.outputs[0], *(node.input(index) for index in range(7)))
        return steps.nodes


@operator("DynamicQuantizeMatMul", inputs=(3, 5), domain=MICROSOFT)
class DynamicQuantizeMatMul(Operator):
    """A of float32, quantised by its own range, times b of 8 bits; scale and zero point of b, and a bias."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return float32 with the shape of the product."""
        a = node.required(0).known_type
        if a.dtype != "float32":
            raise NodeError(node, f"its input has type {a.dtype}; float32 is needed")
        quantised = Value("quantised", TensorType("uint8", a.shape))
        scale, b, b_scale = Value("scale", TensorType("float32", ())), node.required(1), node.required(2)
        return [check_float_product(node, quantised, b, scale, b_scale, None, node.input(3), node.input(4))]

    def decompose(self, node: Node) -> list[Node] | None:
        """Replace by DynamicQuantizeLinear and a product of whole numbers."""
        steps = Decomposition(node)
        names = ["quantised", "scale", "zero"]
        quantised, scale, zero = steps.add_all("DynamicQuantizeLinear", list(names), node.required(0))
        b, b_scale = node.required(1), node.required(2)
        inputs = (quantised, b, scale, b_scale, zero, node.input(3), node.input(4))
        float_product(steps, node.outputs[0], *inputs)
        return steps.nodes


@operator("QGemm", inputs=(6, 9), domain=MICROSOFT)
class QGemm(Operator):
    """`alpha · A B + C` of quantised matrices, quantised again if the result has a scale, else floats.

    Inputs: A, its scale and zero point; B, and those of all its columns or of each; C of int32, in steps of
    alpha · both scales; scale and zero point of the result.
    """

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type of the result's zero point, or that of the scales."""
        a, b = node.required(0).known_type, node.required(3).known_type
        for kind in (a, b):
            require_quantized(node, kind)
        if not is_for_all(node.required(1).known_type) or not is_for_all(node.required(2).known_type):
            raise NodeError(node, "scale and zero point of its first operand are not one for all")
        c, y_scale, y_zero = (node.input(index) for index in (6, 7, 8))
        if (y_scale is None) != (y_zero is None):
            raise NodeError(node, "its result has a scale or a zero point; both or none are needed")
        if c is not None and c.dtype != "int32":
            raise NodeError(node, f"its addend has type {c.dtype}; int32 is needed")
        operands: list[Value | None] = [Value("operand", TensorType("float32", k.shape)) for k in (a, b)]
        if c is not None:
            operands.append(Value("addend", TensorType("float32", c.shape)))
        attributes = {name: node.attributes.get(name, 0) for name in ("transA", "transB")}
        product = Gemm().infer(Node("Gemm", operands, [Value("product")], attributes, node.name))[0]
        for index, name in ((4, "scale"), (5, "zero point")):
            kind = node.required(index).known_type
            if not is_for_all(kind):
                require_rank(node, kind, 1, 1)
                unify(
                    node, kind.shape[0], product.shape[1], f"the numbers of columns and of the {name} of each"
                )
        if y_zero is None:
            return [TensorType(node.required(1).dtype, product.shape)]
        require_quantized(node, y_zero.known_type)
        return [TensorType(y_zero.dtype, product.shape)]

    def decompose(self, node: Node) -> list[Node] | None:
        """Multiply without zero points, add, scale, and round if there is a scale for that."""
        steps = Decomposition(node)
        a = centred(steps, node.required(0), node.required(2), "float32")
        columns = 0 if node.attributes.get("transB") else 1
        b = centred(steps, node.required(3), node.required(5), "float32", columns)
        attributes = {name: node.attributes.get(name, 0) for name in ("transA", "transB")}
        left, right = (
            steps.add("Transpose", "turned", value, perm=[1, 0]) if attributes[name] else value
            for value, name in ((a, "transA"), (b, "transB"))
        )
        sums = steps.add("MatMul", "sums", left, right, **{PRECISE: 1})
        if (c := node.input(6)) is not None:
            sums = steps.add("Add", "with_addend", sums, steps.cast("addend", c, "float32"))
        factor = steps.add("Mul", "both", node.required(1), node.required(4))
        if (alpha := float(node.attributes.get("alpha", 1.0))) != 1:
            factor = steps.add("Mul", "factor", factor, steps.scalar("alpha", node.required(1).dtype, alpha))
        y_scale, result = node.input(7), node.outputs[0]
        if y_scale is None:
            steps.add("Mul", result, sums, factor)
            return steps.nodes
        unit = steps.add("Div", "in_steps", factor, steps.reshape("of_result", y_scale, []))
        shift = steps.reshape("shift", node.required(8), [])
        rounded(steps, steps.add("Mul", "scaled", sums, unit), shift, "float32", result.dtype, result)
        return steps.nodes
