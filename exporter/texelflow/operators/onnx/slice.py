"""Slice: every step-th element of an interval along some axes."""

from __future__ import annotations

from dataclasses import dataclass

from texelflow.dimensions import Dimension, floor_divide, less, lower_bound, maximum, minimum, select
from texelflow.graph import Element, Node, NodeError, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.row_major import gather_view, strides
from texelflow.operators.shapes import dimensions, integers, known_shape, normalize_axes
from texelflow.operators.upgrading import attribute_to_input, set_input

UNLIMITED = 2**31 - 1
"""Bounds from here on (and below its negative) mean the end of the axis, by the habit of exporters."""


@dataclass(frozen=True, slots=True)
class AxisSlice:
    """`extent` elements from `start` on, `step` apart, along `axis`; extent 0 where there are none."""

    axis: int
    start: Dimension
    step: int
    extent: Dimension


def axis_slices(node: Node) -> list[AxisSlice]:
    """Return what is taken along each axis that a Slice names.

    Raises NodeError if bounds, axes or steps are not known at export.
    """
    source = node.required(0).known_type
    starts = dimensions(node, node.known(1, "starts"), "starts")
    ends = dimensions(node, node.known(2, "ends"), "ends")
    axes = list(range(len(starts)))
    if node.input(3) is not None:
        axes = normalize_axes(node, node.known(3, "axes"), source.rank)
    steps = [1] * len(starts)
    if node.input(4) is not None:
        steps = integers(node, node.known(4, "steps"), "steps")
    if not len(starts) == len(ends) == len(axes) == len(steps) <= source.rank:
        raise NodeError(node, f"starts, ends, axes and steps do not all name the same axes of {source}")
    if 0 in steps:
        raise NodeError(node, "a step is 0")
    return [
        _axis_slice(axis, source.shape[axis], start, end, step)
        for axis, start, end, step in zip(axes, starts, ends, steps, strict=True)
    ]


def _axis_slice(axis: int, size: Dimension, start: Dimension, end: Dimension, step: int) -> AxisSlice:
    if step > 0:
        first = _clamp(start, size, 0, size)
        extent = _clamp(end, size, 0, size) - first
        return AxisSlice(axis, first, step, maximum(0, floor_divide(extent + (step - 1), step)))
    first = _clamp(start, size, 0, size - 1)
    extent = first - _clamp(end, size, -1, size - 1)
    return AxisSlice(axis, first, step, maximum(0, floor_divide(extent + (-step - 1), -step)))


def _clamp(bound: Dimension, size: Dimension, lowest: int, highest: Dimension) -> Dimension:
    """Return a bound counted from the front and limited to the axis."""
    if isinstance(bound, int):
        if bound >= UNLIMITED:
            return highest
        if bound <= -UNLIMITED:
            return lowest
        return minimum(bound, highest) if bound >= 0 else minimum(maximum(bound + size, lowest), highest)
    least = lower_bound(bound)
    counted = bound if least is not None and least >= 0 else select(less(bound, 0), bound + size, bound)
    return maximum(minimum(counted, highest), lowest)


@operator("Slice", inputs=(1, 5))
class Slice(Operator):
    """A part of the input; negative bounds count from the end, negative steps go backwards."""

    def upgrade(self, node: Node, opset: int) -> None:
        """Opset 10 turned the attributes starts, ends and axes into inputs."""
        if opset < 10:
            if "axes" in node.attributes:
                attribute_to_input(node, "axes", 3)
            for index, name in enumerate(("starts", "ends"), 1):
                attribute_to_input(node, name, index)
        elif len(node.inputs) < 3:
            set_input(node, 2, None)

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type of the part."""
        source = node.required(0).known_type
        shape = list(source.shape)
        for part in axis_slices(node):
            shape[part.axis] = part.extent
        return [TensorType(source.dtype, tuple(shape))]

    def evaluate(self, node: Node) -> list[list[Element]] | None:
        """Take the elements."""
        source = node.required(0)
        shape, extents = known_shape(source.shape), known_shape(node.outputs[0].shape)
        if source.elements is None or shape is None or extents is None:
            return None
        steps, offset = strides(shape), 0
        for part in axis_slices(node):
            assert isinstance(part.start, int)
            offset += part.start * steps[part.axis]
            steps[part.axis] *= part.step
        return [gather_view(source.elements, extents, steps, offset)]
