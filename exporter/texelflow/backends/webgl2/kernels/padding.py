"""Padding with a tensor's own elements: by whole texels where it is blocked and its channels stay."""

from __future__ import annotations

from dataclasses import dataclass

from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.kernels.elementwise import attach_prologue, lower_prologue, shared_axes
from texelflow.backends.webgl2.kernels.kernel import Kernel
from texelflow.backends.webgl2.kernels.reduction import elements_kernel
from texelflow.backends.webgl2.kernels.rendering import Structure
from texelflow.backends.webgl2.layout.blocking import is_expressible
from texelflow.backends.webgl2.layout.view import row_major_strides
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.backends.webgl2.plan.plan import Axes, Blocking, PlanTensor
from texelflow.dimensions import Dimension, proved_equal
from texelflow.graph import Value


@dataclass(frozen=True, slots=True)
class Padding(Structure):
    """Padding with a tensor's own elements: reflect, edge or wrap."""

    mode: str


def lower_padding(
    group: Group, source: Value, lowering: Lowering, mode: str, before: list[Dimension]
) -> None:
    """Lower a Pad of `source`, the input or a part of it, with `before[axis]` elements in front of each axis.

    `mode` is reflect, edge or wrap.
    """
    axes = _blocked_axes(group, source, before, lowering)
    if axes is None:
        _pad_elements(group, source, lowering, mode, before)
        return
    output = group.result
    kernel = Kernel("pad_texels", lowering.tensor(output, axes))
    place = PlanTensor(source.dtype, source.shape, Blocking(axes))
    if group.prologue:
        kernel.vector("x_shape", place.extents)
        attach_prologue(kernel, group, place, lowering)
    else:
        kernel.input("x", lowering.blocked(source, axes))
    padded = [next((before[axis] for axis in role if not proved_equal(before[axis], 0)), 0) for role in axes]
    kernel.vector("before", padded)
    kernel.structure = Padding(mode)
    lowering.bind(output, lowering.emit(kernel))


def _blocked_axes(group: Group, source: Value, before: list[Dimension], lowering: Lowering) -> Axes | None:
    output = group.result
    changed = {
        axis
        for axis, (extent, padded) in enumerate(zip(source.shape, output.shape, strict=True))
        if not (proved_equal(before[axis], 0) and proved_equal(extent, padded))
    }
    for axes in shared_axes(group, source, lowering):
        roles = [
            {axis for axis in role if axis in changed or not proved_equal(source.shape[axis], 1)}
            for role in axes
        ]
        alone = all(len(role) == 1 for role in roles if role & changed)
        if alone and not roles[1] & changed and is_expressible(output.shape, axes):
            return axes
    return None


def _pad_elements(
    group: Group, source: Value, lowering: Lowering, mode: str, before: list[Dimension]
) -> None:
    output = group.result
    lower_prologue(group, lowering)
    kernel = elements_kernel("pad", lowering.tensor(output))
    kernel.input("x", lowering.flat(source))
    columns = zip(output.shape, before, source.shape, row_major_strides(source.shape), strict=True)
    kernel.table("axes", [list(row) for row in columns])
    kernel.integer("rank", len(output.shape))
    kernel.structure = Padding(mode)
    lowering.bind(output, lowering.emit(kernel))
