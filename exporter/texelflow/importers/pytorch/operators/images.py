"""Images resized, sampled at any places, and taken apart into windows."""

from __future__ import annotations

from math import floor
from struct import pack, unpack
from typing import Any

from texelflow.dimensions import proved_different
from texelflow.dimensions.floats import scaled_extent
from texelflow.graph import Value
from texelflow.importers.pytorch.lowering import Step, lowers
from texelflow.operators.shapes import known_shape

NEAREST = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
EXACT = {
    "mode": "nearest",
    "coordinate_transformation_mode": "half_pixel",
    "nearest_mode": "round_prefer_ceil",
}
SMOOTH = {"linear": "linear", "bilinear": "linear", "trilinear": "linear", "bicubic": "cubic"}

_NAMES = [
    *(f"{kind}{count}d" for kind in ("upsample_nearest", "_upsample_nearest_exact") for count in (1, 2, 3)),
    *("upsample_linear1d", "upsample_bilinear2d", "upsample_trilinear3d", "upsample_bicubic2d"),
]


@lowers(*_NAMES, *(f"{name}.vec" for name in _NAMES))
def upsample(step: Step) -> None:
    """An image on another grid."""
    kind = step.base.removeprefix("_").removeprefix("upsample_")[:-2]
    count = int(step.base[-2])
    x = step.x
    if len(x.shape) != count + 2:
        raise step.fail(f"its input is {x.type}; {count + 2} axes are needed")
    if kind in SMOOTH:
        corners = "align_corners" if step.flag("align_corners") else "half_pixel"
        attributes: dict[str, Any] = {"mode": SMOOTH[kind], "coordinate_transformation_mode": corners}
        attributes |= {"cubic_coeff_a": -0.75} if kind == "bicubic" else {}
    else:
        attributes = EXACT if kind == "nearest_exact" else NEAREST
    axes = list(range(2, count + 2))
    factors = _factors(step, count)
    if factors and not step.flag("align_corners"):
        for axis, factor in zip(axes, factors, strict=True):
            _require_exact(step, axis, factor)
        scales = step.constant("scales", "float32", [count], factors)
        step.add("Resize", step.result, x, None, scales, None, axes=axes, **attributes)
        return
    sizes = step.dimensions("output_size", count)
    if factors and not sizes:
        for axis, factor in zip(axes, factors, strict=True):
            _require_exact(step, axis, factor)
        sizes = [scaled_extent(x.shape[axis], factor) for axis, factor in zip(axes, factors, strict=True)]
    if len(sizes) != count:
        raise step.fail("it has neither sizes nor factors")
    step.add("Resize", step.result, x, None, None, step.vector("sizes", sizes), axes=axes, **attributes)


def _factors(step: Step, count: int) -> list[float]:
    """Return by how much each axis is resized, where that is given."""
    if step.node.operator.endswith(".vec"):
        return step.numbers("scale_factors")
    names = {1: ["scales"], 2: ["scales_h", "scales_w"], 3: ["scales_d", "scales_h", "scales_w"]}[count]
    found = [step.number(name) for name in names if step.has(name)]
    return found if len(found) == count else []


def _require_exact(step: Step, axis: int, factor: float) -> None:
    """Raise NodeError where a size computed in float32, as here, may be another than PyTorch's."""
    if not 0 < factor < 2**20:
        raise step.fail(f"it resizes by {factor}")
    extent = step.x.shape[axis]
    if isinstance(extent, int):
        if proved_different(scaled_extent(extent, factor), floor(extent * factor)):
            raise step.fail(
                f"it resizes {extent} pixels by {factor}, which is rounded: give the size instead"
            )
    elif unpack("<f", pack("<f", factor))[0] != factor:
        raise step.fail(
            f"it resizes axis {axis}, of free size, by {factor}, which is rounded: give the size, or fix the"
            " input's"
        )


@lowers("grid_sampler", "grid_sampler_2d", "grid_sampler_3d")
def grid_sampler(step: Step) -> None:
    """An image sampled at the places of a grid, whose corners are -1 and 1."""
    mode, padding = step.integer("interpolation_mode"), step.integer("padding_mode")
    if mode not in range(3) or padding not in range(3):
        raise step.fail(f"its modes are {mode} and {padding}")
    step.add(
        "GridSample",
        step.result,
        step.tensor("input"),
        step.tensor("grid"),
        mode=("linear", "nearest", "cubic")[mode],
        padding_mode=("zeros", "border", "reflection")[padding],
        align_corners=int(step.flag("align_corners")),
    )


@lowers("affine_grid_generator")
def affine_grid(step: Step) -> None:
    """The grid of places at which an image is sampled to turn, stretch and move it."""
    sizes = step.vector("size", step.dimensions("size"))
    step.add(
        "AffineGrid", step.result, step.tensor("theta"), sizes, align_corners=int(step.flag("align_corners"))
    )


@lowers("im2col")
def im2col(step: Step) -> None:
    """The pixels of each window as a column."""
    x = step.x
    images = x if len(x.shape) == 4 else step.reshape("batch", x, [1, *x.shape])
    shape = known_shape(images.shape[1:2])
    if len(images.shape) != 4 or shape is None:
        raise step.fail(f"its input is {x.type}; images with a known number of channels are needed")
    kernel = step.sizes("kernel_size", 2, 1)
    area = kernel[0] * kernel[1]
    # A filter for each pixel of the window, which is 1 there.
    filters = [float(row == column) for row in range(area) for column in range(area)] * shape[0]
    weights = step.constant("filters", x.dtype, [shape[0] * area, 1, *kernel], filters)
    made = step.add(
        "Conv",
        "windows",
        images,
        weights,
        kernel_shape=kernel,
        strides=step.sizes("stride", 2, 1),
        dilations=step.sizes("dilation", 2, 1),
        pads=step.sizes("padding", 2, 0) * 2,
        group=shape[0],
    )
    leading = [] if len(x.shape) == 3 else [images.shape[0]]
    step.reshape(step.result, made, [*leading, shape[0] * area, -1])


@lowers("col2im")
def col2im(step: Step) -> None:
    """Columns put back as windows of an image, added where they overlap."""
    x = step.x
    columns: Value = x if len(x.shape) == 3 else step.reshape("batch", x, [1, *x.shape])
    size, kernel = (
        step.vector("size", step.dimensions("output_size", 2)),
        step.vector("kernel", step.dimensions("kernel_size", 2)),
    )
    windows = {
        "strides": step.sizes("stride", 2, 1),
        "dilations": step.sizes("dilation", 2, 1),
        "pads": step.sizes("padding", 2, 0) * 2,
    }
    if len(x.shape) == 3:
        step.add("Col2Im", step.result, columns, size, kernel, **windows)
    else:
        made = step.add("Col2Im", "images", columns, size, kernel, **windows)
        step.add("Squeeze", step.result, made, step.vector("axis", [0]))
