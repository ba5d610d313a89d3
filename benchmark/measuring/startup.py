"""Start-up: from navigation to the first result, in a Chromium of its own for every measurement."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from playwright.async_api import Error

from measuring.chromium import FIRST_RESULT, Bench, MeasurementError, call, reason_of
from measuring.turns import Turns, checked

THROTTLED_BYTES_PER_SECOND = 10_000_000
"""A link of 10 MB/s."""

CALL_SECONDS = 200.0
LEAST_ROUNDS = 2
SETTLE_MILLISECONDS = 1000.0
"""Between the start of Chromium and the navigation: its GPU process, caches and own pages come up meanwhile.

They take a core for most of a second, which belongs to no runtime's start: making a context took 100 ms
after a wait of 0.3 s, 20 ms after one of 1 s.
"""


async def measure_startup(
    bench: Bench,
    net: str,
    runtimes: list[str],
    turns: Turns,
    *,
    throttled: bool,
    times: int,
    enough: Callable[[], bool],
) -> dict[str, list[dict[str, Any]]]:
    """Measure every runtime in turn, in `times` rounds; after the second none begins once `enough()`.

    Returns:
        For each runtime the measurements: milliseconds from the navigation to the model's `lastByte`, to
        `loaded` and to `firstResult`, the `timings` that the runtime itself gives, what it says of the
        `device`, and the relative `error` of that result over all outputs; or `failure`, after which the
        runtime takes no further part.
    """
    results: dict[str, list[dict[str, Any]]] = {runtime: [] for runtime in runtimes}
    for count in range(times):
        if count >= LEAST_ROUNDS and enough():
            break
        for runtime in turns.shuffle(runtimes):
            if any("failure" in measured for measured in results[runtime]):
                continue
            try:
                results[runtime].append(await _measure_once(bench, net, runtime, throttled))
            except (MeasurementError, Error) as failure:
                results[runtime].append({"failure": reason_of(failure)})
    return results


async def _measure_once(bench: Bench, net: str, runtime: str, throttled: bool) -> dict[str, Any]:
    async with bench.browser() as browser:
        page = await browser.new_page()
        if throttled:
            devtools = await page.context.new_cdp_session(page)
            await devtools.send("Network.enable")
            limits = {"downloadThroughput": THROTTLED_BYTES_PER_SECOND, "uploadThroughput": -1}
            await devtools.send(
                "Network.emulateNetworkConditions", {"offline": False, "latency": 0, **limits}
            )
        await page.wait_for_timeout(SETTLE_MILLISECONDS)
        begin = time.monotonic()
        await page.goto(f"{bench.url}/startup.html?net={net}&runtime={runtime}", wait_until="commit")
        outcome: dict[str, Any] = await call(page, FIRST_RESULT, seconds=CALL_SECONDS)
        outcome["seenFromOutside"] = (time.monotonic() - begin) * 1000
        error = await call(page, "() => window.firstError()", seconds=CALL_SECONDS)
        return {**outcome, "error": checked(error)}
