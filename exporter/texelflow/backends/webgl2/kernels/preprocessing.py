"""Image preprocessing: the draw that makes an input of a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from texelflow.backends.webgl2.kernels.kernel import Kernel
from texelflow.backends.webgl2.layout.view import row_major_strides
from texelflow.backends.webgl2.plan.plan import Draw, PlanTensor, Program, finite_json
from texelflow.dimensions import Dimension, symbol
from texelflow.dimensions.text import to_json


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """How a picture becomes an image input [N, C, H, W] (`channel_axis` 1) or [N, H, W, C] (3)."""

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
    rows, columns = (axis for axis in range(1, 4) if axis != image.channel_axis)
    kernel = Kernel("image", output, {"fit": image.fit, "channels": image.channels})
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
