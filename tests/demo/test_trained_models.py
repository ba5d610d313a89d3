"""Real models in the demo: a photo goes in, and its label, faces, mask or enlargement come out."""

from __future__ import annotations

from pathlib import Path

import pytest
from demo_support import wait_until
from playwright.sync_api import Page

import texelflow
from model_support import onnx_models

CAFFE = "mean=104/255:117/255:123/255,deviation=1/255:1/255:1/255,channels=bgr"


def source_of(name: str) -> Path:
    """The file of a model; the test is skipped without models."""
    models = {path.parent.name: path for path in onnx_models()}
    if not models:
        pytest.skip("no models: set TEXELFLOW_MODELS")
    return models[name]


@pytest.mark.parametrize(
    ("name", "image", "photo", "expected"),
    [
        ("squeezenet_f32_derived", CAFFE, "chelsea_cat.png", "^Egyptian cat"),
        ("squeezenet_f32_derived", CAFFE, "coffee.png", "^espresso"),
        ("mobilenet_v1_025_224_derived", "-1..1", "chelsea_cat.png", "^Egyptian cat"),
        ("ultraface_rfb320", "mean=127/255,deviation=128/255", "astronaut_face.png", "^One box"),
        ("yolox_nano", "0..255,channels=bgr,fit=contain", "coral_squat.bmp", "class 0"),
        ("selfie_landscape", "0..1,fit=contain", "astronaut_face.png", "^The mask covers [1-6]"),
        ("super_resolution_espcn", "0..1,channels=gray", "chelsea_cat.png", "^A picture of 672 × 672"),
    ],
)
def test_a_photo_goes_in_and_its_meaning_comes_out(
    demo: Page, tmp_path: Path, name: str, image: str, photo: str, expected: str
) -> None:
    source = source_of(name)
    root = source.parent.parent.parent
    labels = None
    if name.startswith(("squeezenet", "mobilenet")):
        names = (root / "labels" / "imagenet_labels_1001_coral.txt").read_text(encoding="utf-8").splitlines()
        labels = tmp_path / "labels.txt"
        # SqueezeNet has no class for the background, which comes first.
        labels.write_text("\n".join(names if name.startswith("mobilenet") else names[1:]), encoding="utf-8")
    bundle = tmp_path / "bundle"
    texelflow.export(source, bundle, image=image, labels=labels, name=name)

    demo.set_input_files("#folder", str(bundle))
    wait_until(demo, f"document.getElementById('model-title').textContent === {name!r}", 120)
    demo.set_input_files("#photo", str(root / "images" / photo))
    wait_until(demo, f"/{expected}/.test(document.getElementById('summary').textContent)", 120)
    assert not demo.is_visible("#bundle-error")
