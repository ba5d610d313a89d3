"""Operators of quantised values that ONNX Runtime has beside ONNX's own: sums, activations, pools, softmax.

Each is the operator of floats between DequantizeLinear and QuantizeLinear, one scale for each tensor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from texelflow.graph import Node, NodeError, TensorType, Value
from texelflow.operators import MANY, Operator, operator, registry
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.microsoft.domain import MICROSOFT
from texelflow.operators.onnx.softmax import TO_LAST_AXIS
from texelflow.operators.quantization import is_for_all, require_quantized

_OF_FLOATS: Mapping[str, str] = {
    "QLinearAdd": "Add",
    "QLinearMul": "Mul",
    "QLinearSigmoid": "Sigmoid",
    "QLinearLeakyRelu": "LeakyRelu",
    "QLinearSoftmax": "Softmax",
    "QLinearGlobalAveragePool": "GlobalAveragePool",
    "QLinearAveragePool": "AveragePool",
    "QLinearConcat": "Concat",
}
"""The operator of floats that each is."""

_CHANNELS_LAST = {"channels_last": "0 or 1"}

_FLAT_BEFORE = 13
"""The opset from which on Softmax is along one axis."""


class Requantized(Operator):
    """An operator of floats, its operands dequantised and its result quantised."""

    def operands(self, node: Node) -> Sequence[int]:
        """Return which inputs are quantised operands; scale and zero point of each follow it."""
        return (0,)

    def result(self, node: Node) -> int:
        """Return which input is the scale of the result; its zero point follows it."""
        return 3 * len(self.operands(node))

    def float_attributes(self, node: Node) -> dict[str, object]:
        """Return the attributes of the operator of floats."""
        return dict(node.attributes)

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type of the operands with the shape that the operator of floats gives."""
        dtype = ""
        scales = [self.result(node)]
        for index in self.operands(node):
            kind = node.required(index).known_type
            require_quantized(node, kind)
            if dtype and kind.dtype != dtype:
                raise NodeError(node, f"its operands have different types: {dtype} and {kind.dtype}")
            dtype = kind.dtype
            scales.append(index + 1)
        for index in scales:
            scale, zero_point = node.required(index).known_type, node.input(index + 1)
            if scale.dtype != "float32" or not is_for_all(scale):
                raise NodeError(node, f"its scale is {scale}; one number of float32 is needed")
            if zero_point is not None and (
                zero_point.dtype != dtype or not is_for_all(zero_point.known_type)
            ):
                raise NodeError(node, f"its zero point is {zero_point.type}; one number of {dtype} is needed")
        inner = registry()["", _OF_FLOATS[self.name]].infer(self._inner(node))
        return [TensorType(dtype, self.outer_shape(node, inner[0]).shape)]

    def inner_operand(self, node: Node, kind: TensorType) -> TensorType:
        """Return the type of an operand as the operator of floats takes it."""
        return kind

    def outer_shape(self, node: Node, kind: TensorType) -> TensorType:
        """Return the type of the result of which the operator of floats gives this one."""
        return kind

    def _inner(self, node: Node) -> Node:
        """Return the operator of floats, to infer the type of its result."""
        values: list[Value | None] = []
        for index in self.operands(node):
            kind = self.inner_operand(node, node.required(index).known_type)
            values.append(Value("operand", TensorType("float32", kind.shape)))
        return Node(_OF_FLOATS[self.name], values, [Value("result")], self.float_attributes(node), node.name)

    def decompose(self, node: Node) -> list[Node] | None:
        """Dequantise, compute, quantise."""
        steps, result = Decomposition(node), node.outputs[0]
        values = []
        for index in self.operands(node):
            given = node.inputs[index : index + 3]
            values.append(steps.add("DequantizeLinear", "operand", *given))
        found = self.compute(steps, node, values)
        scale, zero_point = node.required(self.result(node)), node.input(self.result(node) + 1)
        if zero_point is None:
            zero_point = steps.scalar("zero", result.dtype, 0)
        scale, zero_point = (steps.reshape("of_result", value, []) for value in (scale, zero_point))
        steps.add("QuantizeLinear", result, found, scale, zero_point)
        return steps.nodes

    def compute(self, steps: Decomposition, node: Node, values: Sequence[Value]) -> Value:
        """Append the operator of floats."""
        return steps.add(_OF_FLOATS[self.name], "found", *values, **self.float_attributes(node))


@operator("QLinearAdd", "QLinearMul", inputs=(7, 8), domain=MICROSOFT)
class QLinearArithmetic(Requantized):
    """A, its scale and zero point; those of B; scale and zero point of the result."""

    def operands(self, node: Node) -> Sequence[int]:
        """Return the places of A and B."""
        return (0, 3)


@operator("QLinearSigmoid", "QLinearLeakyRelu", inputs=(4, 5), domain=MICROSOFT)
class QLinearActivation(Requantized):
    """X, its scale and zero point; scale and zero point of the result."""


@operator("QLinearSoftmax", inputs=5, attributes={"opset": "a whole number"}, domain=MICROSOFT)
class QLinearSoftmax(Requantized):
    """X, its scale and zero point; those of the result; `opset` says which Softmax is meant."""

    def float_attributes(self, node: Node) -> dict[str, object]:
        """Return the axis, from which on all are one before opset 13."""
        axis = int(node.attributes.get("axis", -1))
        is_flat = int(node.attributes.get("opset", _FLAT_BEFORE)) < _FLAT_BEFORE
        return {"axis": axis, **({TO_LAST_AXIS: 1} if is_flat else {})}


@operator("QLinearGlobalAveragePool", inputs=5, attributes=_CHANNELS_LAST, domain=MICROSOFT)
@operator("QLinearAveragePool", inputs=(4, 5), attributes=_CHANNELS_LAST, domain=MICROSOFT)
class QLinearPool(Requantized):
    """X [N, C, …] or, with channels_last, [N, …, C], its scale and zero point; those of the result."""

    def float_attributes(self, node: Node) -> dict[str, object]:
        """Return the attributes but that of the layout."""
        return {name: content for name, content in node.attributes.items() if name != "channels_last"}

    def inner_operand(self, node: Node, kind: TensorType) -> TensorType:
        """Return the type with channels first."""
        if not node.attributes.get("channels_last"):
            return kind
        return TensorType(kind.dtype, (kind.shape[0], kind.shape[-1], *kind.shape[1:-1]))

    def outer_shape(self, node: Node, kind: TensorType) -> TensorType:
        """Return the type with channels last, if they are."""
        if not node.attributes.get("channels_last"):
            return kind
        return TensorType(kind.dtype, (kind.shape[0], *kind.shape[2:], kind.shape[1]))

    def compute(self, steps: Decomposition, node: Node, values: Sequence[Value]) -> Value:
        """Pool; images with channels last are turned before and behind it."""
        if not node.attributes.get("channels_last"):
            return super().compute(steps, node, values)
        rank = len(node.required(0).shape)
        first = steps.add("Transpose", "channels_first", values[0], perm=[0, rank - 1, *range(1, rank - 1)])
        pooled = super().compute(steps, node, [first])
        return steps.add("Transpose", "channels_last", pooled, perm=[0, *range(2, rank), 1])


@operator("QLinearConcat", inputs=(5, MANY), domain=MICROSOFT)
class QLinearConcat(Requantized):
    """Scale and zero point of the result; then each operand with its scale and zero point."""

    def operands(self, node: Node) -> Sequence[int]:
        """Return every third place from the third on."""
        if (len(node.inputs) - 2) % 3:
            raise NodeError(node, f"it has {len(node.inputs)} inputs; 2 and 3 for each operand are needed")
        return range(2, len(node.inputs), 3)

    def result(self, node: Node) -> int:
        """Return the first place."""
        return 0
