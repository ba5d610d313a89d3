"""Image preprocessing: the draw that makes an input of a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from texelflow.backends.webgl2.kernels.kernel import Kernel
from texelflow.backends.webgl2.kernels.rendering import Structure
from texelflow.backends.webgl2.layout.view import row_major_strides
from texelflow.backends.webgl2.plan.plan import Draw, PlanTensor, Program, finite_json
from texelflow.dimensions import Dimension, symbol
from texelflow.dimensions.text import to_json

INTEGER_LIMITS = {"uint8": (0, 255), "int8": (-128, 127), "int32": (-(2**24), 2**24)}
"""Integer types that pictures become, with the least and the largest number of each that floats hold."""


@dataclass(frozen=True, slots=True)
class Picture(Structure):
    """How a picture fits its input, the order of its channels, and the limits of an integer type."""

    fit: str
    channels: str
    limits: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """How a picture becomes an image input: […, C, H, W] or […, H, W, C], with or without a batch.

    `channel_axis` is the axis of the channels. Of an integer type, numbers are rounded, and limited to what
    it holds.
    """

    width: Dimension
    height: Dimension
    fit: str
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
    kernel = Kernel("image", output, Picture(image.fit, image.channels, limits))
    kernel.vector("picture_size", [symbol("picture.width"), symbol("picture.height")])
    kernel.vector("target", [image.width, image.height])
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
        "channels": image.channels,
        "mean": list(image.mean),
        "deviation": list(image.deviation),
        "program": program,
        "ints": [to_json(number) for number in draw.ints],
        "floats": [finite_json(number) for number in draw.floats],
    }
