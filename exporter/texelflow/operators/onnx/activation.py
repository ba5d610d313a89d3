"""Elementwise operators of one floating input whose attributes are parameters, by a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from texelflow.graph import Node, NodeError, TensorType
from texelflow.graph.scalar import Scalar, call
from texelflow.operators import operator
from texelflow.operators.elementwise import Elementwise, given

PARAMETERS: Mapping[str, tuple[str, Mapping[str, float]]] = {
    "Celu": ("celu", {"alpha": 1.0}),
    "Elu": ("elu", {"alpha": 1.0}),
    "HardSigmoid": ("hard_sigmoid", {"alpha": 0.2, "beta": 0.5}),
    "LeakyRelu": ("leaky_relu", {"alpha": 0.01}),
    "Selu": ("selu", {"alpha": 1.67326319217681884765625, "gamma": 1.05070102214813232421875}),
    "Shrink": ("shrink", {"lambd": 0.5, "bias": 0.0}),
    "ThresholdedRelu": ("thresholded_relu", {"alpha": 1.0}),
}
"""For each operator its primitive, and the primitive's parameters with ONNX's defaults."""


class FloatingActivation(Elementwise):
    """Takes and gives one floating type."""

    def result_dtype(self, node: Node, kinds: Sequence[TensorType]) -> str:
        """Return the input's element type; raise NodeError unless it is floating."""
        if not kinds[0].is_floating:
            raise NodeError(node, f"its input has type {kinds[0].dtype}; a floating type is needed")
        return kinds[0].dtype


@operator(*PARAMETERS, inputs=1)
class Activation(FloatingActivation):
    """A function of a number and parameters."""

    def scalar(self, node: Node, operands: Sequence[Scalar | None]) -> Scalar:
        """Return the function, its attributes as parameters."""
        function, defaults = PARAMETERS[self.name]
        numbers = [float(node.attributes.get(name, default)) for name, default in defaults.items()]
        return call(function, node.outputs[0].dtype, *given(operands), parameters=tuple(numbers))


@operator("Gelu", inputs=1)
class Gelu(FloatingActivation):
    """The Gaussian error linear unit, exact or by tanh."""

    def result_dtype(self, node: Node, kinds: Sequence[TensorType]) -> str:
        """Return the input's element type; raise NodeError for an unknown approximation."""
        approximate = node.attributes.get("approximate", "none")
        if approximate not in ("none", "tanh"):
            raise NodeError(node, f"approximate is {approximate!r}; 'none' or 'tanh' is expected")
        return super().result_dtype(node, kinds)

    def scalar(self, node: Node, operands: Sequence[Scalar | None]) -> Scalar:
        """Return the function that the attribute `approximate` chooses."""
        by_tanh = node.attributes.get("approximate", "none") == "tanh"
        return call("gelu_by_tanh" if by_tanh else "gelu", node.outputs[0].dtype, *given(operands))
