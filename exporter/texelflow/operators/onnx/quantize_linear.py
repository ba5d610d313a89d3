"""QuantizeLinear: numbers as whole steps of a scale."""

from __future__ import annotations

from texelflow.graph import FLOATING, Node, NodeError, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.onnx.cast import dtype_of_code
from texelflow.operators.quantization import RANGES, check_scale, require_quantized, rounded, spread


@operator(
    "QuantizeLinear",
    inputs=(2, 3),
    attributes=dict.fromkeys(("block_size", "output_dtype", "precision"), "a whole number"),
)
class QuantizeLinear(Operator):
    """`saturate(round(x / scale) + zero_point)`, ties rounded to even."""

    def in_onnx(self, node: Node) -> list[Node]:
        """Return it without its zero point's type: ONNX Runtime changes the one and not the other."""
        if node.input(2) is not None:
            node.attributes = {key: each for key, each in node.attributes.items() if key != "output_dtype"}
        return [node]

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type of the zero point, or that which the node names, with the shape of x."""
        x, scale = node.required(0).known_type, node.required(1).known_type
        zero_point = node.input(2)
        if x.dtype not in FLOATING and x.dtype != "int32":
            raise NodeError(node, f"its input has type {x.dtype}; a floating type or int32 is needed")
        dtype = "uint8" if zero_point is None else zero_point.dtype
        code = int(node.attributes.get("output_dtype", 0))
        if code:
            named = dtype_of_code(node, code)
            if zero_point is not None and named != dtype:
                raise NodeError(node, f"its zero point has type {dtype}, but output_dtype is {named}")
            dtype = named
        result = TensorType(dtype, x.shape)
        require_quantized(node, result)
        check_scale(node, x, scale, None if zero_point is None else zero_point.known_type)
        return [result]

    def decompose(self, node: Node) -> list[Node] | None:
        """Divide, round, shift, limit and convert."""
        steps = Decomposition(node)
        x, scale, zero_point, result = node.required(0), node.required(1), node.input(2), node.outputs[0]
        number = steps.cast("number", x, "float32")
        unit = steps.cast("unit", spread(steps, node, "scale", scale, x.shape), "float32")
        shift = None if zero_point is None else spread(steps, node, "shift", zero_point, x.shape)
        assert result.dtype in RANGES
        rounded(steps, steps.add("Div", "scaled", number, unit), shift, "float32", result.dtype, result)
        return steps.nodes
