"""DynamicQuantizeLinear: quantises to uint8 with a scale of the numbers' own range."""

from __future__ import annotations

from texelflow.graph import Node, NodeError, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.quantization import RANGES, rounded


@operator("DynamicQuantizeLinear", inputs=1)
class DynamicQuantizeLinear(Operator):
    """Steps, scale and zero point; the range is widened to have 0."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the types of the steps, their scale and zero point."""
        x = node.required(0).known_type
        if x.dtype != "float32":
            raise NodeError(node, f"its input has type {x.dtype}; float32 is needed")
        kinds = [TensorType("uint8", x.shape), TensorType("float32", ()), TensorType("uint8", ())]
        return kinds[: len(node.outputs)]

    def decompose(self, node: Node) -> list[Node] | None:
        """Find the range, and quantise by it."""
        steps = Decomposition(node)
        x, (steps_result, *others) = node.required(0), node.outputs
        zero, one, highest = (
            steps.scalar(name, "float32", number)
            for name, number in (("zero", 0.0), ("one", 1.0), ("highest", float(RANGES["uint8"][1])))
        )
        low, high = (
            steps.add(bound, name, steps.add(reduction, f"{name}_own", x, keepdims=0), zero)
            for name, reduction, bound in (("least", "ReduceMin", "Min"), ("most", "ReduceMax", "Max"))
        )
        extent = steps.add("Sub", "extent", high, low)
        is_nothing = steps.add("Equal", "is_nothing", extent, zero)
        scale = steps.add("Where", "scale", is_nothing, one, steps.add("Div", "step", extent, highest))
        below = steps.add("Sub", "below", zero, steps.add("Div", "least_steps", low, scale))
        zero_point = steps.cast("zero_point", steps.add("Round", "zero_steps", below), "uint8")
        rounded(steps, steps.add("Div", "scaled", x, scale), zero_point, "float32", "uint8", steps_result)
        for result, value in zip(others, (scale, zero_point), strict=False):
            steps.add("Identity", result, value)
        return steps.nodes
