"""The small languages of the command line's options: `--image`, `--input`, `--dimension`, `--meaning`,
`--tolerance`, `--sizes`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from texelflow.options.options import AUTO, ImageOptions
from texelflow.pictures import FITS, METHODS

IMAGE_PRESETS: dict[str, dict[str, tuple[float, ...]]] = {
    "0..1": {"mean": (0.0,), "deviation": (1.0,)},
    "-1..1": {"mean": (0.5,), "deviation": (0.5,)},
    "0..255": {"mean": (0.0,), "deviation": (1 / 255,)},
    "imagenet": {"mean": (0.485, 0.456, 0.406), "deviation": (0.229, 0.224, 0.225)},
}
"""Ranges that pixel values are brought to. `imagenet` is torchvision's normalisation of red, green and blue.
"""

IMAGE_CHOICES = {"fit": FITS, "resize": tuple(METHODS), "channels": ("rgb", "bgr", "gray")}


def parse_image(text: str) -> ImageOptions:
    """Read an `--image` specification: items separated by commas, each a preset or `key=value`.

    A pixel's value v in 0..255 becomes (v / 255 - mean) / deviation. Keys: `name` (of the input, where the
    model has several), `width`, `height` (in pixels, where the model leaves them free), `fit` (stretch,
    cover, contain, crop, crop-floor), `resized` (the shorter side in pixels, or WIDTHxHEIGHT, that pictures
    are resized to before their middle is cut out), `resize` (the method, of `texelflow.pictures.METHODS`),
    `channels` (rgb, bgr, gray), `mean` and `deviation` (one number, or one a channel in the model's order,
    separated by colons; a number may be a fraction such as 104/255).

        imagenet
        -1..1,channels=bgr,fit=cover
        imagenet,resize=pillow-bilinear,resized=256
        mean=0.485:0.456:0.406,deviation=0.229:0.224:0.225,name=input

    Raises:
        ValueError: an item is unknown, given twice or out of range.
    """
    fields: dict[str, Any] = {}
    for item in text.split(","):
        key, separator, value = (part.strip() for part in item.partition("="))
        for name, setting in _image_item(key, bool(separator), value).items():
            if name in fields:
                raise ValueError(f"{name} is given twice in {text!r}")
            fields[name] = setting
    channels = 1 if fields.get("channels") == "gray" else 3
    if "mean" in fields or "deviation" in fields:
        for name, default in (("mean", (0.0,)), ("deviation", (1.0,))):
            numbers = fields.get(name, default)
            if len(numbers) not in (1, channels):
                raise ValueError(
                    f"{name} has {len(numbers)} numbers, but the picture has {channels} channels"
                )
            fields[name] = numbers * (channels // len(numbers))
    if "resized" in fields:
        fields.setdefault("fit", "crop")
    if ("resized" in fields) != fields.get("fit", "").startswith("crop"):
        raise ValueError(
            "fit=crop and fit=crop-floor need resized=PIXELS or WIDTHxHEIGHT, and no other fit does"
        )
    return ImageOptions(**fields)


def _image_item(key: str, is_assignment: bool, value: str) -> dict[str, Any]:
    if not is_assignment:
        if key not in IMAGE_PRESETS:
            raise ValueError(f"{key!r} is none of the presets {', '.join(IMAGE_PRESETS)}")
        return dict(IMAGE_PRESETS[key])
    if key == "name" and value:
        return {"input": value}
    if key in ("width", "height"):
        if not (value.isascii() and value.isdigit() and int(value) > 0):
            raise ValueError(f"{key} must be a number of pixels, not {value!r}")
        return {key: int(value)}
    if key == "resized":
        sides = value.split("x")
        if len(sides) > 2 or not all(side.isascii() and side.isdigit() and int(side) > 0 for side in sides):
            raise ValueError(f"resized must be a number of pixels or WIDTHxHEIGHT, not {value!r}")
        return {key: tuple(map(int, sides))}
    if key in IMAGE_CHOICES:
        if value not in IMAGE_CHOICES[key]:
            raise ValueError(f"{key} must be one of {', '.join(IMAGE_CHOICES[key])}, not {value!r}")
        return {key: value}
    if key in ("mean", "deviation"):
        numbers = tuple(_number(part) for part in value.split(":"))
        if key == "deviation" and 0 in numbers:
            raise ValueError("deviation divides: it cannot be 0")
        return {key: numbers}
    raise ValueError(
        f"{key!r} is none of name, width, height, fit, resized, resize, channels, mean, deviation"
    )


def _number(text: str) -> float:
    numerator, separator, denominator = text.partition("/")
    try:
        number = float(numerator) / (float(denominator) if separator else 1.0)
    except (ValueError, ZeroDivisionError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{text!r} is not a finite number")
    return number


def parse_input_shapes(texts: Iterable[str]) -> dict[str, list[int | str]]:
    """Read `--input` options: `NAME=1,3,height,width`, or a JSON object `{"NAME": [1, 3, "height",
    "width"]}`.

    A dimension is an integer of at least 0, or a name: inputs that share a name share the dimension.

    Raises:
        ValueError: a text is neither, or names an input twice.
    """
    shapes: dict[str, list[int | str]] = {}
    for text in texts:
        for name, dimensions in _input_shapes(text).items():
            if name in shapes:
                raise ValueError(f"the shape of input {name!r} is given twice")
            if not all(_is_dimension(dimension) for dimension in dimensions):
                raise ValueError(f"a dimension is an integer of at least 0 or a name; {text!r} has others")
            shapes[name] = dimensions
    return shapes


def parse_states(texts: Iterable[str]) -> dict[str, str]:
    """Read `--state` options: `OUTPUT=INPUT`, or `auto` for those whose names pair up.

    Raises:
        ValueError: a text is not of that form, or names an output twice.
    """
    states: dict[str, str] = {}
    for text in texts:
        output, _, name = (AUTO, "", AUTO) if text == AUTO else text.partition("=")
        if not (output and name):
            raise ValueError(f"{text!r} is neither OUTPUT=INPUT, such as stateN=state, nor {AUTO}")
        if output in states:
            raise ValueError(f"output {output!r} is given twice")
        states[output] = name
    return states


def parse_meanings(texts: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Read `--meaning` options: `NAME=KIND,KEY=VALUE…`, see `texelflow.options.roles.parse_role`.

    Raises:
        ValueError: a text is not of that form, or names an input or output twice.
    """
    from texelflow.options.roles import parse_role

    meanings: dict[str, dict[str, Any]] = {}
    for text in texts:
        name, separator, role = text.partition("=")
        if not (separator and name):
            raise ValueError(f"{text!r} is not NAME=KIND, such as scores=classes,activation=softmax")
        if name in meanings:
            raise ValueError(f"the meaning of {name!r} is given twice")
        meanings[name] = parse_role(role)
    return meanings


def parse_top_k(texts: Iterable[str]) -> dict[str, int]:
    """Read `--top-k` options: `OUTPUT=K`.

    Raises:
        ValueError: a text is not of that form, K is not a number of at least 1, or an output is named twice.
    """
    counts: dict[str, int] = {}
    for text in texts:
        name, _, count = text.rpartition("=")
        if not (name and count.isascii() and count.isdigit() and int(count) > 0):
            raise ValueError(f"{text!r} is not OUTPUT=K, such as logits=40")
        if name in counts:
            raise ValueError(f"output {name!r} is given twice")
        counts[name] = int(count)
    return counts


def parse_constants(texts: Iterable[str]) -> dict[str, list[float]]:
    """Read `--constant` options: `NAME=NUMBER`, or several numbers with commas; true and false are 1 and 0.

    Raises:
        ValueError: a text is not of that form, or names an input twice.
    """
    constants: dict[str, list[float]] = {}
    for text in texts:
        name, separator, numbers = text.rpartition("=")
        if not (separator and name):
            raise ValueError(f"{text!r} is not NAME=NUMBERS, such as sr=16000")
        if name in constants:
            raise ValueError(f"the numbers of input {name!r} are given twice")
        try:
            constants[name] = [_truth_or_number(item.strip()) for item in numbers.split(",")]
        except ValueError:
            raise ValueError(f"{numbers!r} is not a list of numbers, such as 16000 or 0,1.5") from None
    return constants


def _truth_or_number(text: str) -> float:
    if text in ("true", "false"):
        return int(text == "true")
    try:
        return int(text)
    except ValueError:
        return float(text)


def _input_shapes(text: str) -> dict[str, list[Any]]:
    if text.lstrip().startswith("{"):
        try:
            content = json.loads(text)
        except ValueError as error:
            raise ValueError(f"{text!r} is not JSON: {error}") from None
        if not all(isinstance(dimensions, list) for dimensions in content.values()):
            raise ValueError(f"{text!r} must give a list of dimensions for each input")
        return dict(content)
    name, separator, dimensions = text.rpartition("=")
    if not (separator and name):
        raise ValueError(f"{text!r} is not NAME=DIMENSIONS, such as tokens=1,16 or image=1,3,height,width")
    items = [item.strip() for item in dimensions.strip("[] ").split(",")] if dimensions.strip("[] ") else []
    return {name: [int(item) if item.lstrip("-").isdigit() else item for item in items]}


def _is_dimension(dimension: Any) -> bool:
    if isinstance(dimension, str):
        return dimension.isidentifier()
    return isinstance(dimension, int) and not isinstance(dimension, bool) and dimension >= 0


def parse_dimensions(texts: Iterable[str]) -> dict[str, int]:
    """Read `--dimension NAME=SIZE` options; raise ValueError where SIZE is not an integer of at least 0."""
    sizes: dict[str, int] = {}
    for text in texts:
        name, separator, size = text.rpartition("=")
        if not (separator and name and size.isascii() and size.isdigit()):
            raise ValueError(f"{text!r} is not NAME=SIZE, such as batch=2")
        sizes[name] = int(size)
    return sizes


def parse_input_files(texts: Iterable[str]) -> list[tuple[str, Path]]:
    """Read `--input FILE` and `--input NAME=FILE` options; a file that exists may have `=` in its name.

    Raises:
        ValueError: a text has an empty name or file.
    """
    files = []
    for text in texts:
        name, separator, file = text.partition("=")
        if not separator or Path(text).is_file():
            name, file = "", text
        elif not name:
            raise ValueError(f"{text!r} is neither FILE nor NAME=FILE")
        if not file:
            raise ValueError(f"{text!r} names no file")
        files.append((name, Path(file)))
    return files


def parse_tolerance(text: str) -> float:
    """Read `--tolerance`; raise ValueError where it is not a number of at least 0."""
    try:
        tolerance = float(text)
    except ValueError:
        tolerance = math.nan
    if not tolerance >= 0:
        raise ValueError(f"{text!r} is not a number of at least 0")
    return tolerance


def parse_sizes(text: str) -> dict[str, list[int]] | None:
    """Read `--sizes`: `batch=1,2;height=64,96`, each with each; None for `auto`.

    Raises:
        ValueError: it is neither, or gives a dimension twice.
    """
    if text.strip() == "auto":
        return None
    sizes: dict[str, list[int]] = {}
    for item in filter(None, (part.strip() for part in text.split(";"))):
        name, separator, numbers = (part.strip() for part in item.partition("="))
        parts = [part.strip() for part in numbers.split(",")]
        if not (separator and name and all(part.isascii() and part.isdigit() for part in parts)):
            raise ValueError(f"{item!r} is neither auto nor NAME=SIZE,SIZE, such as batch=1,2;height=64,96")
        if name in sizes:
            raise ValueError(f"{name} is given twice in {text!r}")
        sizes[name] = [int(part) for part in parts]
    if not sizes:
        raise ValueError("give auto, or sizes such as batch=1,2;height=64,96")
    return sizes
