"""Slice: every step-th element of an interval along some axes."""

from __future__ import annotations

from dataclasses import dataclass

from texelflow.dimensions import Dimension, floor_divide, less, lower_bound, maximum, minimum, select
from texelflow.dimensions.constraints import may_be_negative
from texelflow.graph import Element, Node, NodeError, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.elementwise import is_symbolic
from texelflow.operators.named_axes import choices
from texelflow.operators.row_major import gather_view, strides
from texelflow.operators.shapes import dimensions, known_shape, normalize_axes
from texelflow.operators.upgrading import attribute_to_input, set_input

UNLIMITED = 2**31 - 1
"""Bounds from here on (and below its negative) mean the end of the axis, by the habit of exporters."""


@dataclass(frozen=True, slots=True)
class AxisSlice:
    """`extent` elements from `start` on, `step` apart, along `axis`; extent 0 where there are none."""

    axis: int
    start: Dimension
    step: Dimension
    extent: Dimension


def axis_slices(node: Node) -> list[AxisSlice]:
    """Return what is taken along each axis that a Slice names; of every axis, where a run names them.

    Raises NodeError if bounds, axes or steps depend on data that no run learns.
    """
    source = node.required(0).known_type
    starts = dimensions(node, node.known(1, "starts"), "starts")
    ends = dimensions(node, node.known(2, "ends"), "ends")
    steps: list[Dimension] = [1] * len(starts)
    if node.input(4) is not None:
        steps = dimensions(node, node.known(4, "steps"), "steps")
    axes: list[Element] = list(range(len(starts)))
    if node.input(3) is not None:
        axes = node.known(3, "axes")
    if not len(starts) == len(ends) == len(axes) == len(steps) <= source.rank:
        raise NodeError(node, f"starts, ends, axes and steps do not all name the same axes of {source}")
    if 0 in steps:
        raise NodeError(node, "a step is 0")
    pieces = list(zip(starts, ends, steps, strict=True))
    if is_symbolic(*axes):
        return _slices_of_any_axes(node, source, axes, pieces)
    return [
        _axis_slice(axis, source.shape[axis], *piece)
        for axis, piece in zip(normalize_axes(node, axes, source.rank), pieces, strict=True)
    ]


def _slices_of_any_axes(
    node: Node,
    source: TensorType,
    axes: list[Element],
    pieces: list[tuple[Dimension, Dimension, Dimension]],
) -> list[AxisSlice]:
    """Return what is taken along every axis: all of it, unless a run names it."""
    result = []
    for axis, (size, chosen) in enumerate(zip(source.shape, choices(node, axes, source.rank), strict=True)):
        start: Dimension = 0
        end: Dimension = size
        step: Dimension = 1
        for is_chosen, piece in zip(chosen, pieces, strict=True):
            start, end, step = (
                select(is_chosen, number, other)
                for number, other in zip(piece, (start, end, step), strict=True)
            )
        result.append(_axis_slice(axis, size, start, end, step))
    return result


def _axis_slice(axis: int, size: Dimension, start: Dimension, end: Dimension, step: Dimension) -> AxisSlice:
    if not isinstance(step, int):
        ahead, back = (_along(size, start, end, step, is_back) for is_back in (False, True))
        first, extent = (
            select(less(step, 0), backwards, forwards)
            for forwards, backwards in zip(ahead, back, strict=True)
        )
        return AxisSlice(axis, first, step, extent)
    first, extent = _along(size, start, end, step, step < 0)
    return AxisSlice(axis, first, step, extent)


def _along(
    size: Dimension, start: Dimension, end: Dimension, step: Dimension, is_back: bool
) -> tuple[Dimension, Dimension]:
    """Return the first element and how many there are."""
    if is_back:
        first = _clamp(start, size, 0, size - 1)
        span, step = first - _end_going_back(end, size), -step
    else:
        first = _clamp(start, size, 0, size)
        span = _clamp(end, size, 0, size) - first
    return first, maximum(0, floor_divide(span + (step - 1), step))


def _end_going_back(end: Dimension, size: Dimension) -> Dimension:
    """Return the element before which a slice ends that goes backwards: -1 for all that is in front.

    ONNX wants a very small number for that, but ONNX Runtime takes the largest of 32 and 64 bits for it, too.
    """
    if isinstance(end, int):
        return -1 if end in (2**31 - 1, 2**63 - 1) else _clamp(end, size, -1, size - 1)
    clamped = _clamp(end, size, -1, size - 1)
    return select(less(end, UNLIMITED), clamped, -1) if may_be_negative(end) else clamped


def _clamp(bound: Dimension, size: Dimension, lowest: int, highest: Dimension) -> Dimension:
    """Return a bound counted from the front and limited to the axis: to `highest` where nothing is on it."""
    if isinstance(bound, int):
        if bound >= UNLIMITED:
            return highest
        if bound <= -UNLIMITED:
            return minimum(lowest, highest)
        return minimum(bound, highest) if bound >= 0 else minimum(maximum(bound + size, lowest), highest)
    least = lower_bound(bound)
    counted = bound if least is not None and least >= 0 else select(less(bound, 0), bound + size, bound)
    return minimum(maximum(counted, lowest), highest)


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
            if not isinstance(part.start, int) or not isinstance(part.step, int):
                return None
            offset += part.start * steps[part.axis]
            steps[part.axis] *= part.step
        return [gather_view(source.elements, extents, steps, offset)]
