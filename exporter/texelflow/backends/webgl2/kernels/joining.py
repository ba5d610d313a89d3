"""Concatenation: by whole texels where the inputs are blocked alike and meet at channel groups, else by
elements.
"""

from __future__ import annotations

from texelflow.backends.webgl2.kernels.copying import copy_kernel
from texelflow.backends.webgl2.layout.blocking import is_expressible
from texelflow.backends.webgl2.layout.view import View
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.backends.webgl2.plan.plan import Axes, PlanTensor
from texelflow.dimensions import Dimension, proved_equal, remainder
from texelflow.graph import Node, Shape, TensorType, Value

SOURCE_LIMIT = 12
"""Most tensors joined by one draw, well below the 16 texture units that every device has."""


def lower_concatenation(node: Node, lowering: Lowering, axis: int) -> None:
    """Lower a Concat along `axis`."""
    parts = [value for value in node.inputs if value is not None and not proved_equal(value.shape[axis], 0)]
    output = node.outputs[0]
    while len(parts) > SOURCE_LIMIT:
        head = parts[:SOURCE_LIMIT]
        extent: Dimension = 0
        for part in head:
            extent = extent + part.shape[axis]
        shape = (*output.shape[:axis], extent, *output.shape[axis + 1 :])
        joined = Value(f"{output.name}/joined_{len(parts)}", TensorType(output.dtype, shape))
        _join(head, joined, axis, lowering)
        parts = [joined, *parts[SOURCE_LIMIT:]]
    _join(parts or [value for value in node.inputs[:1] if value is not None], output, axis, lowering)


def _join(parts: list[Value], output: Value, axis: int, lowering: Lowering) -> None:
    axes = _common_axes(parts, output, lowering)
    starts: list[Dimension] = []
    start: Dimension = 0
    for part in parts:
        starts.append(start)
        start = start + part.shape[axis]
    tensor = lowering.tensor(output, axes)
    whole_texels = axes is not None and _meets_at_texels(axes, axis, starts, output)
    sources = []
    for part, begin in zip(parts, starts, strict=True):
        wanted = axes if whole_texels else None
        sources.append(copy_from(part, output.shape, axis, begin, wanted, lowering))
    kernel = copy_kernel(sources, tensor)
    lowering.bind(output, lowering.emit(kernel))


def copy_from(
    part: Value, shape: Shape, axis: int, start: Dimension, axes: Axes | None, lowering: Lowering
) -> tuple[PlanTensor, View]:
    """Return what is read for a part of a concatenation, and its view of the whole, filled from `start` on.

    With `axes` it is blocked by them.
    """
    before = tuple(start if index == axis else 0 for index in range(len(shape)))
    if axes is not None:
        source, view = lowering.blocked_source(part, axes)
    else:
        source, view = lowering.source_tensor(part)
    padded = view.pad(before, shape, 0.0)
    if padded is None:
        source, view = lowering.flat_source(part)
        padded = view.pad(before, shape, 0.0)
    assert padded is not None
    return source, padded


def _common_axes(parts: list[Value], output: Value, lowering: Lowering) -> Axes | None:
    """Return the axes by which most of the elements are blocked already, if any are."""
    for part in parts:
        for axes in lowering.known_axes(part):
            if is_expressible(output.shape, axes):
                return axes
    return None


def _meets_at_texels(axes: Axes, axis: int, starts: list[Dimension], output: Value) -> bool:
    role = next(index for index, members in enumerate(axes) if axis in members)
    if any(index != axis and not proved_equal(output.shape[index], 1) for index in axes[role]):
        return False  # the axis is joined with others: its boundaries are not those of the role
    return role != 1 or all(proved_equal(remainder(start, 4), 0) for start in starts)
