"""Sizes that a run learns from numbers, against ONNX Runtime: what one export makes of them at each."""

from __future__ import annotations

import re

import numpy as np
import onnx
import onnx.parser
import pytest
from playwright.sync_api import Page

from browser_support import PageServer
from free_sizes.trials import Fault, Trial, ask_reference, run_trials
from learned_sizes.branching import BRANCHING
from learned_sizes.case import Case
from learned_sizes.choosing import CHOOSING
from learned_sizes.computed import COMPUTED
from learned_sizes.given import GIVEN
from learned_sizes.looping import LOOPING
from learned_sizes.resolved import RESOLVED
from settings import SETTINGS

CASES = {**COMPUTED, **GIVEN, **BRANCHING, **CHOOSING, **LOOPING, **RESOLVED}
HEADER = '<ir_version: 10, opset_import: ["" : 21]>\n'
USED = ("default", "P4M1-texelFetch-small")


def forget_shapes(graph: onnx.GraphProto) -> None:
    """Leave the shapes of outputs, also of the graphs in it, to be inferred."""
    for output in graph.output:
        if output.type.HasField("tensor_type"):
            output.type.tensor_type.ClearField("shape")
    for attribute in (attribute for node in graph.node for attribute in node.attribute):
        if attribute.HasField("g"):
            forget_shapes(attribute.g)


def make_trial(name: str, case: Case) -> Trial:
    """Return the case as a trial."""
    model = onnx.parser.parse_model(HEADER + case.text)
    forget_shapes(model.graph)
    random = np.random.default_rng(len(name))
    feeds = [make(random) for make in case.feeds]
    return ask_reference(Trial(re.sub(r"\W+", "_", name), model, feeds, case.tolerance))


@pytest.fixture(scope="module", params=USED)
def found(
    request: pytest.FixtureRequest,
    bundle_page: Page,
    page_server: PageServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, list[Fault]]:
    """What each model does wrong at a device setting."""
    directory = tmp_path_factory.mktemp("learned_sizes")
    trials = {name: make_trial(name, case) for name, case in CASES.items()}
    url = page_server.mount(f"/learned_sizes_{request.param}", directory)
    faults = run_trials(bundle_page, url, directory, list(trials.values()), SETTINGS[request.param])
    return {name: [fault for fault in faults if fault.trial is trial] for name, trial in trials.items()}


@pytest.mark.parametrize("name", CASES)
def test_sizes(name: str, found: dict[str, list[Fault]]) -> None:
    """Every run that ONNX Runtime does gives its result; every other one is refused."""
    if found[name]:
        pytest.fail("\n".join(map(str, found[name])), pytrace=False)


@pytest.mark.parametrize("name", CASES)
def test_cases_are_runnable(name: str) -> None:
    """ONNX Runtime runs each model with most of its inputs."""
    trial = make_trial(name, CASES[name])
    assert sum(outputs is not None for outputs in trial.expected) > len(trial.feeds) / 2, trial.reasons
