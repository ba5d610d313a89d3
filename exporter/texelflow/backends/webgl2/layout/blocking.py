"""Which axes of a shape become (n, c, h, w) of a blocked tensor, and what a tensor so blocked holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from texelflow.backends.webgl2.layout.view import Run, View, merged_runs
from texelflow.backends.webgl2.plan.plan import CHANNEL_BLOCK, Alias, Axes, PlanTensor
from texelflow.dimensions import Dimension, floor_divide, product, proved_equal, remainder, same_shape
from texelflow.graph import Shape

RoleRuns: TypeAlias = tuple[list[Run], list[Run], list[Run], list[Run]]


def image_axes(rank: int) -> Axes:
    """Return the axes of an image [N, C, (H,) W]: its first axis is the batch, its second the channels."""
    return ((0,), (1,), (2,) if rank == 4 else (), (rank - 1,) if rank > 2 else ())


def matrix_axes(rank: int) -> Axes:
    """Return the axes of matrices [..., rows, columns]: rows are pixels, columns channels."""
    return (tuple(range(rank - 2)), (rank - 1,), (), (rank - 2,) if rank > 1 else ())


def transposed_matrix_axes(rank: int) -> Axes:
    """Return the axes of matrices [..., rows, columns] held transposed: columns are pixels, rows channels."""
    return (tuple(range(rank - 2)), (rank - 2,), (), (rank - 1,))


def same_runs(a: Sequence[Run], b: Sequence[Run]) -> bool:
    """Return whether runs are proved to be the same."""
    return len(a) == len(b) and all(map(same_shape, a, b))


def is_empty(shape: Shape) -> bool:
    """Return whether a shape is proved to have no elements."""
    return any(proved_equal(extent, 0) for extent in shape)


def role_runs(view: View, axes: Axes) -> RoleRuns:
    """Return, for batch, channel, height and width, how the view steps along it."""
    n, c, h, w = (merged_runs([(view.shape[axis], view.strides[axis]) for axis in role]) for role in axes)
    return n, c, h, w


def role_strides(view: View, axes: Axes) -> tuple[Dimension, ...] | None:
    """Return the view's strides along (n, c, h, w), or None if one of them has no single stride."""
    strides: list[Dimension] = []
    for runs in role_runs(view, axes):
        if len(runs) > 1:
            return None
        strides.append(runs[0][1] if runs else 0)
    return tuple(strides)


def tensor_strides(tensor: PlanTensor) -> tuple[Dimension, ...]:
    """Return the strides of a blocked tensor's (n, c, h, w) in its row-major order; 1 for absent ones."""
    assert tensor.axes is not None
    runs = role_runs(View.whole(tensor.shape), tensor.axes)
    return tuple(role[0][1] if role else 1 for role in runs)


def is_expressible(shape: Shape, axes: Axes) -> bool:
    """Whether every role of the axes is one run of the row-major shape, as a tensor of its own needs."""
    return all(len(runs) <= 1 for runs in role_runs(View.whole(shape), axes))


def is_vector(tensor: PlanTensor) -> bool:
    """Whether a blocked tensor with a texture of its own is one pixel of channels, one after another."""
    batch, channels, height, width = tensor.extents
    if not same_shape((height, width), (1, 1)) or tensor.alias is not None:
        return False
    batch_stride, channel_stride = tensor_strides(tensor)[:2]
    follow = proved_equal(channels, 1) or proved_equal(channel_stride, 1)
    return follow and (proved_equal(batch, 1) or proved_equal(batch_stride, channels))


def holds(view: View, axes: Axes, tensor: PlanTensor) -> bool:
    """Whether a blocked `tensor` holds each element of `view` where blocking by `axes` wants it."""
    if view.bounds is not None or not proved_equal(view.offset, 0) or tensor.axes is None:
        return False
    if not all(map(same_runs, role_runs(view, axes), role_runs(View.whole(tensor.shape), tensor.axes))):
        return False
    return _fits_width(view, axes, tensor)


def _fits_width(view: View, axes: Axes, tensor: PlanTensor) -> bool:
    """Whether a tensor has as many pixels a fragment as the view blocked by `axes` would, or is appended."""
    return tensor.appended or tensor.single_pixel == all(
        proved_equal(view.shape[axis], 1) for axis in axes[3]
    )


def held_axes(view: View, tensor: PlanTensor) -> Axes | None:
    """Return the axes by which `view` reads a blocked tensor where it lies, or None if there are none."""
    assert tensor.axes is not None
    roles = role_runs(View.whole(tensor.shape), tensor.axes)
    chosen: list[list[int]] = [[], [], [], []]
    left: list[int] = []
    for axis, run in enumerate(zip(view.shape, view.strides, strict=True)):
        role = next((i for i in (1, 3, 2, 0) if same_runs(roles[i], [run])), None)
        if proved_equal(run[0], 1) or role is None or chosen[role]:
            left.append(axis)
        else:
            chosen[role].append(axis)
    open_roles = [i for i in range(4) if roles[i] and not chosen[i]]
    chosen[open_roles[0] if open_roles else 0].extend(left)
    n, c, h, w = (tuple(sorted(role)) for role in chosen)
    axes: Axes = (n, c, h, w)
    return axes if holds(view, axes, tensor) else None


def alias_within(view: View, axes: Axes, tensor: PlanTensor) -> Alias | None:
    """Return where `view`, blocked by `axes`, is among the channels of a tensor, or None if texels differ.

    Planes follow each other from one batch entry to the next. Where all extents and strides of channels are
    multiples of what a plane holds, batch and channels are therefore one axis that can be divided elsewhere:
    into heads and their channels, or into slices.
    """
    if view.bounds is not None or tensor.axes is None or tensor.alias is not None or is_empty(tensor.extents):
        return None
    wanted = role_runs(view, axes)
    if not all(map(same_runs, wanted[2:], role_runs(View.whole(tensor.shape), tensor.axes)[2:])):
        return None
    if not _fits_width(view, axes, tensor):
        return None
    batch, channels = (_runs_through_channels(runs, tensor) for runs in wanted[:2])
    start = _channel_of(view.offset, tensor)
    if batch is None or channels is None or len(batch) > 1 or len(channels) != 1 or start is None:
        return None
    count, unit = channels[0]
    step = batch[0][1] if batch else count
    if not proved_equal(unit, 1) or not isinstance(count, int) or not isinstance(step, int) or step < 1:
        return None
    if any(number % CHANNEL_BLOCK != 0 for number in (count, step, start)):
        return None
    return Alias(tensor, start, step)


def channel_within(view: View, axes: Axes, tensor: PlanTensor) -> int | None:
    """Return the one channel, of several, of a blocked tensor that `view` is, blocked by `axes`, if it is."""
    if view.bounds is not None or tensor.axes is None or is_empty(tensor.extents):
        return None
    if proved_equal(tensor.extents[1], 1):
        return None
    wanted, own = role_runs(view, axes), role_runs(View.whole(tensor.shape), tensor.axes)
    if wanted[1] or not all(same_runs(wanted[role], own[role]) for role in (0, 2, 3)):
        return None
    return _channel_of(view.offset, tensor)


def axes_within(view: View, tensor: PlanTensor) -> Axes | None:
    """Return the axes by which `view` reads or divides channels of a tensor where they lie, if any."""
    assert tensor.axes is not None
    if is_empty(tensor.extents):
        return None  # nothing to step through
    _, _, height, width = role_runs(View.whole(tensor.shape), tensor.axes)
    chosen: tuple[list[int], ...] = ([], [], [], [])
    for axis, run in enumerate(zip(view.shape, view.strides, strict=True)):
        if proved_equal(run[0], 1):
            chosen[0 if width else 3].append(axis)
        elif same_runs([run], height) or same_runs([run], width):
            chosen[2 if same_runs([run], height) else 3].append(axis)
        else:
            runs = _runs_through_channels([run], tensor)
            chosen[1 if runs is not None and proved_equal(runs[0][1], 1) else 0].append(axis)
    n, c, h, w = map(tuple, chosen)
    axes: Axes = (n, c, h, w)
    return axes if alias_within(view, axes, tensor) is not None else None


def _runs_through_channels(runs: list[Run], tensor: PlanTensor) -> list[Run] | None:
    """Return runs of a view as runs through a tensor's channels, counted on from one batch entry to the next.

    None if one of them steps along another axis, or in the middle from one batch entry to another.
    """
    batch, channels = tensor.extents[:2]
    batch_stride, channel_stride = tensor_strides(tensor)[:2]
    single = proved_equal(batch, 1)
    if not single and not proved_equal(remainder(channels, CHANNEL_BLOCK), 0):
        return None
    if proved_equal(
        batch_stride, channels * channel_stride
    ):  # in the buffer, too, channels go on in the next batch entry
        single, batch, channels = True, 1, batch * channels
    # What steps by the slowest axis can leave no other one.
    most = None if proved_equal(batch * batch_stride, product(tensor.shape)) else batch
    found: list[Run] = []
    for extent, stride in runs:
        if not single and (entries := _steps(extent, stride, batch_stride, most)) is not None:
            found.append((extent, entries * channels))
        elif (step := _steps(extent, stride, channel_stride, channels)) is not None:
            found.append((extent, step))
        else:
            return None
    return merged_runs(found)


def _steps(
    extent: Dimension, stride: Dimension, unit: Dimension, whole: Dimension | None
) -> Dimension | None:
    """Return the step, in units, of a run that provably stays within `whole` units; None unless it does."""
    if not proved_equal(remainder(stride, unit), 0):
        return None
    step = floor_divide(stride, unit)
    if whole is None or proved_equal(extent * step, whole):
        return step
    if not (isinstance(extent, int) and isinstance(step, int) and isinstance(whole, int)):
        return None
    return step if step >= 0 and step * (extent - 1) < whole else None


def _channel_of(offset: Dimension, tensor: PlanTensor) -> int | None:
    """Return the channel of a blocked tensor's first pixel at an offset of its row-major order."""
    if proved_equal(offset, 0):
        return 0
    channels, stride = tensor.extents[1], tensor_strides(tensor)[1]
    if not (isinstance(offset, int) and isinstance(stride, int) and isinstance(channels, int)):
        return None
    channel, rest = divmod(offset, stride)
    return channel if rest == 0 and 0 <= channel < channels else None
