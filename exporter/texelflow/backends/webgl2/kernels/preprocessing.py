"""Image preprocessing: the draw that makes an input of a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from texelflow.backends.webgl2.kernels.kernel import Kernel
from texelflow.backends.webgl2.kernels.rendering import Structure
from texelflow.backends.webgl2.layout.view import row_major_strides
from texelflow.backends.webgl2.plan.plan import Draw, PlanTensor, Program
from texelflow.dimensions import Dimension, symbol, to_json
from texelflow.dimensions.text import finite_json
from texelflow.pictures import METHODS, ResizeMethod, placements

INTEGER_LIMITS = {"uint8": (0, 255), "int8": (-128, 127), "int32": (-(2**24), 2**24)}
"""Integer types that pictures become, with the least and the largest number of each that floats hold."""


@dataclass(frozen=True, slots=True)
class Picture(Structure):
    """How a picture is resized, whether bars lie beside it, its channels, the limits of an integer type."""

    method: ResizeMethod
    has_bars: bool
    channels: str
    limits: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """How a picture becomes an image input: […, C, H, W] or […, H, W, C], with or without a batch.

    `fit` and `resized` are those of `placements`, `resize` is the name of one of METHODS, and `channel_axis`
    the axis of the channels. Of an integer type, numbers are rounded, and limited to what it holds.
    """

    width: Dimension
    height: Dimension
    fit: str
    resized: Sequence[int]
    resize: str
    channels: str
    mean: Sequence[float]
    deviation: Sequence[float]
    channel_axis: int


def preprocessing_draw(image: Preprocessing, output: PlanTensor) -> Draw:
    """Return the draw that fills the flat tensor `output` from the sampler `picture`."""
    strides = row_major_strides(output.shape)
    rank = len(output.shape)
    rows, columns = (axis for axis in range(rank - 3, rank) if axis != image.channel_axis)
    limits = INTEGER_LIMITS.get(output.dtype)
    has_bars = image.fit not in ("stretch", "cover")
    kernel = Kernel("image", output, Picture(METHODS[image.resize], has_bars, image.channels, limits))
    picture, target = [symbol("picture.width"), symbol("picture.height")], [image.width, image.height]
    across, down = placements(image.fit, image.resized, picture, target)
    kernel.vector("corner", [symbol("picture.left"), symbol("picture.top")])
    kernel.vector("picture_size", picture)
    kernel.vector("texels", [symbol("picture.first"), symbol("picture.end")])
    kernel.vector("target", target)
    kernel.vector("step_size", [across.step, down.step])
    kernel.vector("shift", [across.shift, down.shift])
    kernel.vector("parts", [across.parts, down.parts])
    kernel.vector("strides", [strides[image.channel_axis], strides[rows], strides[columns]])
    kernel.integer("channel_count", output.shape[image.channel_axis])
    for index, (mean, deviation) in enumerate(zip(image.mean, image.deviation, strict=True)):
        kernel.real(f"mean_{index}", mean)
        kernel.real(f"deviation_{index}", deviation)
    draw = kernel.draw("image preprocessing")
    draw.program = Program(draw.program.name, draw.program.source, ("picture",))
    return draw


def preprocessing_json(image: Preprocessing, draw: Draw, program: int) -> dict[str, Any]:
    """Return graph.schema.json's ImagePreprocessing."""
    return {
        "width": to_json(image.width),
        "height": to_json(image.height),
        "fit": image.fit,
        "resized": list(image.resized),
        "resize": image.resize,
        "channels": image.channels,
        "mean": list(image.mean),
        "deviation": list(image.deviation),
        "program": program,
        "ints": [to_json(number) for number in draw.ints],
        "floats": [finite_json(number) for number in draw.floats],
    }
