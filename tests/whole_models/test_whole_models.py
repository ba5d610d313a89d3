"""Random whole models against ONNX Runtime: free extents that meet, loops and branches, chains, odd names.

Other SEEDS make other models: thousands of them were tried when this was written.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import cache
from pathlib import Path

from playwright.sync_api import Page

from browser_support import PageServer
from bundle_runner import Series, run_series
from settings import SETTINGS
from texelflow.errors import ExportError
from texelflow.pipeline import Options, build, write
from whole_models.comparing import WholeModel, differences, make

SEEDS = [seed for seed in range(20_001, 20_040) if seed % 12]
"""Not those of which inputs are NaN and infinities: what becomes of them in sums and orders, nobody says."""

TOGETHER = 6

MOST_REFUSED = 0.2
"""Of all runs: Concat of empty parts, windows that do not fit, axes that a run says."""


@cache
def models() -> list[WholeModel]:
    """Made in processes of their own: some nodes crash ONNX Runtime, and with it the rest of some seeds."""
    made: list[WholeModel] = []
    for start in range(0, len(SEEDS), TOGETHER):
        with ProcessPoolExecutor(1) as pool:
            try:
                for one in pool.map(make, SEEDS[start : start + TOGETHER]):
                    made += [one] if one is not None else []
            except BrokenProcessPool:
                continue
    return made


def test_results(tmp_path: Path, page_server: PageServer, bundle_page: Page) -> None:
    url = page_server.mount("/whole_models", tmp_path)
    wrong, refused, runs, exported = [], 0, 0, []
    for whole in models():
        runs += len(whole.feeds)
        source = tmp_path / f"{whole.seed}.onnx"
        source.write_bytes(whole.model)
        try:
            write(build(source, Options()), tmp_path / str(whole.seed))
        except ExportError:
            refused += len(whole.feeds)
        else:
            exported.append(whole)
    series = [Series(f"{url}/{whole.seed}", whole.feeds) for whole in exported]
    for whole, answers in zip(exported, run_series(bundle_page, series, SETTINGS["default"]), strict=True):
        for run, answer in enumerate(answers):
            if answer.error is not None and "The model does not take these sizes" not in answer.error:
                wrong.append(f"{whole.seed}, run {run}: {answer.error}")
            elif answer.error is not None:
                refused += whole.ways[0][run] is not None
            else:
                found = differences(whole, run, dict(answer.outputs))
                wrong += [f"{whole.seed}, run {run}: {', '.join(whole.operators)}: {one}" for one in found]
    assert not wrong, "\n".join(wrong)
    assert refused < MOST_REFUSED * runs


def test_models_are_varied() -> None:
    assert len(models()) > len(SEEDS) - 2 * TOGETHER
    operators = Counter(operator for whole in models() for operator in whole.operators)
    assert len(operators) > 45
    assert operators["Shape"] > 15
    assert operators["Loop"] + operators["If"] + operators["Scan"] > 3
    assert sum(len(whole.feeds) for whole in models()) > 2.5 * len(models())
    assert any(0 in array.shape for whole in models() for one in whole.feeds for array in one.values())
