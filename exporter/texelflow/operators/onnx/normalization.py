"""Normalisations of a tensor by its own statistics, made of reductions and elementwise operators."""

from __future__ import annotations

from collections.abc import Sequence

from texelflow.dimensions import Dimension, proved_equal
from texelflow.graph import Node, NodeError, TensorType, Value
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.shapes import (
    broadcast_to,
    divided,
    normalize_axes,
    normalize_axis,
    require_rank,
    unify,
)

DEFAULT_EPSILON = 1e-5


def _epsilon(steps: Decomposition) -> Value:
    node = steps.node
    number = float(node.attributes.get("epsilon", DEFAULT_EPSILON))
    return steps.scalar("epsilon", node.required(0).dtype, number)


def _centre(steps: Decomposition, value: Value, axes: Sequence[int], mean: str | Value = "mean") -> Value:
    return steps.add("Sub", "centred", value, steps.reduce("ReduceMean", mean, value, axes))


def _inverse_deviation(
    steps: Decomposition, centred: Value, axes: Sequence[int], step: str | Value = "inverse_deviation"
) -> Value:
    """Append 1 / √(mean of squares + epsilon)."""
    squares = steps.add("Mul", "squares", centred, centred)
    raised = steps.add(
        "Add", "raised", steps.reduce("ReduceMean", "variance", squares, axes), _epsilon(steps)
    )
    return steps.add("Reciprocal", step, steps.add("Sqrt", "deviation", raised))


def _scale_and_shift(steps: Decomposition, value: Value, scale: Value, bias: Value | None) -> None:
    result = steps.node.outputs[0]
    if bias is None:
        steps.add("Mul", result, value, scale)
    else:
        steps.add("Add", result, steps.add("Mul", "scaled", value, scale), bias)


def _require_floating(node: Node) -> TensorType:
    source = node.required(0).known_type
    if not source.is_floating:
        raise NodeError(node, f"its input has type {source.dtype}; a floating type is needed")
    return source


@operator("LayerNormalization", inputs=(2, 3))
@operator("RMSNormalization", inputs=2)
class LayerNormalization(Operator):
    """Mean 0 (LayerNormalization only) and mean square 1 over the axes from `axis` on, scaled and shifted."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the input's type, and those of the optional mean and inverse deviation."""
        source = _require_floating(node)
        axis = normalize_axis(node, int(node.attributes.get("axis", -1)), source.rank)
        for value in node.inputs[1:]:
            if value is not None:
                broadcast_to(node, value.shape, source.shape, "its scale or bias")
        ones: list[Dimension] = [1] * (source.rank - axis)
        statistics = TensorType("float32", (*source.shape[:axis], *ones))
        return [source, statistics, statistics][: len(node.outputs)]

    def decompose(self, node: Node) -> list[Node] | None:
        """Replace by reductions and elementwise operators."""
        source = node.required(0)
        rank = source.known_type.rank
        axes = range(normalize_axis(node, int(node.attributes.get("axis", -1)), rank), rank)
        mean = node.outputs[1] if len(node.outputs) > 1 else "mean"
        inverse = node.outputs[2] if len(node.outputs) > 2 else "inverse_deviation"
        steps = Decomposition(node)
        centred = _centre(steps, source, axes, mean) if self.name == "LayerNormalization" else source
        normal = steps.add("Mul", "normal", centred, _inverse_deviation(steps, centred, axes, inverse))
        _scale_and_shift(steps, normal, node.required(1), node.input(2))
        return steps.nodes


@operator("InstanceNormalization", inputs=3)
class InstanceNormalization(Operator):
    """Mean 0 and variance 1 for each image and channel; then scale and bias of the channel."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the input's type; raise NodeError if scale or bias has not one number a channel."""
        source = _require_floating(node)
        require_rank(node, source, 3)
        for index, name in enumerate(("scale", "bias"), 1):
            length = node.required(index).known_type.size
            unify(node, length, source.shape[1], f"the length of its {name} and the number of channels")
        return [source]

    def decompose(self, node: Node) -> list[Node] | None:
        """Replace by reductions and elementwise operators."""
        source = node.required(0)
        axes = range(2, source.known_type.rank)
        steps = Decomposition(node)
        centred = _centre(steps, source, axes)
        normal = steps.add("Mul", "normal", centred, _inverse_deviation(steps, centred, axes))
        shape: list[Dimension] = [source.shape[1], *[1] * len(axes)]
        scale, bias = (
            steps.reshape(name, node.required(i), shape) for i, name in ((1, "scale"), (2, "bias"))
        )
        _scale_and_shift(steps, normal, scale, bias)
        return steps.nodes


@operator("GroupNormalization", inputs=3)
class GroupNormalization(Operator):
    """Mean 0 and variance 1 for each image and group of channels; then scale and bias of the channel."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the input's type; raise NodeError if the channels do not divide into the groups."""
        source = _require_floating(node)
        require_rank(node, source, 3)
        groups = int(node.attributes.get("num_groups", 0))
        if groups < 1:
            raise NodeError(node, f"attribute num_groups is {groups}; at least 1 is needed")
        divided(node, source.shape[1], groups, "its number of channels")
        for index in (1, 2):
            length = node.required(index).known_type.size
            if not proved_equal(length, groups):  # before opset 21 there was one number a group
                unify(
                    node,
                    length,
                    source.shape[1],
                    "the length of its scale or bias and the number of channels",
                )
        return [source]

    def in_onnx(self, node: Node) -> list[Node]:
        """Return what has a scale and a bias for each group, as it had before opset 21, or itself."""
        source, scale, groups = node.required(0), node.required(1), int(node.attributes.get("num_groups", 0))
        if scale.type is None or not proved_equal(scale.type.size, groups):
            return [node]
        steps = Decomposition(node)
        shape = steps.add("Shape", "shape", source)
        view = steps.add("Reshape", "groups", source, steps.constant("view", "int64", [3], [0, groups, -1]))
        more = {"epsilon": node.attributes["epsilon"]} if "epsilon" in node.attributes else {}
        normal = steps.add("InstanceNormalization", "normal", view, scale, node.required(2), **more)
        steps.add("Reshape", node.outputs[0], normal, shape, allowzero=1)
        return steps.nodes

    def decompose(self, node: Node) -> list[Node] | None:
        """Replace by reductions over a view [N, groups, channels of a group, pixels]."""
        source = node.required(0)
        groups, (images, channels, *spatial) = int(node.attributes["num_groups"]), source.shape
        pixels: Dimension = 1
        for extent in spatial:
            pixels = pixels * extent
        steps = Decomposition(node)
        members = channels // groups
        view = steps.reshape("groups", source, [images, groups, members, pixels])
        centred = _centre(steps, view, (2, 3))
        normal = steps.add("Mul", "normal", centred, _inverse_deviation(steps, centred, (2, 3)))
        parameters: list[Value] = []
        for index, name in ((1, "scale"), (2, "bias")):
            value = node.required(index)
            each = 1 if proved_equal(value.known_type.size, groups) else members
            parameters.append(steps.reshape(name, value, [groups, each, 1]))
        shifted = steps.add(
            "Add", "shifted", steps.add("Mul", "scaled", normal, parameters[0]), parameters[1]
        )
        steps.reshape(node.outputs[0], shifted, source.shape)
        return steps.nodes


@operator("MeanVarianceNormalization", inputs=1)
class MeanVarianceNormalization(Operator):
    """Mean 0 and variance 1 over `axes`, by default all but the channels."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the input's type."""
        source = _require_floating(node)
        normalize_axes(node, node.attributes.get("axes", [0, 2, 3]), source.rank)
        return [source]

    def decompose(self, node: Node) -> list[Node] | None:
        """Replace by reductions and elementwise operators; ONNX adds 1e-9 to the deviation."""
        source = node.required(0)
        axes = normalize_axes(node, node.attributes.get("axes", [0, 2, 3]), source.known_type.rank)
        steps = Decomposition(node)
        centred = _centre(steps, source, axes)
        squares = steps.add("Mul", "squares", centred, centred)
        deviation = steps.add("Sqrt", "deviation", steps.reduce("ReduceMean", "variance", squares, axes))
        raised = steps.add("Add", "raised", deviation, steps.scalar("epsilon", source.dtype, 1e-9))
        steps.add("Div", node.outputs[0], centred, raised)
        return steps.nodes


@operator("LpNormalization", inputs=1)
class LpNormalization(Operator):
    """The input divided by its L1 or L2 norm along an axis; 0 where the norm is 0."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the input's type; raise NodeError for another norm."""
        source = _require_floating(node)
        normalize_axis(node, int(node.attributes.get("axis", -1)), source.rank)
        if node.attributes.get("p", 2) not in (1, 2):
            raise NodeError(node, f"p is {node.attributes['p']}; 1 or 2 is expected")
        return [source]

    def decompose(self, node: Node) -> list[Node] | None:
        """Replace by a norm and a division by it, or by 1 where it is 0."""
        source = node.required(0)
        axis = normalize_axis(node, int(node.attributes.get("axis", -1)), source.known_type.rank)
        steps = Decomposition(node)
        norm = steps.reduce(f"ReduceL{node.attributes.get('p', 2)}", "norm", source, [axis])
        zero, one = steps.scalar("zero", source.dtype, 0.0), steps.scalar("one", source.dtype, 1.0)
        divisor = steps.add("Where", "divisor", steps.add("Equal", "is_zero", norm, zero), one, norm)
        steps.add("Div", node.outputs[0], source, divisor)
        return steps.nodes
