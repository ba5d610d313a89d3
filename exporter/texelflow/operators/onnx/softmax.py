"""Softmax, LogSoftmax and Hardmax."""

from __future__ import annotations

from texelflow.dimensions import Dimension, product
from texelflow.graph import Node, NodeError, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.shapes import normalize_axis

TO_LAST_AXIS = "to_last_axis"
"""Attribute of Texelflow: all axes from `axis` on count as one, as before opset 13."""


def softmax_axes(node: Node) -> list[int]:
    """Return the axes over which the results sum to 1."""
    rank = node.required(0).known_type.rank
    axis = normalize_axis(node, int(node.attributes.get("axis", -1)), rank)
    return list(range(axis, rank)) if node.attributes.get(TO_LAST_AXIS) else [axis]


class SoftmaxFamily(Operator):
    """The type and the upgrade that the three share."""

    def upgrade(self, node: Node, opset: int) -> None:
        """Before opset 13 the input was flattened to a matrix at `axis`, 1 by default."""
        if opset < 13:
            node.attributes.setdefault("axis", 1)
            node.attributes[TO_LAST_AXIS] = 1

    def in_onnx(self, node: Node) -> list[Node]:
        """Return it, of a matrix and back where all axes from `axis` on count as one."""
        if not node.attributes.pop(TO_LAST_AXIS, 0):
            return [node]
        axis, source = int(node.attributes["axis"]), node.required(0)
        steps = Decomposition(node)
        shape = steps.add("Shape", "shape", source)
        matrix = steps.add("Flatten", "matrix", source, axis=axis)
        steps.add(
            "Reshape", node.outputs[0], steps.add(self.name, "rows", matrix, axis=1), shape, allowzero=1
        )
        return steps.nodes

    def infer(self, node: Node) -> list[TensorType]:
        """Return the input's type; raise NodeError unless it is floating."""
        source = node.required(0).known_type
        if not source.is_floating:
            raise NodeError(node, f"its input has type {source.dtype}; a floating type is needed")
        softmax_axes(node)
        return [source]


@operator("Softmax", "LogSoftmax", inputs=1)
class Softmax(SoftmaxFamily):
    """`exp(x) / Σ exp(x)` along an axis, or its logarithm."""

    def decompose(self, node: Node) -> list[Node] | None:
        """Replace by reductions and elementwise operators; the maximum is subtracted against overflow."""
        source, result, axes = node.required(0), node.outputs[0], softmax_axes(node)
        steps = Decomposition(node)
        largest = steps.reduce("ReduceMax", "largest", source, axes)
        difference = steps.add("Sub", "difference", source, largest)
        exponential = steps.add("Exp", "exponential", difference)
        total = steps.reduce("ReduceSum", "total", exponential, axes)
        if self.name == "Softmax":
            steps.add("Div", result, exponential, total)
        else:
            steps.add("Sub", result, difference, steps.add("Log", "logarithm", total))
        return steps.nodes


@operator("Hardmax", inputs=1)
class Hardmax(SoftmaxFamily):
    """1 at the first largest element along an axis, 0 elsewhere."""

    def decompose(self, node: Node) -> list[Node] | None:
        """Replace by a comparison of the places along the axis with the ArgMax."""
        source, result, axes = node.required(0), node.outputs[0], softmax_axes(node)
        steps = Decomposition(node)
        axis, shape, value = axes[0], list(source.shape), source
        if len(axes) > 1:
            shape = [*shape[:axis], product(shape[axis:])]
            value = steps.reshape("matrix", source, shape)
        first = steps.add("ArgMax", "first", value, axis=axis, keepdims=1)
        place = steps.places("place", shape[axis])
        tail: list[Dimension] = [1] * (len(shape) - axis - 1)
        on = steps.add("Equal", "is_on", steps.reshape("places", place, [shape[axis], *tail]), first)
        if len(axes) == 1:
            steps.cast(result, on, source.dtype)
        else:
            steps.reshape(result, steps.cast("hard", on, source.dtype), source.shape)
        return steps.nodes
