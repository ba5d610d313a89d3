"""Max, Min, Sum and Mean: elementwise operators of any number of inputs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from math import nan

from texelflow.dimensions import maximum, minimum
from texelflow.dimensions.floats import float_operation
from texelflow.graph import FLOATING, Element, Node, NodeError
from texelflow.graph.scalar import Scalar, call
from texelflow.operators import MANY, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.elementwise import Elementwise, given, is_symbolic, whole


@operator("Max", "Min", inputs=(1, MANY))
class Extremum(Elementwise):
    """The largest or smallest of the inputs; NaN if one is NaN."""

    def scalar(self, node: Node, operands: Sequence[Scalar | None]) -> Scalar:
        """Return nested maxima or minima of two."""
        name, dtype = "maximum" if self.name == "Max" else "minimum", node.outputs[0].dtype
        return reduce(lambda a, b: call(name, dtype, a, b), given(operands))

    def element(self, node: Node, operands: Sequence[Element]) -> Element | None:
        """Compute with numbers or expressions."""
        if is_symbolic(*operands):
            wholes = [number for number in map(whole, operands) if number is not None]
            if len(wholes) == len(operands):
                return reduce(maximum if self.name == "Max" else minimum, wholes)
            dtype = node.required(0).dtype
            return float_operation(self.name.lower(), list(operands), dtype) if len(operands) == 2 else None
        numbers = [operand for operand in operands if isinstance(operand, int | float)]
        if any(number != number for number in numbers):
            return nan
        return max(numbers) if self.name == "Max" else min(numbers)

    def decompose(self, node: Node) -> list[Node] | None:
        """Chain pairs when there are more than two inputs, so that no kernel reads too many textures."""
        return _chain(node, self.name) if len(node.inputs) > 2 else None


@operator("Sum", inputs=(1, MANY))
class Sum(Elementwise):
    """The sum of the inputs."""

    def decompose(self, node: Node) -> list[Node] | None:
        """Replace by additions."""
        return _chain(node, "Add") if len(node.inputs) > 1 else _identity(node)


@operator("Mean", inputs=(1, MANY))
class Mean(Elementwise):
    """The mean of the inputs."""

    def decompose(self, node: Node) -> list[Node] | None:
        """Replace by additions and a product with 1/n."""
        dtype = node.outputs[0].dtype
        if dtype not in FLOATING:
            raise NodeError(node, f"its inputs have type {dtype}; a floating type is needed")
        if len(node.inputs) == 1:
            return _identity(node)
        steps = Decomposition(node)
        total = node.required(0)
        for index in range(1, len(node.inputs)):
            total = steps.add("Add", f"sum_{index}", total, node.required(index))
        steps.add("Mul", node.outputs[0], total, steps.scalar("weight", dtype, 1 / len(node.inputs)))
        return steps.nodes


def _chain(node: Node, operator_name: str) -> list[Node]:
    steps = Decomposition(node)
    result = node.required(0)
    last = len(node.inputs) - 1
    for index in range(1, last + 1):
        target = node.outputs[0] if index == last else f"step_{index}"
        result = steps.add(operator_name, target, result, node.required(index))
    return steps.nodes


def _identity(node: Node) -> list[Node]:
    steps = Decomposition(node)
    steps.add("Identity", node.outputs[0], node.required(0))
    return steps.nodes
