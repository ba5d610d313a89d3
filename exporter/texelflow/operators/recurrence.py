"""What the steps of recurrent layers are built of: cells with their gates, and the functions of these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from texelflow.graph import Value
from texelflow.operators.decomposition import Decomposition

PARAMETERS: Mapping[str, tuple[str, Mapping[str, float | None]]] = {
    "affine": ("", {"alpha": None, "beta": None}),
    "elu": ("Elu", {"alpha": 1.0}),
    "hardsigmoid": ("HardSigmoid", {"alpha": 0.2, "beta": 0.5}),
    "leakyrelu": ("LeakyRelu", {"alpha": 0.01}),
    "relu": ("Relu", {}),
    "scaledtanh": ("", {"alpha": None, "beta": None}),
    "sigmoid": ("Sigmoid", {}),
    "softplus": ("Softplus", {}),
    "softsign": ("Softsign", {}),
    "tanh": ("Tanh", {}),
    "thresholdedrelu": ("ThresholdedRelu", {"alpha": None}),
}
"""Activations by their names in lower case: ONNX's operator, if there is one, and parameters with their
defaults; None where ONNX and ONNX Runtime differ in it, so that it must be given.
"""

States = list[Value | None]
"""What a step hands to the next, the layer's output first, each [batch, hidden]; None for zeros."""


@dataclass(frozen=True, slots=True)
class Activation:
    """A function of a cell, with its parameters."""

    name: str
    parameters: Mapping[str, float]


class Cell:
    """One direction of a layer while its steps are written: what every step reads."""

    def __init__(
        self, steps: Decomposition, dtype: str, hidden: int, functions: Sequence[Activation]
    ) -> None:
        self.steps = steps
        self.dtype = dtype
        self.hidden = hidden
        self.functions = functions
        self.clip = float(steps.node.attributes.get("clip", 0.0))
        self.recurrent: Value
        """[gates * hidden, hidden]"""
        self.recurrent_bias: Value | None = None
        """[gates * hidden], where it is not added to the inputs for all steps at once."""
        self.peepholes: Value | None = None
        """[3 * hidden]"""

    def has(self, name: str) -> bool:
        """Return whether an attribute of the layer is 1."""
        return bool(self.steps.node.attributes.get(name))

    def add(self, a: Value, b: Value | None) -> Value:
        """Return a + b."""
        return a if b is None else self.steps.add("Add", "sum", a, b)

    def multiply(self, a: Value, b: Value) -> Value:
        """Return a * b."""
        return self.steps.add("Mul", "product", a, b)

    def one_minus(self, value: Value) -> Value:
        """Return 1 - value."""
        return self.steps.add("Sub", "rest", self.steps.scalar("one", self.dtype, 1.0), value)

    def part(self, value: Value, first: int, count: int = 1) -> Value:
        """Return some gates of a value whose last axis has all of them."""
        return self.steps.slice("part", value, -1, first * self.hidden, (first + count) * self.hidden)

    def recall(self, state: Value | None, first: int, count: int) -> Value | None:
        """Return the product of a state with the weights of some gates; None without a state."""
        if state is None:
            return None
        weights = self.steps.slice(
            "weights", self.recurrent, 0, first * self.hidden, (first + count) * self.hidden
        )
        transposed = self.steps.add("Transpose", "recurrent", weights, perm=[1, 0])
        return self.steps.add("MatMul", "recalled", state, transposed)

    def peep(self, gate: Value, index: int, state: Value | None) -> Value:
        """Return a gate that also looks at the memory; `index` is 0 for input, 1 for output, 2 for forget."""
        if self.peepholes is None or state is None:
            return gate
        return self.add(gate, self.multiply(state, self.part(self.peepholes, index)))

    def activate(self, index: int, value: Value) -> Value:
        """Return one of the cell's functions of a gate, which is limited before."""
        if self.clip:
            low, high = (self.steps.scalar("limit", self.dtype, sign * self.clip) for sign in (-1, 1))
            value = self.steps.add("Clip", "limited", value, low, high)
        return self.apply(index, value)

    def apply(self, index: int, value: Value) -> Value:
        """Return one of the cell's functions of a value."""
        steps = self.steps
        function = self.functions[index]
        parameters = {
            name: steps.scalar(name, self.dtype, number) for name, number in function.parameters.items()
        }
        if function.name == "affine":
            return self.add(self.multiply(parameters["alpha"], value), parameters["beta"])
        if function.name == "scaledtanh":
            scaled = steps.add("Tanh", "tanh", self.multiply(parameters["beta"], value))
            return self.multiply(parameters["alpha"], scaled)
        return steps.add(PARAMETERS[function.name][0], function.name, value, **function.parameters)


def entry_of(steps: Decomposition, value: Value, axis: int, index: int) -> Value:
    """Return an entry of an axis, without the axis."""
    part = steps.slice("part", value, axis, index, index + 1)
    return steps.add("Squeeze", "entry", part, steps.vector("squeezed", [axis]))
