"""How GridSample becomes draws."""

from __future__ import annotations

from dataclasses import dataclass

from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.kernels.elementwise import attach_epilogue
from texelflow.backends.webgl2.kernels.kernel import Kernel
from texelflow.backends.webgl2.kernels.rendering import Structure
from texelflow.backends.webgl2.layout.blocking import image_axes
from texelflow.backends.webgl2.lower import lowers
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.backends.webgl2.plan.plan import Axes
from texelflow.graph import NodeError


@dataclass(frozen=True, slots=True)
class Sampling(Structure):
    """The attributes of a GridSample; a `volume` has three spatial axes."""

    volume: bool
    mode: str
    padding: str
    align_corners: bool


@lowers("GridSample", fuses_epilogue=True)
def lower(group: Group, lowering: Lowering) -> None:
    """Sample four channels at a time: the grid's point is found once for them."""
    node = group.node
    x, grid = node.required(0), node.required(1)
    volume = len(x.shape) == 5
    if len(x.shape) not in (4, 5):
        raise NodeError(
            node, f"samples images and volumes in WebGL2, got {x}; 1 to 3 spatial axes are needed"
        )
    # Planes of a volume lie below each other.
    axes: Axes = ((0,), (1,), (2, 3), (4,)) if volume else image_axes(4)
    mode = node.attributes.get("mode", "linear")
    if mode != "nearest" and not x.known_type.is_floating:
        raise NodeError(node, f"mode {mode} on {x.dtype} is not supported; cast the input to float32")
    kernel = Kernel("grid_sample", lowering.tensor(group.result, axes))
    kernel.input("x", lowering.blocked(x, axes))
    kernel.input("grid", lowering.flat_precise(grid))
    if volume:
        kernel.vector("depths", [x.shape[2], group.result.shape[2]])
    padding = node.attributes.get("padding_mode", "zeros")
    kernel.structure = Sampling(volume, mode, padding, bool(node.attributes.get("align_corners", 0)))
    attach_epilogue(kernel, group, lowering)
    lowering.bind(group.result, lowering.emit(kernel))
