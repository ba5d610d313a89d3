"""Steady runs: all runtimes on one page, in turn, so that what slows the machine slows all of them."""

from __future__ import annotations

from typing import Any

from playwright.async_api import Browser, Page
from processor_time import children_milliseconds

from measuring.chromium import Bench, MeasurementError, call

WARM_UP = 1
"""Untimed runs after the first."""

LEAST_RUNS = 3
CALL_SECONDS = 200.0
"""How long loading or one run may take. The page has a limit of its own, which is less."""


class LostPageError(Exception):
    """The page hung or crashed while `runtime` was at work."""

    def __init__(self, runtime: str, reason: str) -> None:
        super().__init__(reason)
        self.runtime = runtime


async def measure_steady(
    bench: Bench, net: str, runtimes: list[str], *, runs: int, seconds: float
) -> dict[str, dict[str, Any]]:
    """Load the net on every runtime of one page, then run each in turn, `runs` times.

    A runtime whose runs have taken `seconds` takes no further part; at least three of its runs are timed. One
    that takes the page down is left out, and the others start again.

    Returns:
        For each runtime `failure`, or `error` (the largest difference from ONNX Runtime relative to the
        largest magnitude), `steady` and `processor` (milliseconds of each run by the clock and by the
        processor).
    """
    failures: dict[str, dict[str, Any]] = {}
    while remaining := [runtime for runtime in runtimes if runtime not in failures]:
        try:
            async with bench.browser() as browser:
                measured = await _measure_together(browser, bench.url, net, remaining, runs, seconds)
            return {runtime: {**measured, **failures}[runtime] for runtime in runtimes}
        except LostPageError as lost:
            failures[lost.runtime] = {"failure": str(lost)}
    return failures


async def _measure_together(
    browser: Browser, url: str, net: str, runtimes: list[str], runs: int, seconds: float
) -> dict[str, dict[str, Any]]:
    page = await browser.new_page()
    await page.goto(f"{url}/index.html")
    await page.wait_for_function("window.benchmark !== undefined")
    await call(page, "name => benchmark.start(name)", net, seconds=CALL_SECONDS)
    results: dict[str, dict[str, Any]] = {}
    for runtime in runtimes:
        try:
            opened = await _call(page, "open", runtime)
            results[runtime] = {"error": opened["error"], "device": opened.get("device")}
            for _ in range(WARM_UP):
                await _call(page, "run", runtime)
            results[runtime] |= {"steady": [], "processor": []}
        except MeasurementError as failure:
            results[runtime] = {"failure": str(failure)}
    running = [runtime for runtime in runtimes if "failure" not in results[runtime]]
    for _ in range(runs):
        for runtime in list(running):
            result = results[runtime]
            spent = result["steady"]
            if sum(spent) >= seconds * 1000 and len(spent) >= LEAST_RUNS:
                continue
            before = children_milliseconds()
            try:
                spent.append(await _call(page, "run", runtime))
            except MeasurementError as failure:
                result["failure"] = str(failure)
                running.remove(runtime)
                continue
            after = children_milliseconds()
            if before is not None and after is not None:
                result["processor"].append(after - before)
    return results


async def _call(page: Page, function: str, runtime: str) -> Any:
    try:
        return await call(page, f"runtime => benchmark.{function}(runtime)", runtime, seconds=CALL_SECONDS)
    except MeasurementError as failure:
        if failure.lost:
            raise LostPageError(runtime, str(failure)) from None
        raise
