"""com.microsoft's FusedConv, which ONNX Runtime's optimiser writes: Conv, sum and activation in one."""

from __future__ import annotations

from collections.abc import Mapping

from texelflow.graph import Node, NodeError, TensorType, Value
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.onnx.conv import Conv

ACTIVATIONS: Mapping[str, tuple[str, ...]] = {
    "Relu": (),
    "Tanh": (),
    "Sigmoid": (),
    "LeakyRelu": ("alpha",),
    "HardSigmoid": ("alpha", "beta"),
    "Clip": ("min", "max"),
}
"""The activations, with the names of the numbers in activation_params."""


@operator("FusedConv", inputs=(2, 4), domain="com.microsoft")
class FusedConv(Operator):
    """`activation(Conv(X, W, B) + Z)`."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the Conv's type; raise NodeError for an activation that is not known."""
        activation = node.attributes.get("activation", "")
        if activation and activation not in ACTIVATIONS:
            known = ", ".join(ACTIVATIONS)
            raise NodeError(node, f"activation {activation!r} is not supported; known are {known}")
        needed = ACTIVATIONS.get(activation, ())
        if len(node.attributes.get("activation_params", ())) < len(needed):
            raise NodeError(node, f"activation {activation} needs activation_params {', '.join(needed)}")
        convolution = Node("Conv", node.inputs[:3], [], node.attributes, node.name)
        return Conv().infer(convolution)

    def decompose(self, node: Node) -> list[Node] | None:
        """Replace by Conv, Add and the activation, as far as each is there."""
        result, activation = node.outputs[0], node.attributes.get("activation", "")
        summand = node.input(3)
        attributes = {
            key: value for key, value in node.attributes.items() if not key.startswith("activation")
        }
        steps = Decomposition(node)
        last: Value | None = None if activation else result
        value = steps.add("Conv", last if last and not summand else "conv", *node.inputs[:3], **attributes)
        if summand is not None:
            value = steps.add("Add", last or "sum", value, summand)
        if activation:
            self._activate(steps, activation, value)
        return steps.nodes

    @staticmethod
    def _activate(steps: Decomposition, activation: str, value: Value) -> None:
        node = steps.node
        result = node.outputs[0]
        names = ACTIVATIONS[activation]
        parameters = dict(zip(names, map(float, node.attributes.get("activation_params", ())), strict=False))
        if activation == "Clip":
            bounds = [steps.scalar(name, result.dtype, parameters[name]) for name in names]
            steps.add("Clip", result, value, *bounds)
        else:
            steps.add(activation, result, value, **parameters)
