"""Copies through views: the kernel that materialises a view, joins several, or changes a layout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias, TypeGuard

from texelflow.backends.webgl2.kernels.kernel import Kernel
from texelflow.backends.webgl2.kernels.rendering import Structure
from texelflow.backends.webgl2.layout.blocking import is_empty, role_strides, tensor_strides
from texelflow.backends.webgl2.layout.view import Bounds, View
from texelflow.backends.webgl2.plan.plan import Axes, PlanTensor
from texelflow.dimensions import Dimension, floor_divide, product, proved_equal, remainder, same_shape
from texelflow.graph import Shape
from texelflow.graph.constants import signed_bits

Place: TypeAlias = list[Dimension]
"""Batch, channel, row and column of a blocked tensor."""


@dataclass(frozen=True, slots=True)
class Source:
    """A tensor that a copy reads: whether flat, blocked, or blocked and stepped through along its roles.

    `bounded` are the axes that it does not fill; a `shifted` one steps by 1 along each of its own roles.
    """

    name: str
    kind: str
    bounded: tuple[int, ...]
    shifted: bool


@dataclass(frozen=True, slots=True)
class Copy(Structure):
    """A copy of `sources` along `rank` axes, which are the output's roles if it goes `by_role`.

    A `short` one is of so few texels that a division of floats finds their places.
    """

    by_role: bool
    rank: int
    sources: tuple[Source, ...]
    short: bool = False


SHORT = 2**21
"""Most texels whose places a division of floats finds (`divided` of shaders/lib/kernel.glsl.j2)."""


def copy_kernel(sources: list[tuple[PlanTensor, View]], output: PlanTensor) -> Kernel:
    """Return the kernel that fills `output` from views of tensors, all of the output's shape.

    The first source that holds an element (all of whose bounds contain it) wins; where none does, the first
    one's `fill` stands.
    """
    views = [view for _, view in sources]
    by_role = None if output.axes is None else [_view_by_role(view, output.axes) for view in views]
    if by_role is not None and len(sources) == 1 and _keeps_pixels(by_role[0], sources[0][0], output):
        return _pixels_kernel(by_role[0], sources[0][0], output)
    kernel = Kernel("copy", output, packs_weights=True)
    if by_role is not None and all(view is not None for view in by_role):
        shape: Shape = output.extents
        views = [view for view in by_role if view is not None]
    else:
        by_role = None
        shape, views = _collapsed(output.shape, sources)
        kernel.table("axes", [[extent] for extent in shape])
        if output.axes is not None:
            kernel.vector("result_strides", tensor_strides(output))
    added = tuple(
        _add_source(kernel, f"source_{index}", tensor, view, by_role is not None)
        for index, ((tensor, _), view) in enumerate(zip(sources, views, strict=True))
    )
    kernel.structure = Copy(by_role is not None, len(shape), added)
    tensors = [tensor for tensor, _ in sources]
    if output.axes is None and _is_by_texels(shape, views, tensors):
        elements = product(shape)
        kernel.template = "copy_flat_texels"
        kernel.structure = replace(
            kernel.structure, short=isinstance(elements, int) and elements <= 4 * SHORT
        )
    if all(view.bounds is not None for view in views):
        if output.is_integer:
            kernel.integer("fill", signed_bits(output.dtype, int(views[0].fill)))
        else:
            kernel.real("fill", views[0].fill)
    if by_role is not None and all(
        _keeps_texels(view, tensor) for view, tensor in zip(views, tensors, strict=True)
    ):
        kernel.template = "copy_texels"
    return kernel


def shift_within(view: View, axes: Axes, tensor: PlanTensor) -> Place | None:
    """Return where a part of a blocked tensor begins that `view` reads: batch, group, row, column.

    None if the view, blocked by `axes`, is no such part, or some of its texels are none of the tensor's.
    """
    part = _view_by_role(view, axes)
    places = None if part is None or part.bounds is not None else _places(part, tensor)
    if part is None or places is None or not _is_shifted(part, places[1]):
        return None
    n, c, h, w = places[0]
    # Behind the last channel of a tensor is nothing; behind that of a part is the next one.
    is_whole = _is_texel(part.shape[1]) or proved_equal(c + part.shape[1], tensor.extents[1])
    return [n, floor_divide(c, 4), h, w] if _is_texel(c) and is_whole else None


def _keeps_pixels(view: View | None, tensor: PlanTensor, output: PlanTensor) -> TypeGuard[View]:
    """Whether four pixels of a view (n, c, h, w) that a fragment computes share a texel of a flat tensor."""
    pairs_rows = output.blocking is not None and output.blocking.pair_rows
    if view is None or view.bounds is not None or tensor.axes is not None or pairs_rows:
        return False
    return proved_equal(view.strides[3], 1) and all(
        _is_texel(number) for number in (*view.strides[:3], view.offset)
    )


def _pixels_kernel(view: View, tensor: PlanTensor, output: PlanTensor) -> Kernel:
    kernel = Kernel("copy_pixels", output, packs_weights=True)
    kernel.input("source", tensor)
    kernel.vector("steps", view.strides)
    kernel.integer("offset", view.offset)
    return kernel


def _is_by_texels(shape: Shape, views: Sequence[View], tensors: Sequence[PlanTensor]) -> bool:
    """Whether a flat copy is of whole texels; at load it shares the program of other copies instead."""
    if not proved_equal(remainder(shape[-1], 4), 0) or all(tensor.constant for tensor in tensors):
        return False
    return all(map(_keeps_texels, views, tensors, [len(shape) - 1] * len(views)))


def _keeps_texels(view: View, tensor: PlanTensor, axis: int = 1) -> bool:
    """Whether four neighbours along an axis of the view, from a multiple of 4 on, share a texel.

    By default these are channels of a view (n, c, h, w).
    """
    limits = view.bounds[axis] if view.bounds is not None else None
    if limits is not None and not (
        _is_texel(limits[0]) and (_is_texel(limits[1]) or proved_equal(limits[1], view.shape[axis]))
    ):
        return False
    others = [other for other in range(len(view.shape)) if other != axis]
    if tensor.axes is None:
        strides = [view.strides[other] for other in others]
        return proved_equal(view.strides[axis], 1) and all(map(_is_texel, (*strides, view.offset)))
    places = _places(view, tensor)
    if places is None:
        return False
    offset, steps = places
    channels = [steps[other][1] for other in others]
    return same_shape(steps[axis], (0, 1, 0, 0)) and all(map(_is_texel, (*channels, offset[1])))


def _is_texel(channel: Dimension) -> bool:
    return proved_equal(remainder(channel, 4), 0)


def _add_source(kernel: Kernel, name: str, tensor: PlanTensor, view: View, by_role: bool) -> Source:
    kernel.input(name, tensor)
    if view.bounds is not None:
        bounds = [limits or (0, extent) for limits, extent in zip(view.bounds, view.shape, strict=True)]
        kernel.table(f"{name}_bounds", bounds)
    kind = "flat"
    shifted = False
    if tensor.axes is not None:
        places = _places(view, tensor)
        kind = "blocked" if places is None else "direct"
        if places is None:
            kernel.vector(f"{name}_strides", tensor_strides(tensor))
        else:
            offset, steps = places
            kernel.vector(f"{name}_offset", offset)
            shifted = by_role and _is_shifted(view, steps)
            if not shifted:
                kernel.table(f"{name}_steps", steps)
    if kind != "direct":
        kernel.integer(f"{name}_offset", view.offset)
        kernel.table(f"{name}_steps", [[stride] for stride in view.strides])
    bounded = tuple(axis for axis, limits in enumerate(view.bounds or ()) if limits is not None)
    return Source(name, kind, bounded, shifted)


def _places(view: View, tensor: PlanTensor) -> tuple[Place, list[Place]] | None:
    """Return where in (n, c, h, w) of a blocked tensor the view begins, and how each of its axes steps there.

    None if some axis crosses from one role to another, or the offset cannot be told apart.
    """
    if is_empty(tensor.extents):
        return None  # nothing to step through
    strides = tensor_strides(tensor)
    roles = sorted(
        (role for role in range(4) if not proved_equal(tensor.extents[role], 1)),
        key=lambda role: -_weight(strides[role]),
    )
    steps: list[Place] = []
    for axis, (extent, stride) in enumerate(zip(view.shape, view.strides, strict=True)):
        step: Place = [0, 0, 0, 0]
        if not proved_equal(extent, 1) and not proved_equal(stride, 0):
            role = next((role for role in roles if _steps_along(role, axis, view, tensor, strides)), None)
            if role is None:
                return None
            step[role] = floor_divide(stride, strides[role])
        steps.append(step)
    # What padding puts before the tensor is undone first: the rest is where a slice of it begins.
    start = view.offset
    padding: Place = [0, 0, 0, 0]
    for limits, stride, step in zip(view.bounds or (), view.strides, steps, strict=False):
        if limits is not None:
            start = start + limits[0] * stride
            padding = [before + limits[0] * along for before, along in zip(padding, step, strict=True)]
    offset: Place = [0, 0, 0, 0]
    for role in roles:
        stride = strides[role]
        if isinstance(start, int) and isinstance(stride, int):
            offset[role], start = divmod(start, stride)
        elif proved_equal(remainder(start, stride), 0):
            offset[role], start = floor_divide(start, stride), 0
    if not proved_equal(start, 0):
        return None
    return [first - before for first, before in zip(offset, padding, strict=True)], steps


def _is_shifted(view: View, steps: list[Place]) -> bool:
    """Whether each axis of a view of (n, c, h, w) moves by 1 along its own role, or has extent 1."""
    return len(steps) == 4 and all(
        same_shape(step, [int(axis == role) for role in range(4)])
        or (same_shape(step, (0, 0, 0, 0)) and proved_equal(view.shape[axis], 1))
        for axis, step in enumerate(steps)
    )


def _weight(stride: Dimension) -> int:
    return stride if isinstance(stride, int) else 1 << 40


def _steps_along(
    role: int, axis: int, view: View, tensor: PlanTensor, strides: tuple[Dimension, ...]
) -> bool:
    """Whether an axis of the view provably moves along this role alone."""
    stride, bounds = view.strides[axis], view.bounds[axis] if view.bounds is not None else None
    covered = view.shape[axis] if bounds is None else bounds[1] - bounds[0]
    unit, whole = strides[role], tensor.extents[role]
    if proved_equal(stride, unit):
        return proved_equal(covered, whole) or (
            isinstance(covered, int) and isinstance(whole, int) and covered <= whole
        )
    if not (isinstance(stride, int) and isinstance(unit, int)):
        return False
    if not (isinstance(covered, int) and isinstance(whole, int)):
        return False
    step, rest = divmod(stride, unit)
    return rest == 0 and abs(step) * (covered - 1) < whole


def _view_by_role(view: View, axes: Axes) -> View | None:
    """Return the view with (n, c, h, w) as its axes, or None if one of them has no single stride."""
    strides = role_strides(view, axes)
    if strides is None:
        return None
    bounds: list[Bounds | None] = []
    extents: list[Dimension] = []
    for role in axes:
        limits = [] if view.bounds is None else [view.bounds[axis] for axis in role]
        wide = [axis for axis in role if not proved_equal(view.shape[axis], 1)]
        bounded = [limit for limit in limits if limit is not None]
        if bounded and len(wide) + len(bounded) > 2:
            return None
        if bounded and (
            len(bounded) > 1 or (wide and view.bounds is not None and view.bounds[wide[0]] is None)
        ):
            return None
        bounds.append(bounded[0] if bounded else None)
        extent: Dimension = 1
        for axis in role:
            extent = extent * view.shape[axis]
        extents.append(extent)
    return View(
        tuple(extents), strides, view.offset, tuple(bounds) if view.bounds is not None else None, view.fill
    )


def _collapsed(shape: Shape, sources: list[tuple[PlanTensor, View]]) -> tuple[Shape, list[View]]:
    """Join neighbouring axes that every view steps through as one, and drop extents of 1.

    Axes of a blocked source stay apart: joined they would cross from one of its roles to another.
    """
    views = [view for _, view in sources]
    joining = all(tensor.axes is None for tensor, _ in sources)
    kept = [
        axis
        for axis, extent in enumerate(shape)
        if not proved_equal(extent, 1) or any(_is_bounded(view, axis) for view in views)
    ] or [0]
    groups: list[list[int]] = []
    for axis in kept if shape else []:
        if groups and joining and all(_joins(view, groups[-1][-1], axis) for view in views):
            groups[-1].append(axis)
        else:
            groups.append([axis])
    if not groups:
        return (1,), [View((1,), (0,), view.offset, None, view.fill) for view in views]
    extents: list[Dimension] = []
    for group in groups:
        extent: Dimension = 1
        for axis in group:
            extent = extent * shape[axis]
        extents.append(extent)
    collapsed = []
    for view in views:
        strides = tuple(view.strides[group[-1]] for group in groups)
        bounds = None
        if view.bounds is not None:
            bounds = tuple(view.bounds[group[-1]] if len(group) == 1 else None for group in groups)
        collapsed.append(View(tuple(extents), strides, view.offset, bounds, view.fill))
    return tuple(extents), collapsed


def _is_bounded(view: View, axis: int) -> bool:
    return view.bounds is not None and view.bounds[axis] is not None


def _joins(view: View, outer: int, inner: int) -> bool:
    if _is_bounded(view, outer) or _is_bounded(view, inner):
        return False
    return proved_equal(view.strides[outer], view.strides[inner] * view.shape[inner])
