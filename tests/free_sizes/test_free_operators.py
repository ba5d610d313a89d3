"""ONNX's node tests with the extents of their inputs made free, exported once and run at several sizes."""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np
import pytest
from playwright.sync_api import Page

from browser_support import REPOSITORY, PageServer
from conformance.cases import TOLERANCES, Case, attempt_with_constants, node_cases
from free_sizes.freeing import axes_with_meaning, every_axis
from free_sizes.trials import (
    DEFECT_AT_EXPORT,
    REFUSED_AT_EXPORT,
    Fault,
    Trial,
    ask_reference,
    ranked,
    run_trials,
)
from onnx_node_tests import is_by_chance
from settings import SETTINGS

REPORT = REPOSITORY / "docs" / "operators.md"

MEANT_AT_RUN = {
    "which is not resized beside rows and columns": "at most two axes are resized, whatever the sizes",
}
"""The same for runs at other sizes than the test's."""

MOST_AXES = 5
"""Of the scores of a loss; what loops over more free axes takes software minutes, and ended the browser."""

LOSSES = {"NegativeLogLikelihoodLoss", "SoftmaxCrossEntropyLoss"}

LOWEST_FOR_INFINITE = "_qk_matmul_bias_"
"""Part of the names of tests where ONNX Runtime writes the lowest number for ONNX's negative infinity."""

OTHER_SIZES: tuple[Callable[[int], int], ...] = (
    lambda extent: 2 * extent,
    lambda extent: extent + (extent > 1),
)
"""From an extent of a test to that of another run: twice it, which keeps divisors, and one more."""


def make_trial(case: Case) -> Trial:
    """Return a test's model with every axis free, at its own sizes and, if ONNX Runtime has it, at others."""
    model = attempt_with_constants(case).model
    kept = axes_with_meaning(model)
    model = every_axis(model, kept)
    dtypes = {str(array.dtype) for array in (*case.inputs.values(), *case.outputs.values())}
    tolerance = max([1e-4, case.relative, *(TOLERANCES.get(dtype, (0, 0))[0] for dtype in dtypes)])
    feeds = [case.inputs]
    for rule in OTHER_SIZES:
        others = {name: resized(array, rule, kept.get(name, ())) for name, array in case.inputs.items()}
        if LOWEST_FOR_INFINITE not in case.name:
            feeds.append(others)
    trial = ask_reference(Trial(case.name, model, feeds, tolerance))
    if trial.expected[0] is None:
        trial.feeds, trial.expected, trial.reasons = feeds[:1], trial.expected[:1], trial.reasons[:1]
    if "Attention" in case.operators:
        # Its mask may be shorter than the keys, of which ONNX Runtime asks that it is not.
        runs = [run for run in range(len(trial.feeds)) if run == 0 or "attn_mask" not in trial.reasons[run]]
        trial.feeds, trial.expected, trial.reasons = (
            [values[run] for run in runs] for values in (trial.feeds, trial.expected, trial.reasons)
        )
    trial.expected[0] = case.outputs
    return trial


def resized(array: np.ndarray, rule: Callable[[int], int], kept: Collection[int]) -> np.ndarray:
    """Return an array of other extents, but for the axes kept, that repeats the elements of this one."""
    extents = [extent if axis in kept else rule(extent) for axis, extent in enumerate(array.shape)]
    return np.resize(array, extents)


def _is_too_deep(case: Case) -> bool:
    return not LOSSES.isdisjoint(case.operators) and any(
        array.ndim > MOST_AXES for array in case.inputs.values()
    )


def _is_of_tensors(case: Case) -> bool:
    """Whether no input and no output is a sequence, whose length must be known, or an optional value."""
    graph = case.model.graph
    return all(value.type.HasField("tensor_type") for value in (*graph.input, *graph.output))


def names_of_refused_cases() -> set[str]:
    """The cases that are refused at their own, fixed sizes, as docs/operators.md lists them."""
    rows = REPORT.read_text(encoding="utf-8").split("## Tests refused at export")[1].splitlines()
    return {f"test_{row.split('|')[1].strip()}" for row in rows if row.startswith("| ")}


@pytest.fixture(scope="module")
def outcome(
    bundle_page: Page, page_server: PageServer, tmp_path_factory: pytest.TempPathFactory
) -> tuple[list[Trial], list[Fault]]:
    """All cases that have an axis, and what they do wrong."""
    directory = tmp_path_factory.mktemp("free_operators")
    refused = names_of_refused_cases()
    trials = [
        make_trial(case)
        for case in node_cases()
        if case.name not in refused and not _is_too_deep(case) and not is_by_chance(case.name)
        if _is_of_tensors(case)
    ]
    trials = [trial for trial in trials if any(array.ndim for array in trial.feeds[0].values())]
    url = page_server.mount("/free_operators", directory)
    return trials, run_trials(bundle_page, url, directory, trials, SETTINGS["P1M1-texture"])


def test_results(outcome: tuple[list[Trial], list[Fault]]) -> None:
    """At its own size each case gives the test's result, at others ONNX Runtime's."""
    trials, faults = outcome
    wrong = [
        fault
        for fault in faults
        if fault.kind not in (REFUSED_AT_EXPORT, DEFECT_AT_EXPORT)
        and not (fault.run and any(part in fault.text for part in MEANT_AT_RUN))
    ]
    if wrong:
        text = f"{ranked(wrong)} of {len(trials)} cases"
        pytest.fail("\n".join([text, *(str(fault)[:300] for fault in wrong)]), pytrace=False)


def test_refusals(outcome: tuple[list[Trial], list[Fault]]) -> None:
    """No case is refused at export for its free extents."""
    trials, faults = outcome
    refused = [fault for fault in faults if fault.kind in (REFUSED_AT_EXPORT, DEFECT_AT_EXPORT)]
    if refused:
        text = f"{len(refused)} of {len(trials)} cases"
        pytest.fail("\n".join([text, *(str(fault)[:300] for fault in refused)]), pytrace=False)
