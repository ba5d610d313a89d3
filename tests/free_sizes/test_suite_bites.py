"""The random models find it where an old rule, which was wrong at some sizes, is put back."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from browser_support import PageServer
from free_sizes import old_rules
from free_sizes.random_graphs import random_trials
from free_sizes.trials import NOT_REFUSED, WRONG_SHAPE, WRONG_VALUES, Fault, Trial, run_trials
from texelflow.backends.webgl2.layout.view import View
from texelflow.operators import shapes

MODELS = 10

BROADCASTING = {"Add", "Div", "Expand", "Max", "Mean", "Min", "Mul", "Sub", "Sum", "Where"}
EQUALITIES = {"Concat", "Gemm", "MatMul"}


@pytest.fixture(scope="module")
def models() -> list[Trial]:
    """Some of the models that the suite runs."""
    return random_trials(0, 120, Counter())


def replace_function(monkeypatch: pytest.MonkeyPatch, old: Callable[..., object], name: str) -> None:
    """Put a function in the place of the one of `shapes` that has this name, wherever it was imported."""
    present = getattr(shapes, name)
    for module in [module for key, module in sys.modules.items() if key.startswith("texelflow")]:
        for attribute, value in list(vars(module).items()):
            if value is present:
                monkeypatch.setattr(module, attribute, old)


def wrong_with(
    models: list[Trial], operators: set[str], run: Callable[[list[Trial]], list[Fault]]
) -> list[Fault]:
    """Run some of the models that have such operators; return what is wrong with the results.

    Those that ONNX Runtime refuses at some size come first.
    """
    fitting = [
        Trial(trial.name, trial.model, trial.feeds, expected=trial.expected, reasons=trial.reasons)
        for trial in models
        if operators & {node.op_type for node in trial.model.graph.node}
    ]
    fitting.sort(key=lambda trial: None not in trial.expected)
    faults = run(fitting[:MODELS])
    return [fault for fault in faults if fault.kind in (WRONG_SHAPE, WRONG_VALUES, NOT_REFUSED)]


@pytest.fixture
def run(bundle_page: Page, page_server: PageServer, tmp_path: Path) -> Callable[[list[Trial]], list[Fault]]:
    """Export and run models."""
    url = page_server.mount(f"/suite_bites/{tmp_path.name}", tmp_path)
    return lambda trials: run_trials(bundle_page, url, tmp_path, trials)


def test_rules_as_they_are(models: list[Trial], run: Callable[[list[Trial]], list[Fault]]) -> None:
    """With the present rules the models of the tests below are right."""
    assert not list(map(str, wrong_with(models, BROADCASTING, run)))


def test_old_broadcasting(
    models: list[Trial], run: Callable[[list[Trial]], list[Fault]], monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_function(monkeypatch, old_rules.broadcast, "broadcast")
    assert wrong_with(models, BROADCASTING, run)


def test_old_expand(
    models: list[Trial], run: Callable[[list[Trial]], list[Fault]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(View, "expand", old_rules.expand)
    assert wrong_with(models, BROADCASTING, run)


def test_old_unify(
    models: list[Trial], run: Callable[[list[Trial]], list[Fault]], monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_function(monkeypatch, old_rules.unify, "unify")
    assert wrong_with(models, EQUALITIES, run)
