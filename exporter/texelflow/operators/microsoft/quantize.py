"""QuantizeLinear and DequantizeLinear of com.microsoft, which are ONNX's of later opsets."""

from __future__ import annotations

from texelflow.graph import Node, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.microsoft.domain import MICROSOFT
from texelflow.operators.onnx.dequantize_linear import DequantizeLinear
from texelflow.operators.onnx.quantize_linear import QuantizeLinear

_MEANINGS: dict[str, Operator] = {"QuantizeLinear": QuantizeLinear(), "DequantizeLinear": DequantizeLinear()}


@operator(*_MEANINGS, inputs=(2, 3), domain=MICROSOFT)
class Quantization(Operator):
    """x, its scale, of all or of each entry of `axis`, and its zero point."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type that ONNX's operator has."""
        return _MEANINGS[self.name].infer(node)

    def decompose(self, node: Node) -> list[Node] | None:
        """Replace by ONNX's operator."""
        steps = Decomposition(node)
        steps.add(self.name, node.outputs[0], *node.inputs, **node.attributes)
        return steps.nodes
