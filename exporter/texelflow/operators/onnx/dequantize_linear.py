"""DequantizeLinear: numbers from whole steps of a scale."""

from __future__ import annotations

from texelflow.graph import FLOATING, Node, NodeError, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.constant_weights import decode_constant
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.onnx.cast import dtype_of_code
from texelflow.operators.quantization import check_scale, require_quantized, spread


@operator(
    "DequantizeLinear",
    inputs=(2, 3),
    attributes=dict.fromkeys(("block_size", "output_dtype"), "a whole number"),
)
class DequantizeLinear(Operator):
    """`(x - zero_point) * scale`."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type of the scale, or that which the node names, with the shape of x."""
        x, scale = node.required(0).known_type, node.required(1).known_type
        zero_point = node.input(2)
        require_quantized(node, x, ["int32"])
        if zero_point is not None and zero_point.dtype != x.dtype:
            raise NodeError(node, f"its input has type {x.dtype}, its zero point {zero_point.dtype}")
        code = int(node.attributes.get("output_dtype", 0))
        dtype = dtype_of_code(node, code) if code else scale.dtype
        if dtype not in FLOATING or scale.dtype not in FLOATING:
            raise NodeError(node, f"its scale {scale} and its result are not both floating")
        check_scale(node, x, scale, None if zero_point is None else zero_point.known_type)
        return [TensorType(dtype, x.shape)]

    def decompose(self, node: Node) -> list[Node] | None:
        """Leave constants of 8 bits as they are; else shift in whole numbers, convert and multiply."""
        steps = Decomposition(node)
        if decode_constant(steps):
            return steps.nodes
        x, scale, zero_point, result = node.required(0), node.required(1), node.input(2), node.outputs[0]
        difference = steps.cast("whole", x, "int32")
        if zero_point is not None:
            shift = steps.cast("zero", spread(steps, node, "shift", zero_point, x.shape), "int32")
            difference = steps.add("Sub", "difference", difference, shift)
        number = steps.cast("number", difference, "float32")
        unit = steps.cast("unit", spread(steps, node, "scale", scale, x.shape), "float32")
        product = steps.add("Mul", "product", number, unit)
        steps.cast(result, product, result.dtype)
        return steps.nodes
