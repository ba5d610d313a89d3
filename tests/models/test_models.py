"""Real models against the values of their origin framework, on every kind of device that is reported on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Error, Page

from browser_support import PageServer
from bundle_runner import Arrays, LoadedBundle
from models.model_cases import MODELS, Model
from models.reference_values import reference_cases, relative_error, run_origin, with_logits
from texelflow.backends.webgl2.plan.liveness import DEVICE_KINDS, DeviceKind
from texelflow.pipeline import Options, build, write
from texelflow.pipeline.summary import DeviceNeeds, Summary

TOLERANCE_16_BITS = 0.2
"""Eleven bits in every intermediate tensor of a deep network leave outputs right in kind, not in digits."""

FETCHES = {"GPU": "texelFetch", "GPU, 16-bit": "texelFetch"}
"""How the others read texels: by `texture`."""

OWN_WEIGHTS = "float32"
HALVED = ("squeezenet_f32_derived", "yolox_nano", "stories260k_derived")
"""Models whose weights are also stored in 16 bits."""

CASES = [
    (model, weights, device)
    for model in MODELS
    for weights in ((OWN_WEIGHTS, "float16") if model.name in HALVED else (OWN_WEIGHTS,))
    for device in DEVICE_KINDS
]


def device_options(device: DeviceKind) -> dict[str, Any]:
    """Make the browser a device of this kind, as far as the real one has its limits."""
    limits = {"maxTextureSize": device.max_texture_size, "drawBuffers": device.draw_buffers}
    blocking = {"pixels": device.pixels, "groups": device.groups}
    fetch = FETCHES.get(device.name, "texture")
    return {**blocking, "storage": device.storage, "limits": limits, "fetch": fetch, "poison": True}


def example_inputs(summary: Summary) -> dict[str, np.ndarray]:
    """Return zeros in the sizes that the memory is reported for: index 0 exists everywhere."""
    sizes = {4: (1, 224, 224, 224)}
    return {
        signature.name: np.zeros(
            [
                extent if isinstance(extent, int) else sizes.get(len(signature.shape), (1, 16, 16))[axis]
                for axis, extent in enumerate(signature.shape)
            ],
            signature.dtype,
        )
        for signature in summary.inputs
    }


def shapes(feeds: Arrays) -> dict[str, tuple[int, ...]]:
    """Return the shape of each input."""
    return {name: array.shape for name, array in feeds.items()}


def assert_memory(bundle: LoadedBundle, loaded: dict[str, int], reported: DeviceNeeds, learns: bool) -> None:
    """Assert that a bundle, run at the example sizes, holds what export reports: no more, and no less.

    `loaded` is what it held before the run. Where it `learns` sizes, these may be less than in the example.
    """
    held = bundle.texture_bytes()
    assert loaded["weights"] == held["weights"], "the load phase left more than the run needs"
    assert held["weights"] == reported.weight_texture_bytes
    least = 0 if learns else reported.peak_bytes
    assert least <= held["intermediates"] <= reported.peak_bytes


@pytest.mark.parametrize(
    ("model", "weights", "device"),
    CASES,
    ids=[f"{model.name}-{weights}-{device.name}" for model, weights, device in CASES],
)
def test_reference(
    model: Model,
    weights: str,
    device: DeviceKind,
    bundle_of: Callable[[str, str], tuple[str, Summary]],
    source_of: Callable[[str], Path],
    bundle_page: Page,
) -> None:
    """On every kind of device results are the origin's, and memory is what export reports, to the byte.

    Every case of io.npz is met where there is no GPU, the first one elsewhere: closely with 32 bits, in kind
    with 16.
    """
    url, summary = bundle_of(model.name, weights)
    (reported,) = (need for need in summary.devices if need.name == device.name)
    if not reported.fits:
        with (
            pytest.raises(Error, match="needs a texture of"),
            LoadedBundle(bundle_page, url, device_options(device)) as bundle,
        ):
            bundle.run(example_inputs(summary))
        return
    exact = device.storage == 32 and weights == OWN_WEIGHTS
    tolerance = model.tolerance if exact else TOLERANCE_16_BITS
    cases = list(reference_cases(source_of(model.name).parent))
    with LoadedBundle(bundle_page, url, device_options(device)) as bundle:
        loaded = bundle.texture_bytes()
        assert loaded["weights"] <= loaded["loadPeak"] <= reported.load_peak_bytes
        as_reported = shapes(cases[0].inputs) == shapes(example_inputs(summary))
        if not as_reported:
            bundle.run(example_inputs(summary))
            assert_memory(bundle, loaded, reported, bool(summary.learned))
        every_case = device.name == "software" and weights == OWN_WEIGHTS
        for index, case in enumerate(cases if every_case else cases[:1]):
            outputs = bundle.run(case.inputs)
            if as_reported and index == 0:
                assert_memory(bundle, loaded, reported, bool(summary.learned))
            errors = {name: sample.error(outputs[name]) for name, sample in case.outputs.items()}
            assert max(errors.values()) <= tolerance, f"{case.label}: {errors}"
            if model.channel_axis is not None and every_case:
                expected = run_origin(source_of(model.name), case.inputs)
                for name, array in expected.items():
                    assert relative_error(outputs[name], array, model.channel_axis) <= tolerance, name


@pytest.mark.parametrize("model", [model for model in MODELS if model.logits], ids=lambda model: model.name)
def test_logits(
    model: Model,
    source_of: Callable[[str], Path],
    bundle_page: Page,
    page_server: PageServer,
    tmp_path: Path,
) -> None:
    """What goes into the last Softmax agrees with ONNX Runtime: probabilities alone would hide errors."""
    source = tmp_path / "with_logits.onnx"
    name = with_logits(source_of(model.name), source)
    write(build(source, Options()), tmp_path / "bundle")
    url = page_server.mount(f"/logits/{model.name}", tmp_path)
    with LoadedBundle(bundle_page, f"{url}/bundle", {"poison": True}) as bundle:
        for case in reference_cases(source_of(model.name).parent):
            expected = run_origin(source, case.inputs)[name]
            actual = bundle.run(case.inputs)[name]
            assert relative_error(actual.astype(np.float32), expected.astype(np.float32)) <= model.tolerance


@pytest.mark.parametrize("model", [model for model in MODELS if model.classes], ids=lambda model: model.name)
def test_classes(
    model: Model,
    bundle_of: Callable[[str, str], tuple[str, Summary]],
    source_of: Callable[[str], Path],
    models_folder: Path,
    bundle_page: Page,
) -> None:
    """The photos are what they show."""
    labels = (models_folder / "labels" / "imagenet_labels_1001_coral.txt").read_text().splitlines()
    cases = {case.label: case for case in reference_cases(source_of(model.name).parent)}
    with LoadedBundle(bundle_page, bundle_of(model.name, OWN_WEIGHTS)[0]) as bundle:
        for label, expected in model.classes:
            (scores,) = bundle.run(cases[label].inputs).values()
            names = labels if scores.size == len(labels) else labels[1:]
            assert expected in names[int(scores.argmax())]
