"""What an export can be asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class ImageOptions:
    """How pictures become an image input; see `texelflow.options.arguments.parse_image`.

    What is None is as the `preprocessor_config.json` beside the model says, else as told here.

    A pixel's value v in 0..255 becomes (v / 255 - mean) / deviation, channel by channel in the model's order;
    v / 255 by default. `channels` are `rgb` by default, `gray` where the input has one channel. `fit` is one
    of `texelflow.pictures.FITS`, by default `stretch`; crops need `resized`, width and height or the shorter
    side alone in pixels. `resize` is one of `texelflow.pictures.METHODS`. `input` is the input's name, needed
    where several could be images. `width` and `height`, in pixels, fix axes that the model leaves free; left
    free, they follow each picture's own size.
    """

    mean: tuple[float, ...] | None = None
    deviation: tuple[float, ...] | None = None
    channels: str | None = None
    fit: str | None = None
    resized: tuple[int, ...] | None = None
    resize: str | None = None
    input: str | None = None
    width: int | None = None
    height: int | None = None

    @property
    def channel_count(self) -> int:
        """How many channels the input has."""
        return 1 if self.channels == "gray" else 3

    def over(self, other: ImageOptions) -> ImageOptions:
        """Return these options, and those of `other` where they say nothing."""
        mine = {name for name in IMAGE_FIELDS if getattr(self, name) is not None}
        # What belongs together is taken from one of the two.
        for together in ({"channels", "mean", "deviation"}, {"fit", "resized"}):
            mine |= together if mine & together else set()
        return ImageOptions(**{name: getattr(self if name in mine else other, name) for name in IMAGE_FIELDS})


IMAGE_FIELDS = tuple(item.name for item in fields(ImageOptions))


WEIGHTS = ("float32", "float16", "int8", "int4")
"""How weights can be stored."""

AUTO = "auto"
"""Stands for the states whose names pair up, as an output and as its input."""


@dataclass(frozen=True, slots=True)
class Options:
    """What an export can be asked for; see `texelflow.export`."""

    weights: str = "float32"
    input_shapes: Mapping[str, list[int | str]] = field(default_factory=dict)
    image: ImageOptions | None = None
    labels: Path | None = None
    name: str | None = None
    constants: Mapping[str, Sequence[float]] = field(default_factory=dict)
    states: Mapping[str, str] = field(default_factory=dict)
    signature: str | None = None
    last: Sequence[str] = ()
    """Outputs of which only the last position is left."""
    top_k: Mapping[str, int] = field(default_factory=dict)
    """By output, how many of its largest numbers are left."""
    meanings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By input or output, what it is in a task; see `texelflow.options.roles`."""

    def told(self) -> list[str]:
        """Return what differs from the defaults, each as `name=value`; of files their names."""
        shapes = [f"shape={name}:{','.join(map(str, shape))}" for name, shape in self.input_shapes.items()]
        image = (
            []
            if self.image is None
            else [
                f"image.{name}={_text(getattr(self.image, name))}"
                for name in IMAGE_FIELDS
                if getattr(self.image, name) is not None
            ]
        )
        others = [
            *([f"weights={self.weights}"] if self.weights != "float32" else []),
            *([f"labels={self.labels.name}"] if self.labels is not None else []),
            *(f"state={output}={name}" for output, name in self.states.items()),
            *([f"name={self.name}"] if self.name is not None else []),
            *([f"signature={self.signature}"] if self.signature is not None else []),
            *(f"last={output}" for output in self.last),
            *(f"top-k={output}={count}" for output, count in self.top_k.items()),
            *(f"meaning={name}:{role_text(role)}" for name, role in self.meanings.items()),
        ]
        return [*shapes, *image, *others]


def _text(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def role_text(role: Mapping[str, Any]) -> str:
    """Return a role as `--meaning` writes it."""
    return ",".join(
        str(value) if key == "kind" else f"{key}={_item_text(value)}" for key, value in role.items()
    )


def _item_text(value: Any) -> str:
    if isinstance(value, list):
        separator = "+" if value and isinstance(value[0], list) else ":"
        return separator.join(map(_item_text, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
