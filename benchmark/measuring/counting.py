"""Counts: what a runtime downloads, compiles, draws, creates and keeps, on a page that is not timed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.async_api import CDPSession, Error, Page

from measuring.chromium import FIRST_RESULT, Bench, MeasurementError, call, reason_of

CALL_SECONDS = 200.0
COUNTERS = Path(__file__).resolve().parent.parent / "page" / "count_gl.js"
WARM_UP = 1
"""Runs after the first, which may still create something."""

FENCE = "fenceSync"
MODEL, RUNTIME, OWN = "model", "runtime", "own"


async def measure_counts(bench: Bench, net: str, runtimes: list[str]) -> dict[str, dict[str, Any]]:
    """Count each runtime on a page of its own; returns what `_count` does, or `failure`, for each."""
    results: dict[str, dict[str, Any]] = {}
    for runtime in runtimes:
        try:
            async with bench.browser() as browser:
                page = await browser.new_page()
                results[runtime] = await _count(page, f"{bench.url}/startup.html?net={net}&runtime={runtime}")
        except (MeasurementError, Error) as failure:
            results[runtime] = {"failure": reason_of(failure)}
    return results


async def _count(page: Page, url: str) -> dict[str, Any]:
    """Load, run, and count.

    Returns:
        `bytes`: downloaded up to the first result, as transferred (brotli for text and WebAssembly) and as
        decoded, of the runtime and of the model. `programs`: linked up to the first result. `run`: draws, GL
        objects, fences, typed arrays and programs of one steady run. `memory`: bytes on the GPU, the peak up
        to then and what is kept. `heap`: bytes of JavaScript's heap, of array buffers and of WebAssembly's
        memories after a collection.
    """
    await page.add_init_script(path=COUNTERS)
    devtools = await page.context.new_cdp_session(page)
    downloads = Downloads(devtools)
    await devtools.send("Network.enable")
    await page.goto(url, wait_until="commit")
    await call(page, FIRST_RESULT, seconds=CALL_SECONDS)
    transferred = downloads.summary()
    # It keeps the first result, which would count as memory.
    await call(page, "() => { delete window.firstError; }", seconds=CALL_SECONDS)
    loading = await call(page, "() => structuredClone(window.glCounts)", seconds=CALL_SECONDS)
    for _ in range(WARM_UP):
        await call(page, "() => window.again()", seconds=CALL_SECONDS)
    before, after = await call(
        page,
        """async () => {
            const before = structuredClone(window.glCounts);
            await window.again();
            return [before, structuredClone(window.glCounts)];
        }""",
        seconds=CALL_SECONDS,
    )
    if after["unknown"]:
        raise MeasurementError(f"GPU memory of unknown size: {after['unknown'][0]}")
    for _ in range(2):
        await devtools.send("HeapProfiler.collectGarbage")
    heap = await devtools.send("Runtime.getHeapUsage")
    return {
        "bytes": transferred,
        "programs": loading["programs"],
        "loadAndFirstRunDraws": loading["draws"],
        "run": {
            "draws": after["draws"] - before["draws"],
            "programs": after["programs"] - before["programs"],
            "objects": objects(after) - objects(before),
            "fences": after["created"].get(FENCE, 0) - before["created"].get(FENCE, 0),
            "arrays": after["arrays"] - before["arrays"],
        },
        "created": after["created"],
        "memory": {"peak": after["memory"]["peak"], "kept": after["memory"]["now"]},
        "heap": {
            "javascript": heap["usedSize"],
            "buffers": heap.get("backingStorageSize", 0),
            "wasm": after["wasmBytes"],
        },
    }


def objects(counts: dict[str, Any]) -> int:
    """Return the GL objects created so far but fences, by which a page waits without blocking."""
    return sum(number for name, number in counts["created"].items() if name != FENCE)


class Downloads:
    """Bytes that a page received, by what they belong to."""

    def __init__(self, devtools: CDPSession) -> None:
        self._urls: dict[str, str] = {}
        self._decoded: dict[str, int] = {}
        self._transferred: dict[str, int] = {}
        devtools.on("Network.requestWillBeSent", self._requested)
        devtools.on("Network.dataReceived", self._received)
        devtools.on("Network.loadingFinished", self._finished)

    def _requested(self, event: dict[str, Any]) -> None:
        self._urls[event["requestId"]] = event["request"]["url"]

    def _received(self, event: dict[str, Any]) -> None:
        key = event["requestId"]
        self._decoded[key] = self._decoded.get(key, 0) + event["dataLength"]

    def _finished(self, event: dict[str, Any]) -> None:
        self._transferred[event["requestId"]] = event["encodedDataLength"]

    def summary(self) -> dict[str, dict[str, int]]:
        """Return bytes, headers included, of the runtime and of the model as transferred and as decoded."""
        sums = {kind: {"transferred": 0, "decoded": 0} for kind in (RUNTIME, MODEL)}
        for key, url in self._urls.items():
            if (kind := kind_of(url)) != OWN:
                sums[kind]["transferred"] += self._transferred.get(key, 0)
                sums[kind]["decoded"] += self._decoded.get(key, 0)
        return sums


def kind_of(url: str) -> str:
    """Return whether a file is the model's, a runtime's, or the benchmark's own (inputs, pages, adapters)."""
    name = url.rpartition("/")[2]
    if "/nets/" in url:
        return OWN if name == "net.json" or name.startswith(("input.", "output.")) else MODEL
    return RUNTIME if "/peers/" in url or "/javascript/" in url else OWN
