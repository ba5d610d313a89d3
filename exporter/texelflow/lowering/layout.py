"""Which axes of a shape become (n, c, h, w) of a blocked tensor, and when two choices are the same memory."""

from __future__ import annotations

from typing import TypeAlias

from texelflow.ir import Shape
from texelflow.lowering.plan import Axes, PlanTensor
from texelflow.lowering.view import Run, View, merged_runs
from texelflow.symbolic import Dimension

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


def same_memory(view: View, axes: Axes, tensor: PlanTensor) -> bool:
    """Whether reading `view` with `axes` finds each element where the blocked `tensor` holds it."""
    if view.bounds is not None or view.offset != 0 or tensor.axes is None:
        return False
    if role_runs(view, axes) != role_runs(View.whole(tensor.shape), tensor.axes):
        return False
    wanted_single = _single_width(view, axes)
    return wanted_single == tensor.single_pixel


def _single_width(view: View, axes: Axes) -> bool:
    return all(view.shape[axis] == 1 for axis in axes[3])


def axes_in_memory(view: View, tensor: PlanTensor) -> Axes | None:
    """Return the axes by which `view` reads a blocked tensor where it lies, or None if there are none."""
    assert tensor.axes is not None
    roles = role_runs(View.whole(tensor.shape), tensor.axes)
    chosen: list[list[int]] = [[], [], [], []]
    left: list[int] = []
    for axis, run in enumerate(zip(view.shape, view.strides, strict=True)):
        role = next((i for i in (1, 3, 2, 0) if roles[i] == [run]), None)
        if run[0] == 1 or role is None or chosen[role]:
            left.append(axis)
        else:
            chosen[role].append(axis)
    open_roles = [i for i in range(4) if roles[i] and not chosen[i]]
    chosen[open_roles[0] if open_roles else 0].extend(left)
    n, c, h, w = (tuple(sorted(role)) for role in chosen)
    axes: Axes = (n, c, h, w)
    return axes if same_memory(view, axes, tensor) else None
