"""Borders, blocks, and other sizes of images."""

from __future__ import annotations

from texelflow.dimensions import Dimension
from texelflow.graph import Value
from texelflow.importers.lowering.channels_last import (
    batch_to_space,
    depth_to_space,
    mirror_pad,
    pad,
    resize,
    space_to_batch,
    space_to_depth,
)
from texelflow.importers.tflite.operators import Step, lowers
from texelflow.importers.tflite.operators.convolution import require_rank


def _pairs(step: Step, index: int, meaning: str, count: int) -> list[tuple[Dimension, Dimension]]:
    """Return two numbers for each axis, from an input [axes, 2]."""
    numbers = step.known_dimensions(index, meaning)
    if len(numbers) != 2 * count:
        raise step.fail(f"it has {len(numbers)} {meaning} for {count} axes; two for each are expected")
    return list(zip(numbers[::2], numbers[1::2], strict=True))


@lowers("PAD", "PADV2", inputs=(2, 3))
def _pad(step: Step) -> None:
    borders = _pairs(step, 1, "paddings", len(step.raw(0).shape))
    fill = step.reshape("fill", step.real(2), []) if step.has(2) else None
    step.moved(pad(step, "made", step.real(0), borders, fill))


@lowers("MIRROR_PAD", inputs=2, options="MirrorPadOptions")
def _mirror_pad(step: Step) -> None:
    borders = _pairs(step, 1, "paddings", len(step.raw(0).shape))
    symmetric = step.options["mode"] == "SYMMETRIC"
    step.moved(mirror_pad(step, "made", step.real(0), borders, symmetric))


def _size(step: Step) -> list[Dimension]:
    size = step.known_dimensions(1, "size")
    if len(size) != 2:
        raise step.fail(f"its size has {len(size)} numbers; 2 are needed")
    return size


def _resized(step: Step, mode: str) -> Value:
    require_rank(step, 0, 4)
    return resize(
        step,
        "made",
        step.real(0),
        _size(step),
        mode,
        align_corners=step.options["align_corners"],
        half_pixel_centers=step.options["half_pixel_centers"],
    )


@lowers("RESIZE_BILINEAR", inputs=2, options="ResizeBilinearOptions")
def _resize_bilinear(step: Step) -> None:
    step.finish(_resized(step, "linear"), ties="away")


@lowers("RESIZE_NEAREST_NEIGHBOR", inputs=2, options="ResizeNearestNeighborOptions")
def _resize_nearest(step: Step) -> None:
    step.moved(_resized(step, "nearest"))


@lowers("DEPTH_TO_SPACE", inputs=1, options="DepthToSpaceOptions")
def _depth_to_space(step: Step) -> None:
    require_rank(step, 0, 4)
    step.moved(depth_to_space(step, "made", step.real(0), step.options["block_size"]))


@lowers("SPACE_TO_DEPTH", inputs=1, options="SpaceToDepthOptions")
def _space_to_depth(step: Step) -> None:
    require_rank(step, 0, 4)
    step.moved(space_to_depth(step, "made", step.real(0), step.options["block_size"]))


@lowers("SPACE_TO_BATCH_ND", inputs=3)
def _space_to_batch(step: Step) -> None:
    block = step.known_integers(1, "block")
    paddings = _pairs(step, 2, "paddings", len(block))
    step.moved(space_to_batch(step, "made", step.real(0), block, paddings))


@lowers("BATCH_TO_SPACE_ND", inputs=3)
def _batch_to_space(step: Step) -> None:
    block = step.known_integers(1, "block")
    crops = _pairs(step, 2, "crops", len(block))
    step.moved(batch_to_space(step, "made", step.real(0), block, crops))
