"""Steady runs: all runtimes on one page, in turn, so that what slows the machine slows all of them."""

from __future__ import annotations

from typing import Any

from playwright.async_api import Page
from processor_time import children_milliseconds

from measuring.chromium import Bench, MeasurementError, call
from measuring.turns import Turns, checked

WARM_UP = 1
"""Untimed runs after the first."""

LEAST_ROUNDS = 5
CALL_SECONDS = 200.0
"""How long loading or one run may take. The page has a limit of its own, which is less."""


class LostPageError(Exception):
    """The page hung or crashed while `runtime` was at work."""

    def __init__(self, runtime: str, reason: str) -> None:
        super().__init__(reason)
        self.runtime = runtime


async def measure_steady(
    bench: Bench, net: str, runtimes: list[str], turns: Turns, *, rounds: int, seconds: float
) -> dict[str, dict[str, Any]]:
    """Load the net on every runtime of one page, then run all of them in each round.

    Once the runs have taken `seconds`, the rounds end, for all runtimes alike; but there are at least five. A
    runtime that fails takes no further part. One that takes the page down is left out, and the others start
    again.

    Returns:
        For each runtime `failure`, or `error` (the largest difference of any output of its first and its last
        run from ONNX Runtime's, relative to the largest magnitude), `device` (what it says of that), `steady`
        and `processor` (milliseconds of each run by the clock and by the processor).
    """
    failures: dict[str, dict[str, Any]] = {}
    while remaining := [runtime for runtime in runtimes if runtime not in failures]:
        turns.rounds.clear()
        try:
            async with bench.browser() as browser:
                page = await browser.new_page()
                await page.goto(f"{bench.url}/index.html")
                await page.wait_for_function("window.benchmark !== undefined")
                await call(page, "name => benchmark.start(name)", net, seconds=CALL_SECONDS)
                measured = await take_rounds(page, remaining, turns, rounds=rounds, seconds=seconds)
            return {runtime: {**measured, **failures}[runtime] for runtime in runtimes}
        except LostPageError as lost:
            failures[lost.runtime] = {"failure": str(lost)}
    return failures


async def take_rounds(
    page: Page, runtimes: list[str], turns: Turns, *, rounds: int, seconds: float
) -> dict[str, dict[str, Any]]:
    """Open the page's net on every runtime, run all in turn, and compare; returns what `measure_steady` does.

    The first of the orders is that in which the runtimes are opened.

    Raises:
        LostPageError: the page is of no use any more.
    """
    results: dict[str, dict[str, Any]] = {}
    for runtime in turns.shuffle(runtimes):
        try:
            opened = await _call(page, "open", runtime)
            results[runtime] = {"error": checked(opened["error"]), "device": opened.get("device")}
            for _ in range(WARM_UP):
                await _call(page, "run", runtime)
            results[runtime] |= {"steady": [], "processor": []}
        except MeasurementError as failure:
            results[runtime] = {"failure": str(failure)}
    running = [runtime for runtime in runtimes if "failure" not in results[runtime]]
    spent = 0.0
    for count in range(rounds):
        if count >= LEAST_ROUNDS and spent >= seconds * 1000:
            break
        for runtime in turns.shuffle(running):
            try:
                spent += await _run(page, runtime, results[runtime])
            except MeasurementError as failure:
                results[runtime] = {"failure": str(failure)}
                running.remove(runtime)
    for runtime in running:
        result = results[runtime]
        try:
            result["error"] = max(result["error"], checked(await _call(page, "error", runtime)))
        except MeasurementError as failure:
            results[runtime] = {"failure": f"last run: {failure}"}
    return {runtime: results[runtime] for runtime in runtimes}


async def _run(page: Page, runtime: str, result: dict[str, Any]) -> float:
    """Time one run, add it to `result`, and return its milliseconds."""
    before = children_milliseconds()
    milliseconds: float = await _call(page, "run", runtime)
    after = children_milliseconds()
    result["steady"].append(milliseconds)
    if before is not None and after is not None:
        result["processor"].append(after - before)
    return milliseconds


async def _call(page: Page, function: str, runtime: str) -> Any:
    try:
        return await call(page, f"runtime => benchmark.{function}(runtime)", runtime, seconds=CALL_SECONDS)
    except MeasurementError as failure:
        if failure.lost:
            raise LostPageError(runtime, str(failure)) from None
        raise
