"""Layer normalisations of a sum, and those without a mean: what transformers have around each block."""

from __future__ import annotations

from texelflow.graph import Node, TensorType, Value
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.microsoft.domain import MICROSOFT, refuse_outputs, wanted
from texelflow.operators.onnx.normalization import DEFAULT_EPSILON, LayerNormalization
from texelflow.operators.shapes import broadcast_to, floating_dtype, require_rank

SKIP_EPSILON = 1e-12

_IN_TRAINING = "a statistic for training"


@operator("SimplifiedLayerNormalization", inputs=2)
@operator("SimplifiedLayerNormalization", inputs=2, domain=MICROSOFT)
class SimplifiedLayerNormalization(Operator):
    """ONNX's RMSNormalization by the name that ONNX Runtime gave it, in the domain ""."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the input's type."""
        refuse_outputs(node, [1], _IN_TRAINING)
        return LayerNormalization().infer(node)

    def decompose(self, node: Node) -> list[Node] | None:
        """Replace by RMSNormalization."""
        steps = Decomposition(node)
        attributes = {
            "axis": int(node.attributes.get("axis", -1)),
            "epsilon": float(node.attributes.get("epsilon", DEFAULT_EPSILON)),
        }
        steps.add("RMSNormalization", node.outputs[0], *node.inputs, **attributes)
        return steps.nodes


@operator("SkipLayerNormalization", inputs=(3, 5), domain=MICROSOFT)
@operator("SkipSimplifiedLayerNormalization", inputs=(3, 4), domain=MICROSOFT)
class SkipLayerNormalization(Operator):
    """The normalised last axis of input + skip + bias, scaled and shifted.

    Inputs: input [batch, length, size] or [tokens, size], skip, which broadcasts to it, gamma [size], beta
    [size] (not of the simplified one), bias [size]. Outputs: the result, mean and inverse deviation, the sum.
    """

    def infer(self, node: Node) -> list[TensorType]:
        """Return the input's type, and those of the optional outputs."""
        floating_dtype(node, [value.known_type for value in node.reads])
        x = node.required(0).known_type
        require_rank(node, x, 2, 3)
        broadcast_to(node, node.required(1).shape, x.shape, "its skip")
        for index, name in enumerate(("gamma", "beta or bias", "bias"), 2):
            value = node.input(index)
            if value is not None:
                require_rank(node, value.known_type, 1, 1)
                broadcast_to(node, value.shape, x.shape, f"its {name}")
        if self.name.startswith("SkipSimplified"):
            refuse_outputs(node, [1, 2], _IN_TRAINING)
        statistics = TensorType("float32", (*x.shape[:-1], 1))
        return [x, statistics, statistics, x][: len(node.outputs)]

    def decompose(self, node: Node) -> list[Node] | None:
        """Replace by sums and a normalisation."""
        steps = Decomposition(node)
        simplified = self.name.startswith("SkipSimplified")
        bias = node.input(3 if simplified else 4)
        last: str | Value = node.outputs[3] if wanted(node, 3) else "sum"
        total = steps.add("Add", "skipped" if bias is not None else last, node.required(0), node.required(1))
        if bias is not None:
            total = steps.add("Add", last, total, bias)
        attributes = {"axis": -1, "epsilon": float(node.attributes.get("epsilon", SKIP_EPSILON))}
        if simplified:
            steps.add("RMSNormalization", node.outputs[0], total, node.required(2), **attributes)
            return steps.nodes
        count = 3 if wanted(node, 2) else 2 if wanted(node, 1) else 1
        inputs = [total, node.required(2), node.input(3)]
        while inputs[-1] is None:
            inputs.pop()
        steps.add_all("LayerNormalization", node.outputs[:count], *inputs, **attributes)
        return steps.nodes
