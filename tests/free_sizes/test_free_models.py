"""Real models with the extents of their inputs made free, exported once and run at several sizes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from playwright.sync_api import Page

from browser_support import PageServer
from free_sizes.freeing import chosen_axes, every_axis
from free_sizes.model_sizes import EXCEPTIONS, FREE_MODELS, FreeModel, Shape
from free_sizes.trials import Fault, Trial, ask_reference, run_trials
from model_support import find_models
from models.reference_values import reference_cases
from settings import FULL_PRECISION, SETTINGS

WHOLLY_FREE = ("mnist_cntk", "cifar10_winml", "iris_winml", "blazeface_front", "stories260k_derived")


@pytest.fixture(scope="module")
def source_of() -> Callable[[str], Path]:
    """The .onnx file of a model by name; skips where there are no models."""
    folder = find_models()
    if folder is None:
        pytest.skip("no models: set TEXELFLOW_MODELS")

    def find(name: str) -> Path:
        (path,) = (folder / "onnx" / name).glob("*.onnx")
        return path

    return find


def make_trial(free: FreeModel, folder: Path, freed: onnx.ModelProto) -> Trial:
    """Return a trial of a freed model at its sizes, on a real picture, sound or text brought to each."""
    case = next(iter(reference_cases(folder)))
    ((name, array),) = case.inputs.items()
    shapes = [shape for shape in free.shapes if (free.model.name, shape) not in EXCEPTIONS]
    model = free.model
    return ask_reference(
        Trial(
            model.name,
            freed,
            [{name: resampled(array, shape)} for shape in shapes],
            model.tolerance,
            1e-7,
            channel_axis=model.channel_axis,
        )
    )


def resampled(array: np.ndarray, shape: Shape) -> np.ndarray:
    """Return an array of another shape with the nearest values of this one; items of a batch are turned."""
    for axis, extent in enumerate(shape):
        places = np.arange(extent) * array.shape[axis] // max(extent, 1)
        array = array.take(places, axis)
    turned = [np.flip(item, -2) if index % 2 and item.ndim > 1 else item for index, item in enumerate(array)]
    return np.stack(turned) if turned else array


def run(trial: Trial, number: int, page: Page, server: PageServer, directory: Path) -> list[Fault]:
    """Run a trial; models take turns in what the device is."""
    url = server.mount(f"/free_models/{directory.name}", directory)
    device = SETTINGS[FULL_PRECISION[number % len(FULL_PRECISION)]]
    return run_trials(page, url, directory, [trial], device)


@pytest.mark.parametrize("free", FREE_MODELS, ids=lambda free: free.model.name)
def test_sizes(
    free: FreeModel,
    source_of: Callable[[str], Path],
    bundle_page: Page,
    page_server: PageServer,
    tmp_path: Path,
) -> None:
    """Every size that ONNX Runtime runs gives its result; every other one is refused."""
    original = onnx.load(source_of(free.model.name))
    constants = {tensor.name for tensor in original.graph.initializer}
    names = [value.name for value in original.graph.input if value.name not in constants]
    freed = chosen_axes(original, {names[0]: free.free})
    trial = make_trial(free, source_of(free.model.name).parent, freed)
    assert trial.expected[0] is not None, f"ONNX Runtime refuses the model's own size: {trial.reasons[0]}"
    if faults := run(trial, FREE_MODELS.index(free), bundle_page, page_server, tmp_path):
        pytest.fail("\n".join(map(str, faults)), pytrace=False)


@pytest.mark.parametrize("name", WHOLLY_FREE)
def test_every_axis_free(
    name: str, source_of: Callable[[str], Path], bundle_page: Page, page_server: PageServer, tmp_path: Path
) -> None:
    """The same with every axis free, those of channels and features, too."""
    (free,) = (free for free in FREE_MODELS if free.model.name == name)
    original = onnx.load(source_of(name))
    trial = make_trial(free, source_of(name).parent, every_axis(original))
    if faults := run(trial, FREE_MODELS.index(free), bundle_page, page_server, tmp_path):
        pytest.fail("\n".join(map(str, faults)), pytrace=False)


def test_exceptions_are_few() -> None:
    assert len({name for name, _ in EXCEPTIONS}) <= 3
