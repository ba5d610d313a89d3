"""The `preprocessor_config.json` beside a model, and what options say against it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from model_support import save_text
from texelflow.errors import ExportError
from texelflow.options.arguments import parse_image
from texelflow.pipeline import Options, build

FREE = "float[batch,num_channels,height,width] pixels"

CLIP = {
    "image_processor_type": "CLIPImageProcessor",
    "do_resize": True,
    "size": {"shortest_edge": 224},
    "resample": 3,
    "do_center_crop": True,
    "crop_size": {"height": 224, "width": 224},
    "do_convert_rgb": True,
    "do_rescale": True,
    "rescale_factor": 1 / 255,
    "do_normalize": True,
    "image_mean": [0.48145466, 0.4578275, 0.40821073],
    "image_std": [0.26862954, 0.26130258, 0.27577711],
}
"""As openai/clip-vit-base-patch32 has it."""

VIT = {
    "feature_extractor_type": "ViTFeatureExtractor",
    "do_normalize": True,
    "do_resize": True,
    "image_mean": [0.5, 0.5, 0.5],
    "image_std": [0.5, 0.5, 0.5],
    "resample": 2,
    "size": 224,
}
"""As google/vit-base-patch16-224 had it at first."""


def export(
    folder: Path, config: Any, image: str | None = None, declared: str = FREE
) -> tuple[dict[str, Any], list[str]]:
    """The input in graph.json, and warnings; all about the extents and the picture."""
    name = declared.split()[-1]
    model = save_text(f"g ({declared}) => ({declared.replace(name, 'y')}) {{ y = Identity({name}) }}", folder)
    text = config if isinstance(config, str) else json.dumps(config)
    (folder / "preprocessor_config.json").write_text(text)
    bundle = build(model, Options(image=parse_image(image) if image else None))
    return bundle.graph_file["inputs"][0], bundle.summary.warnings


def test_shorter_side_and_crop(tmp_path: Path) -> None:
    pixels, warnings = export(tmp_path, CLIP)
    assert pixels["shape"] == ["batch", 3, 224, 224]
    image = pixels["image"]
    assert (image["fit"], image["resized"], image["resize"]) == ("crop-floor", [224], "pillow-bicubic")
    assert image["mean"] == pytest.approx(CLIP["image_mean"])
    assert image["deviation"] == pytest.approx(CLIP["image_std"])
    assert not warnings


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {"fit": "stretch", "resized": [], "resize": "pillow-bilinear", "width": 224, "mean": [0.5] * 3}),
        ({"size": {"height": 96, "width": 64}}, {"width": 64, "height": 96}),
        (
            {"size": 256, "crop_size": 224, "do_center_crop": True},
            {"fit": "crop-floor", "resized": [256, 256]},
        ),
        ({"do_resize": False}, {"width": "width", "resize": "tf-bilinear-antialias", "fit": "stretch"}),
        ({"do_normalize": False}, {"mean": [0] * 3, "deviation": [1] * 3}),
        ({"do_normalize": False, "do_rescale": False}, {"deviation": [1 / 255] * 3}),
        ({"do_rescale": True, "rescale_factor": 1 / 127.5}, {"mean": [0.25] * 3, "deviation": [0.25] * 3}),
        ({"do_flip_channel_order": True}, {"channels": "bgr"}),
        (
            {"feature_extractor_type": "ConvNextFeatureExtractor", "crop_pct": 0.875},
            {"resized": [256], "width": 224},
        ),
        (
            {"feature_extractor_type": "ConvNextFeatureExtractor", "size": 384},
            {"fit": "stretch", "width": 384},
        ),
    ],
)
def test_settings(tmp_path: Path, changes: dict[str, Any], expected: dict[str, Any]) -> None:
    pixels, warnings = export(tmp_path, {**VIT, **changes})
    found = {name: pixels["image"][name] for name in expected}
    assert found == {
        name: pytest.approx(value) if name in ("mean", "deviation") else value
        for name, value in expected.items()
    }
    assert not warnings


def test_options_win(tmp_path: Path) -> None:
    pixels, _ = export(tmp_path, CLIP, "-1..1,resize=tf-bilinear")
    image = pixels["image"]
    assert (image["resize"], image["mean"], image["fit"]) == ("tf-bilinear", [0.5] * 3, "crop-floor")
    pixels, _ = export(tmp_path, CLIP, "fit=stretch,width=96")
    image = pixels["image"]
    assert (image["fit"], image["resized"], image["width"], image["height"]) == ("stretch", [], 96, 224)
    assert image["mean"] == pytest.approx(CLIP["image_mean"])
    gray, _ = export(tmp_path, CLIP, "channels=gray")
    assert gray["image"]["mean"] == [0]


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({**CLIP, "do_pad": True}, "do_pad is true"),
        ({**CLIP, "size": {"shortest_edge": 800, "longest_edge": 1333}}, "longest_edge"),
        ({**CLIP, "do_center_crop": False}, "shorter side"),
        ({**CLIP, "crop_size": None}, "crop_size is null"),
        ({**CLIP, "resample": 7}, "resample is 7"),
        ({**CLIP, "image_std": [0, 1, 1]}, "has a 0"),
        ({**CLIP, "image_mean": [0.5]}, "three numbers"),
        ({**CLIP, "rescale_factor": "x"}, "rescale_factor"),
        ({**CLIP, "image_processor_type": "LevitImageProcessor"}, "Levit does other"),
        (
            {**CLIP, "image_processor_type": "PoolFormerImageProcessorFast", "crop_pct": 0.9},
            "crop_pct is 0.9",
        ),
        ("{", "cannot be read"),
        ("[]", "no JSON object"),
    ],
)
def test_what_cannot_be_done_is_told_and_the_file_left_out(tmp_path: Path, config: Any, told: str) -> None:
    pixels, (warning,) = export(tmp_path, config)
    assert "image" not in pixels
    assert warning.startswith("preprocessor_config.json is not used: ") and told in warning
    explicit, _ = export(tmp_path, config, "0..1,width=8,height=8")
    assert explicit["image"]["resize"] == "tf-bilinear-antialias"


def test_models_without_such_pictures(tmp_path: Path) -> None:
    """Whoever asked for pictures is refused; else the model is exported as ever."""
    tokens, (warning,) = export(tmp_path, CLIP, declared="float[1,16] tokens")
    assert "image" not in tokens and "not used" in warning
    with pytest.raises(ExportError, match="--image"):
        export(tmp_path, CLIP, "0..1", declared="float[1,16] tokens")
    other, (warning,) = export(tmp_path, CLIP, declared="float[1,3,384,384] pixels")
    assert "image" not in other and "width=224" in warning
    sound = {"feature_extractor_type": "Wav2Vec2FeatureExtractor", "sampling_rate": 16000}
    assert export(tmp_path, sound, declared="float[1,16] sound")[1] == []
