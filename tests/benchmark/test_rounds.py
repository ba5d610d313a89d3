"""Who runs when: orders, rounds, and what becomes of runtimes that fail. The page is a stand-in."""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from compare import take_pairs
from measuring.steady import LEAST_ROUNDS, LostPageError, take_rounds
from measuring.turns import Turns
from playwright.async_api import Error
from runtimes import of_pass

RUNTIMES = ["texelflow", "tfjs", "ort-wasm"]


@pytest.fixture(autouse=True)
def no_processor_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves away the processor time of this machine's browsers."""
    monkeypatch.setattr("measuring.steady.children_milliseconds", lambda: None)


class FakePage:
    """Answers what `steady.js` would: milliseconds of runs, and relative errors of the first and last one."""

    def __init__(self, milliseconds: dict[str, float], last_errors: dict[str, float] | None = None) -> None:
        self.milliseconds = milliseconds
        self.last_errors = last_errors or {}
        self.runs: list[str] = []
        self.opened: list[str] = []
        self.breaks: dict[str, str] = {}

    async def evaluate(self, expression: str, runtime: str) -> Any:
        function = re.search(r"benchmark\.(\w+)", expression)
        assert function
        return getattr(self, function[1])(runtime)

    def is_closed(self) -> bool:
        return False

    def open(self, runtime: str) -> dict[str, float]:
        self.opened.append(runtime)
        return {"error": 1e-6}

    def run(self, runtime: str) -> float:
        if runtime in self.breaks and self.runs.count(runtime) == 2:
            raise Error(self.breaks[runtime])
        self.runs.append(runtime)
        return self.milliseconds[runtime]

    def error(self, runtime: str) -> float:
        return self.last_errors.get(runtime, 2e-6)

    def costs(self, runtime: str) -> dict[str, int]:
        return {"draws": 3, "fetches": 1000}


def steady(page: FakePage, seed: str = "1", rounds: int = 8, seconds: float = 1e9) -> tuple[Any, Turns]:
    turns = Turns(seed)
    taken: Any = take_rounds(page, RUNTIMES, turns, rounds=rounds, seconds=seconds)
    return complete(taken), turns


def complete(work: Coroutine[Any, Any, Any]) -> Any:
    """Run asynchronous work in a thread of its own: that of the tests may have Playwright's event loop."""
    with ThreadPoolExecutor(1) as executor:
        return executor.submit(asyncio.run, work).result()


def test_orders_are_shuffled_in_each_round_by_a_seed_and_kept() -> None:
    page = FakePage(dict.fromkeys(RUNTIMES, 10.0))
    _, turns = steady(page)
    opening, *rounds = turns.rounds
    assert page.opened == opening
    assert page.runs[len(RUNTIMES) :] == [runtime for order in rounds for runtime in order]
    assert all(sorted(order) == sorted(RUNTIMES) for order in turns.rounds)
    assert len({tuple(order) for order in rounds}) > 2
    assert steady(FakePage(dict.fromkeys(RUNTIMES, 10.0)))[1].rounds == turns.rounds
    assert steady(FakePage(dict.fromkeys(RUNTIMES, 10.0)), seed="2")[1].rounds != turns.rounds


def test_every_runtime_comes_first_about_as_often() -> None:
    turns = Turns("any")
    counts: dict[str, int] = defaultdict(int)
    for _ in range(600):
        counts[turns.shuffle(RUNTIMES)[0]] += 1
    assert all(150 < count < 250 for count in counts.values()), counts


def test_a_slow_runtime_has_as_many_rounds_as_a_fast_one() -> None:
    found, _ = steady(FakePage({"texelflow": 100.0, "tfjs": 60_000.0, "ort-wasm": 1.0}), rounds=20, seconds=1)
    assert [len(found[runtime]["steady"]) for runtime in RUNTIMES] == [LEAST_ROUNDS] * 3


def test_first_and_last_results_are_compared() -> None:
    page = FakePage(dict.fromkeys(RUNTIMES, 10.0), {"tfjs": 0.3, "ort-wasm": float("inf")})
    found, _ = steady(page)
    assert found["texelflow"]["error"] == 2e-6
    assert found["tfjs"] == {
        "failure": "last run: wrong result: it differs from ONNX Runtime's by 0.3 of the largest value"
    }
    assert "wrong result" in found["ort-wasm"]["failure"]


def test_a_runtime_that_fails_leaves_the_others_their_rounds() -> None:
    page = FakePage(dict.fromkeys(RUNTIMES, 10.0))
    page.breaks["tfjs"] = "Page.evaluate: Error: out of memory"
    found, _ = steady(page)
    assert found["tfjs"] == {"failure": "out of memory"}
    assert len(found["texelflow"]["steady"]) == len(found["ort-wasm"]["steady"]) == 8
    page = FakePage(dict.fromkeys(RUNTIMES, 10.0))
    page.breaks["tfjs"] = "Page.evaluate: Target crashed"
    with pytest.raises(LostPageError) as lost:
        steady(page)
    assert lost.value.runtime == "tfjs"


def test_variants_take_part_in_their_passes_with_their_runtime() -> None:
    assert of_pass("steady", ["texelflow", "tfjs"]) == ["texelflow", "tfjs", "texelflow-nonblocking"]
    assert of_pass("local", ["tfjs"]) == ["tfjs", "tfjs-parallel"]
    assert of_pass("throttled", ["texelflow", "ort-wasm"]) == ["texelflow", "ort-wasm", "texelflow-whole"]
    assert of_pass("counts", ["texelflow", "tfjs"]) == ["texelflow", "tfjs"]


def test_two_builds_run_in_pairs_whose_ratios_count() -> None:
    """The machine slows down tenfold on the way: both builds of a pair are slowed, and their ratio is not."""
    page = FakePage({"before": 100.0, "texelflow": 80.0}, {"texelflow": 3e-6})
    run = page.run

    def slowing(build: str) -> float:
        return run(build) * (1 + len(page.runs) // 6 * 9)

    page.run = slowing
    found = complete(take_pairs(page, 10, 1e9))
    assert sorted(found["ratios"])[5] == pytest.approx(0.8)
    pairs = [tuple(page.runs[index : index + 2]) for index in range(2, 22, 2)]
    assert pairs == [("texelflow", "before"), ("before", "texelflow")] * 5
    assert found["texelflow"] == {"error": 3e-6, "draws": 3, "fetches": 1000}
