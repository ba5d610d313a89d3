"""`preprocessor_config.json`, which Hugging Face keeps beside a model: how pictures become its input."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from texelflow.huggingface_files.beside import beside
from texelflow.options import ImageOptions

FILE_NAME = "preprocessor_config.json"
LARGEST = 2**20

RESAMPLE = ("nearest", "lanczos", "bilinear", "bicubic", "box", "hamming")
"""Pillow's filters by the numbers that `resample` gives."""

SHORTER_SIDE = {"Bit", "CLIP", "ChineseCLIP", "MobileNetV1", "MobileNetV2", "MobileViT", "VideoMAE"}
"""Processors that take a `size` that is one number for the shorter side; others for both sides."""

OWN_WAYS = {"Levit", "Perceiver", "TextNet"}
"""Processors that do other than their settings say."""

CONVNEXT_STRETCHES = 384
"""Side in pixels from which on ConvNext stretches pictures, and does not cut out their middle."""

UNDERSTOOD = {
    *("do_resize", "size", "resample", "do_center_crop", "crop_size", "do_rescale", "rescale_factor"),
    *("do_normalize", "image_mean", "image_std", "do_flip_channel_order"),
}
WITHOUT_EFFECT = {
    *("image_processor_type", "feature_extractor_type", "processor_class", "auto_map", "do_convert_rgb"),
    *("do_reduce_labels", "reduce_labels", "ignore_index", "num_labels", "format", "return_tensors"),
    *("do_convert_annotations", "data_format", "input_data_format", "default_to_square", "device"),
    *("_valid_processor_keys", "disable_grouping"),
}
"""Settings that change nothing of a picture, or say what is so in a page anyway."""


@dataclass(frozen=True, slots=True)
class PreprocessorConfig:
    """What the file says about pictures. If `problems` names something unsupported, it must not be used."""

    options: ImageOptions
    problems: list[str]


def read_preprocessor_config(model: Path) -> PreprocessorConfig | None:
    """Read the file beside a model; None if there is none, or it is not about pictures."""
    path = beside(model, FILE_NAME)
    try:
        if path.stat().st_size > LARGEST:
            return PreprocessorConfig(ImageOptions(), ["it is too large to be one"])
        config = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, RecursionError, ValueError) as error:
        return PreprocessorConfig(ImageOptions(), [f"it cannot be read: {error}"])
    if not isinstance(config, dict):
        return PreprocessorConfig(ImageOptions(), ["it is no JSON object"])
    if not {"size", "image_mean", "image_processor_type"} & config.keys():
        return None
    known = UNDERSTOOD | WITHOUT_EFFECT | ({"crop_pct"} if _processor(config) == "ConvNext" else set())
    problems = [
        f"{name} is {json.dumps(value)}, which cannot be done"
        for name, value in config.items()
        if name not in known and value not in (None, False) and (name, value) != ("ensure_multiple_of", 1)
    ]
    if _processor(config) in OWN_WAYS:
        problems.append(f"{_processor(config)} does other than its settings say")
    try:
        options = ImageOptions(**_fitting(config), **_normalization(config), channels=_channels(config))
    except _ProblemError as problem:
        return PreprocessorConfig(ImageOptions(), [*problems, str(problem)])
    return PreprocessorConfig(options, problems)


class _ProblemError(Exception):
    """A setting that cannot be done, as a sentence without its full stop."""


def _processor(config: Mapping[str, Any]) -> str:
    """Return the name of the class that the file is for, such as CLIP."""
    name = str(config.get("image_processor_type") or config.get("feature_extractor_type") or "")
    for ending in ("Fast", "ImageProcessor", "FeatureExtractor"):
        name = name.removesuffix(ending)
    return name


def _channels(config: Mapping[str, Any]) -> str:
    return "bgr" if config.get("do_flip_channel_order") else "rgb"


def _normalization(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return mean and deviation of (v / 255 - mean) / deviation, for v · rescale_factor, normalised."""
    factor = _number(config, "rescale_factor", 1 / 255) if config.get("do_rescale", True) else 1.0
    mean, deviation = [0.0] * 3, [1.0] * 3
    if config.get("do_normalize", "image_mean" in config):
        mean, deviation = _numbers(config, "image_mean"), _numbers(config, "image_std")
    if 0 in (factor, *deviation):
        raise _ProblemError("rescale_factor or image_std has a 0")
    scale = factor * 255
    means, deviations = (tuple(number / scale for number in numbers) for numbers in (mean, deviation))
    if not all(map(math.isfinite, (*means, *deviations))):
        raise _ProblemError("rescale_factor is too small")
    return {"mean": means, "deviation": deviations}


def _fitting(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return how pictures are resized and cropped, as fields of ImageOptions."""
    crops = config.get("do_center_crop", "crop_size" in config)
    if not config.get("do_resize", "size" in config):
        if crops:
            raise _ProblemError("do_center_crop without do_resize cannot be done")
        return {"fit": "stretch"}
    number = config.get("resample")
    if type(number) is not int or not 0 <= number < len(RESAMPLE):
        raise _ProblemError(
            f"resample is {json.dumps(number)}, not one of Pillow's, 0 to {len(RESAMPLE) - 1}"
        )
    sides = _sides(config, "size", _processor(config) in SHORTER_SIDE)
    target = _sides(config, "crop_size", False) if crops else sides
    if _processor(config) == "ConvNext":
        (edge,) = {*sides} if len(sides) == 1 or sides[0] == sides[1] else {0}
        crops = 0 < edge < CONVNEXT_STRETCHES
        target = (edge, edge)
        sides = (int(edge / _number(config, "crop_pct", 224 / 256)),) if crops else target
    if len(target) == 1:
        raise _ProblemError("the size follows the picture's: its shorter side is given, and no crop")
    fitting = {"fit": "crop-floor", "resized": sides} if crops else {"fit": "stretch"}
    return {"resize": f"pillow-{RESAMPLE[number]}", "width": target[0], "height": target[1], **fitting}


def _sides(config: Mapping[str, Any], name: str, is_shorter: bool) -> tuple[int, ...]:
    """Return width and height, or the shorter side alone, which one number is if `is_shorter`."""
    value = config.get(name)
    sides: list[Any] = []
    if isinstance(value, int):
        sides = [value] if is_shorter else [value, value]
    elif isinstance(value, dict) and value.keys() == {"height", "width"}:
        sides = [value["width"], value["height"]]
    elif isinstance(value, dict) and value.keys() == {"shortest_edge"}:
        sides = [value["shortest_edge"]]
    if not sides or not all(type(side) is int and side > 0 for side in sides):
        raise _ProblemError(f"{name} is {json.dumps(value)}, which cannot be done")
    return tuple(sides)


def _numbers(config: Mapping[str, Any], name: str) -> list[float]:
    value = config.get(name)
    if not (isinstance(value, list) and len(value) == 3 and all(map(_is_number, value))):
        raise _ProblemError(f"{name} is {json.dumps(value)}, not three numbers")
    return value


def _number(config: Mapping[str, Any], name: str, default: float) -> float:
    value = config.get(name)
    if value is None:
        return default
    if not _is_number(value) or value <= 0:
        raise _ProblemError(f"{name} is {json.dumps(value)}, not a number above 0")
    return float(value)


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) <= sys.float_info.max
