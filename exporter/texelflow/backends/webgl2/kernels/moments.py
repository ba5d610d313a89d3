"""Variance and mean of rows: in one draw, or in a second one from those of parts where there are few rows."""

from __future__ import annotations

from dataclasses import dataclass

from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.kernels.elementwise import attach_epilogue
from texelflow.backends.webgl2.kernels.kernel import Kernel
from texelflow.backends.webgl2.kernels.reduction import channel_parts
from texelflow.backends.webgl2.kernels.rendering import Structure
from texelflow.backends.webgl2.layout.blocking import matrix_axes
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.backends.webgl2.plan.plan import Blocking, PlanTensor
from texelflow.dimensions import floor_divide
from texelflow.graph import Shape


@dataclass(frozen=True, slots=True)
class MomentsOf(Structure):
    """Moments of numbers, or with `joined` of the moments of parts; only the `final` draw divides."""

    joined: bool
    final: bool


def lower_moments(group: Group, lowering: Lowering) -> None:
    """Lower a Moments: its outputs are the variance of each row, through the epilogue, and the mean."""
    x, (variance, mean) = group.node.required(0), group.outputs
    last = len(x.shape) - 1
    axes = next((known for known in lowering.known_axes(x) if known[1] == (last,)), matrix_axes(last + 1))
    source = lowering.blocked(x, axes)
    parts = channel_parts(PlanTensor(x.dtype, x.shape, Blocking(axes)))
    groups = floor_divide(x.shape[-1] + 3, 4)
    if parts is not None:
        groups = floor_divide(groups + parts - 1, parts)
        partial = x.like("partial", (*x.shape[:-1], 4 * parts))
        kernel = Kernel("moments", lowering.tensor(partial, axes, precise=True))
        kernel.input("x", source)
        kernel.integer("groups_of_part", groups)
        kernel.structure = MomentsOf(joined=False, final=False)
        source = lowering.emit(kernel)
    shape: Shape = (*x.shape[:-1], 2)
    both = variance.like("moments", shape)
    kernel = Kernel("moments", lowering.tensor(both, axes, precise=True))
    kernel.input("x", source)
    kernel.integer("groups_of_part", groups)
    if parts is not None:
        kernel.integer("channels", x.shape[-1])
    kernel.structure = MomentsOf(joined=parts is not None, final=True)
    attach_epilogue(kernel, group, lowering)
    lowering.bind(both, lowering.emit(kernel))
    lowering.bind_view(variance, both, lambda view: view.slice(last, 0, 1, 1))
    lowering.bind_view(mean, both, lambda view: view.slice(last, 1, 1, 1))
