"""What was seen wrong at some sizes, and its neighbours, against ONNX Runtime."""

from __future__ import annotations

import re

import numpy as np
import onnx.parser
import pytest
from playwright.sync_api import Page

from browser_support import PageServer
from free_sizes.seen_cases import SEEN, Seen, Sizes
from free_sizes.trials import Fault, Trial, ask_reference, run_trials

HEADER = '<ir_version: 10, opset_import: ["" : 21]>\n'


def make_trial(name: str, seen: Seen) -> Trial:
    """Return the model as a trial with random inputs at the sizes given."""
    model = onnx.parser.parse_model(HEADER + seen.text)
    for output in model.graph.output:
        output.type.tensor_type.ClearField("shape")
    random = np.random.default_rng(len(name))
    feeds = [{value.name: _fill(value, sizes, random) for value in model.graph.input} for sizes in seen.sizes]
    return ask_reference(Trial(re.sub(r"\W+", "_", name), model, feeds))


def _fill(value: onnx.ValueInfoProto, sizes: Sizes, random: np.random.Generator) -> np.ndarray:
    kind = value.type.tensor_type
    shape = [
        dimension.dim_value
        if dimension.HasField("dim_value")
        else sizes[dimension.dim_param or f"{value.name}_{axis}"]
        for axis, dimension in enumerate(kind.shape.dim)
    ]
    if kind.elem_type == onnx.TensorProto.FLOAT:
        return random.standard_normal(shape).astype(np.float32)
    if kind.elem_type == onnx.TensorProto.BOOL:
        return np.asarray(random.random(shape) < 0.5)
    return random.integers(0, 2, shape)


@pytest.fixture(scope="module")
def found(
    bundle_page: Page, page_server: PageServer, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[Fault]]:
    """What each model does wrong."""
    directory = tmp_path_factory.mktemp("seen_sizes")
    trials = {name: make_trial(name, seen) for name, seen in SEEN.items()}
    faults = run_trials(
        bundle_page, page_server.mount("/seen_sizes", directory), directory, list(trials.values())
    )
    return {name: [fault for fault in faults if fault.trial is trial] for name, trial in trials.items()}


@pytest.mark.parametrize("name", SEEN)
def test_sizes(name: str, found: dict[str, list[Fault]]) -> None:
    """Every size that ONNX Runtime runs gives its result; every other one is refused."""
    if found[name]:
        pytest.fail("\n".join(map(str, found[name])), pytrace=False)


@pytest.mark.parametrize("name", SEEN)
def test_cases_are_runnable(name: str) -> None:
    """ONNX Runtime runs each model at one size at least: a model that it refuses altogether tests nothing."""
    trial = make_trial(name, SEEN[name])
    assert any(outputs is not None for outputs in trial.expected), trial.reasons
