"""How RoiAlign and MaxRoiPool become draws."""

from __future__ import annotations

from dataclasses import dataclass

from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.kernels.elementwise import attach_epilogue
from texelflow.backends.webgl2.kernels.kernel import Kernel
from texelflow.backends.webgl2.kernels.rendering import Structure
from texelflow.backends.webgl2.layout.blocking import image_axes
from texelflow.backends.webgl2.lower import lowers
from texelflow.backends.webgl2.lowering import Lowering


@dataclass(frozen=True, slots=True)
class Regions(Structure):
    """The attributes of a RoiAlign."""

    mode: str
    half_pixel: bool


@lowers("RoiAlign", fuses_epilogue=True)
def lower_align(group: Group, lowering: Lowering) -> None:
    """Sample four channels at a time."""
    node = group.node
    kernel = _kernel("roi_align", group, lowering)
    kernel.input("numbers", lowering.flat(node.required(2)))
    kernel.integer("samples", max(0, int(node.attributes.get("sampling_ratio", 0))))
    coordinates = node.attributes.get("coordinate_transformation_mode", "half_pixel")
    kernel.structure = Regions(node.attributes.get("mode", "avg"), coordinates == "half_pixel")
    attach_epilogue(kernel, group, lowering)
    lowering.bind(group.result, lowering.emit(kernel))


@lowers("MaxRoiPool", fuses_epilogue=True)
def lower_pool(group: Group, lowering: Lowering) -> None:
    """Go through the pixels of each bin, four channels at a time."""
    kernel = _kernel("max_roi_pool", group, lowering)
    attach_epilogue(kernel, group, lowering)
    lowering.bind(group.result, lowering.emit(kernel))


def _kernel(template: str, group: Group, lowering: Lowering) -> Kernel:
    node, axes = group.node, image_axes(4)
    kernel = Kernel(template, lowering.tensor(group.result, axes))
    kernel.input("x", lowering.blocked(node.required(0), axes))
    kernel.input("boxes", lowering.flat_precise(node.required(1)))
    kernel.real("spatial_scale", float(node.attributes.get("spatial_scale", 1.0)))
    return kernel
