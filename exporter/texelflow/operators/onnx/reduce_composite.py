"""ReduceL1, ReduceL2, ReduceSumSquare, ReduceLogSum and ReduceLogSumExp, made of simpler operators."""

from __future__ import annotations

from texelflow.graph import Node, NodeError, Value
from texelflow.operators import operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.onnx.reduce import Reduction, reduced_axes

LARGEST = {"float16": 65504.0, "bfloat16": 3.3895313892515355e38}
"""The largest finite number of the types that have another than float32."""


@operator("ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSum", "ReduceLogSumExp", inputs=(1, 2))
class CompositeReduction(Reduction):
    """A sum along axes with elementwise work before or behind it."""

    def decompose(self, node: Node) -> list[Node] | None:
        """Replace by elementwise operators around a ReduceSum."""
        source, result = node.required(0), node.outputs[0]
        steps = Decomposition(node)
        if self.name == "ReduceL1":
            self._sum(steps, result, steps.add("Abs", "size", source))
        elif self.name == "ReduceSumSquare":
            self._sum(steps, result, steps.add("Mul", "square", source, source))
        elif self.name == "ReduceL2":
            self._require_floating(node)
            steps.add("Sqrt", result, self._sum(steps, "total", steps.add("Mul", "square", source, source)))
        elif self.name == "ReduceLogSum":
            self._require_floating(node)
            steps.add("Log", result, self._sum(steps, "total", source))
        else:
            self._require_floating(node)
            self._log_sum_exp(steps)
        return steps.nodes

    @staticmethod
    def _log_sum_exp(steps: Decomposition) -> None:
        """Build `log Σ exp(x - m) + m`; m is the largest x, made finite so that infinities come out right."""
        node = steps.node
        source, result, axes = node.required(0), node.outputs[0], reduced_axes(node)
        bound = LARGEST.get(source.dtype, 3.4028234663852886e38)
        largest = steps.reduce("ReduceMax", "largest", source, axes)
        least, most = steps.scalar("least", source.dtype, -bound), steps.scalar("most", source.dtype, bound)
        finite = steps.add("Clip", "finite", largest, least, most)
        exponential = steps.add("Exp", "exponential", steps.add("Sub", "difference", source, finite))
        logarithm = steps.add("Log", "logarithm", steps.reduce("ReduceSum", "total", exponential, axes))
        if node.attributes.get("keepdims", 1):
            steps.add("Add", result, logarithm, finite)
        else:
            steps.reshape(result, steps.add("Add", "kept", logarithm, finite), result.shape)

    @staticmethod
    def _sum(steps: Decomposition, step: str | Value, value: Value) -> Value:
        node = steps.node
        return steps.add("ReduceSum", step, value, node.input(1), **node.attributes)

    @staticmethod
    def _require_floating(node: Node) -> None:
        if not node.required(0).known_type.is_floating:
            raise NodeError(node, f"its input has type {node.required(0).dtype}; a floating type is needed")
