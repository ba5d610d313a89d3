"""Random models with free extents against ONNX Runtime, each exported once and run at several sizes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import onnx.printer
import pytest
from playwright.sync_api import Page

from browser_support import PageServer
from free_sizes.random_graphs import LEAST_NODES, MOST_NODES, random_trials
from free_sizes.trials import REFUSED_AT_EXPORT, REFUSED_AT_RUN, Fault, Trial, ranked, run_trials

GRAPHS = 400
LEAST_OCCURRENCES = 20
MOST_REFUSED = 0.05
SHOWN = 12


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of all random models."""

    trials: list[Trial]
    counts: Counter[str]
    faults: list[Fault]

    def describe(self, faults: list[Fault]) -> str:
        """Return the faults and the models of the first of them."""
        lines = [f"{ranked(faults)} in {len({fault.trial.name for fault in faults})} of {len(self.trials)} models"]
        lines += [str(fault)[:400] for fault in faults[: 10 * SHOWN]]
        models = {fault.trial.name: fault.trial.model for fault in faults}
        lines += [f"\\n{name}:\\n{onnx.printer.to_text(model)}" for name, model in list(models.items())[:SHOWN]]
        return "\\n".join(lines)


@pytest.fixture(scope="module")
def outcome(
    module_page: Page, page_server: PageServer, tmp_path_factory: pytest.TempPathFactory
) -> Outcome:
    """All random models, exported and run."""
    directory = tmp_path_factory.mktemp("random_graphs")
    counts: Counter[str] = Counter()
    trials = random_trials(GRAPHS, counts)
    url = page_server.mount("/random_graphs", directory)
    return Outcome(trials, counts, run_trials(module_page, url, directory, trials))


def test_results(outcome: Outcome) -> None:
    """Where both run, they agree; where ONNX Runtime refuses, so do we."""
    wrong = [fault for fault in outcome.faults if fault.kind not in (REFUSED_AT_EXPORT, REFUSED_AT_RUN)]
    if wrong:
        pytest.fail(outcome.describe(wrong), pytrace=False)


def test_refusals(outcome: Outcome) -> None:
    """Nearly all models run wherever ONNX Runtime runs them."""
    refused = [fault for fault in outcome.faults if fault.kind in (REFUSED_AT_EXPORT, REFUSED_AT_RUN)]
    if len({fault.trial.name for fault in refused}) > MOST_REFUSED * len(outcome.trials):
        pytest.fail(outcome.describe(refused), pytrace=False)


def test_models_are_varied(outcome: Outcome) -> None:
    """Every operator occurs often; sizes of 0 and 1 occur, and sizes that ONNX Runtime refuses."""
    rare = {name: count for name, count in outcome.counts.items() if count < LEAST_OCCURRENCES}
    assert not rare
    assert len(outcome.counts) > 90
    lengths = {len(trial.model.graph.node) for trial in outcome.trials}
    assert lengths == set(range(LEAST_NODES, MOST_NODES + 1))
    runs = [
        (feeds, expected)
        for trial in outcome.trials
        for feeds, expected in zip(trial.feeds, trial.expected, strict=True)
    ]
    assert sum(expected is None for _, expected in runs) > 100
    for extent in (0, 1):
        with_extent = [
            feeds
            for feeds, expected in runs
            if expected is not None and any(extent in array.shape for array in feeds.values())
        ]
        assert len(with_extent) > 60, extent
