"""Real models against the values of their origin framework, at every device setting."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page

from browser_support import PageServer
from bundle_runner import LoadedBundle
from models.model_cases import MODELS, Model
from models.reference_values import reference_cases, relative_error, run_origin, with_logits
from settings import FULL_PRECISION, SETTINGS
from texelflow.pipeline import Options, build, write

TOLERANCE_16_BITS = 0.2
"""Eleven bits in every intermediate tensor of a deep network leave outputs right in kind, not in digits."""

IDS = [model.name for model in MODELS]


@pytest.mark.parametrize("setting", FULL_PRECISION)
@pytest.mark.parametrize("model", MODELS, ids=IDS)
def test_reference(
    model: Model,
    setting: str,
    bundle_url: Callable[[str], str],
    source_of: Callable[[str], Path],
    module_page: Page,
) -> None:
    """Every case of io.npz is met at the default setting, the first one at the others."""
    cases = list(reference_cases(source_of(model.name).parent))
    with LoadedBundle(module_page, bundle_url(model.name), SETTINGS[setting]) as bundle:
        for case in cases if setting == "default" else cases[:1]:
            outputs = bundle.run(case.inputs)
            errors = {name: sample.error(outputs[name]) for name, sample in case.outputs.items()}
            assert max(errors.values()) <= model.tolerance, f"{case.label}: {errors}"
            if model.channel_axis is not None and setting == "default":
                expected = run_origin(source_of(model.name), case.inputs)
                for name, array in expected.items():
                    assert relative_error(outputs[name], array, model.channel_axis) <= model.tolerance, name


@pytest.mark.parametrize("model", MODELS, ids=IDS)
def test_16_bit_storage(
    model: Model, bundle_url: Callable[[str], str], source_of: Callable[[str], Path], module_page: Page
) -> None:
    """With 16-bit storage the first case stays close, and a classifier's top class the same."""
    case = next(iter(reference_cases(source_of(model.name).parent)))
    with LoadedBundle(module_page, bundle_url(model.name), SETTINGS["16-bit"]) as bundle:
        outputs = bundle.run(case.inputs)
    errors = {name: sample.error(outputs[name]) for name, sample in case.outputs.items()}
    assert max(errors.values()) <= TOLERANCE_16_BITS, errors


@pytest.mark.parametrize("model", [model for model in MODELS if model.logits], ids=lambda model: model.name)
def test_logits(
    model: Model,
    source_of: Callable[[str], Path],
    module_page: Page,
    page_server: PageServer,
    tmp_path: Path,
) -> None:
    """What goes into the last Softmax agrees with ONNX Runtime: probabilities alone would hide errors."""
    source = tmp_path / "with_logits.onnx"
    name = with_logits(source_of(model.name), source)
    write(build(source, Options()), tmp_path / "bundle")
    url = page_server.mount(f"/logits/{model.name}", tmp_path)
    with LoadedBundle(module_page, f"{url}/bundle", SETTINGS["default"]) as bundle:
        for case in reference_cases(source_of(model.name).parent):
            expected = run_origin(source, case.inputs)[name]
            actual = bundle.run(case.inputs)[name]
            assert relative_error(actual.astype(np.float32), expected.astype(np.float32)) <= model.tolerance


@pytest.mark.parametrize("model", [model for model in MODELS if model.classes], ids=lambda model: model.name)
def test_classes(
    model: Model,
    bundle_url: Callable[[str], str],
    source_of: Callable[[str], Path],
    models_folder: Path,
    module_page: Page,
) -> None:
    """The photos are what they show."""
    labels = (models_folder / "labels" / "imagenet_labels_1001_coral.txt").read_text().splitlines()
    cases = {case.label: case for case in reference_cases(source_of(model.name).parent)}
    with LoadedBundle(module_page, bundle_url(model.name)) as bundle:
        for label, expected in model.classes:
            (scores,) = bundle.run(cases[label].inputs).values()
            names = labels if scores.size == len(labels) else labels[1:]
            assert expected in names[int(scores.argmax())]
