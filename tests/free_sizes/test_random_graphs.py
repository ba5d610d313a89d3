"""Random models with free extents against ONNX Runtime, each exported once and run at several sizes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import onnx.printer
import pytest
from playwright.sync_api import Page

from browser_support import PageServer
from free_sizes.random_graphs import LEAST_NODES, MOST_NODES, random_trials
from free_sizes.trials import REFUSED_AT_EXPORT, REFUSED_AT_RUN, Fault, Trial, ranked, run_trials
from settings import FULL_PRECISION, SETTINGS

PARTS = 7
GRAPHS = 40
"""Of each part."""
LEAST_OCCURRENCES = 20
MOST_REFUSED = 0.05
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the random models of a part."""

    trials: list[Trial]
    faults: list[Fault]

    @property
    def wrong(self) -> list[Fault]:
        return [fault for fault in self.faults if fault.kind not in (REFUSED_AT_EXPORT, REFUSED_AT_RUN)]

    @property
    def refused(self) -> list[Fault]:
        return [fault for fault in self.faults if fault.kind in (REFUSED_AT_EXPORT, REFUSED_AT_RUN)]


OUTCOMES: dict[int, Outcome] = {}


def describe(faults: list[Fault]) -> str:
    """Return the faults and the models of the first of them."""
    models = {fault.trial.name: fault.trial.model for fault in faults}
    lines = [f"{ranked(faults)}, in {len(models)} models", *(str(fault)[:400] for fault in faults)]
    lines += [f"\n{name}:\n{onnx.printer.to_text(model)}" for name, model in list(models.items())[:SHOWN]]
    return "\n".join(lines)


@cache
def models() -> tuple[list[Trial], Counter[str]]:
    """All random models, and how often each operator occurs in them."""
    counts: Counter[str] = Counter()
    return random_trials(0, PARTS * GRAPHS, counts), counts


@pytest.fixture
def outcome_of(page_server: PageServer, bundle_page: Page, tmp_path: Path) -> dict[int, Outcome]:
    """The outcome of a part, made when it is first asked for."""

    class Outcomes(dict[int, Outcome]):
        def __missing__(self, part: int) -> Outcome:
            if part not in OUTCOMES:
                trials = models()[0][part * GRAPHS : (part + 1) * GRAPHS]
                folder = tmp_path / f"part{part}"
                folder.mkdir()
                url = page_server.mount(f"/random_graphs/{part}", folder)
                device = SETTINGS[FULL_PRECISION[part % len(FULL_PRECISION)]]
                OUTCOMES[part] = Outcome(trials, run_trials(bundle_page, url, folder, trials, device))
            return OUTCOMES[part]

    return Outcomes()


@pytest.mark.parametrize("part", range(PARTS))
def test_results(part: int, outcome_of: dict[int, Outcome]) -> None:
    """Where both run, they agree; where ONNX Runtime refuses, so do we."""
    if wrong := outcome_of[part].wrong:
        pytest.fail(describe(wrong), pytrace=False)


def test_few_are_refused(outcome_of: dict[int, Outcome]) -> None:
    """Nearly all models run wherever ONNX Runtime runs them."""
    refused = [fault for part in range(PARTS) for fault in outcome_of[part].refused]
    if len({fault.trial.name for fault in refused}) > MOST_REFUSED * PARTS * GRAPHS:
        pytest.fail(describe(refused), pytrace=False)


def test_models_are_varied() -> None:
    """Every operator occurs often; sizes of 0 and 1 occur, and sizes that ONNX Runtime refuses."""
    trials, counts = models()
    assert len(counts) > 85
    assert not {name: count for name, count in counts.items() if count < LEAST_OCCURRENCES}
    lengths = {len(trial.model.graph.node) for trial in trials}
    assert lengths <= set(range(LEAST_NODES, MOST_NODES + 1))
    assert len(lengths) >= 9
    runs = [pair for trial in trials for pair in zip(trial.feeds, trial.expected, strict=True)]
    assert sum(expected is None for _, expected in runs) > 100
    for extent in (0, 1):
        of_extent = sum(
            expected is not None and any(extent in array.shape for array in feeds.values())
            for feeds, expected in runs
        )
        assert of_extent > 60, extent
