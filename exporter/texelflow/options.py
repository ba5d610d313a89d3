"""What an export can be asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ImageOptions:
    """How pictures become an image input; see `texelflow.arguments.parse_image`.

    A pixel's value v in 0..255 becomes (v / 255 - mean) / deviation, channel by channel in the model's order.
    `input` is its name, needed where several inputs could be images. `width` and `height`, in pixels, fix
    axes that the model leaves free; left free, they follow each picture's own size.
    """

    mean: tuple[float, ...] = (0.0, 0.0, 0.0)
    deviation: tuple[float, ...] = (1.0, 1.0, 1.0)
    channels: str = "rgb"
    fit: str = "stretch"
    input: str | None = None
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class Options:
    """What an export can be asked for; see `texelflow.export`."""

    weights: str = "float32"
    input_shapes: Mapping[str, list[int | str]] = field(default_factory=dict)
    image: ImageOptions | None = None
    labels: Path | None = None
    name: str | None = None
