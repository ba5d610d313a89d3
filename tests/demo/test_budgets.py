"""What the page may cost its visitors: bytes of a first and a second visit, time, pauses while it converts.

Times are told, too. Where a machine has other work, they are judged by what the browser took of the
processors (quiet_time.py): so the bounds are those of a quiet one.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import onnx
import pytest
from demo_support import wait_until
from onnx import numpy_helper
from playwright.sync_api import BrowserContext, Page, Playwright
from quiet_time import Span, span

from browser_support import CHROMIUM_FLAGS, SOFTWARE_WEBGL_FLAGS, find_chromium
from texelflow.checking.serve import StaticHandler, background_server, folder_mounts

MODEL = """
<ir_version: 8, opset_import: ["" : 17]>
five (float[1, 3, 32, 32] picture) => (float[1, 1024] scores)
{
    begin = Conv<strides = [4, 4], pads = [1, 1, 1, 1]>(picture, stem)
    wide = Conv<strides = [2, 2], pads = [1, 1, 1, 1]>(begin, body)
    mean = GlobalAveragePool(wide)
    scores = Flatten(mean)
}
"""
SHAPES = {"stem": (128, 3, 3, 3), "body": (1024, 128, 3, 3)}
"""5 MB of weights."""

WATCH = """
globalThis.watched = { shifts: [], begun: [], opened: null };
const watch = (type, note) => new PerformanceObserver((list) => list.getEntries().forEach(note))
    .observe({ type, buffered: true });
watch("layout-shift", ({ startTime, value, hadRecentInput }) => {
    if (!hadRecentInput) watched.shifts.push([startTime, value]);
});
addEventListener("change", () => {
    watched.begun.push(performance.now());
    performance.mark("begun");
}, { capture: true });
globalThis.Worker = class extends Worker {
    constructor(...options) {
        super(...options);
        this.addEventListener("message", ({ data }) => {
            if (data?.kind === "done") performance.mark("converted");
        });
    }
};
addEventListener("DOMContentLoaded", () => {
    const first = document.getElementById("digits-first");
    new MutationObserver(() => { watched.opened ??= performance.now(); }).observe(first, { childList: true });
});
"""
"""Notes what the page makes its visitor wait for."""

MOST_BYTES = 6_000_000
QUALITY = 9
"""Of brotli, in three seconds; the build itself takes thirty, and leaves a twelfth less."""

COMPRESS = """
import { readFileSync } from "node:fs";
import { brotliCompressSync, constants } from "node:zlib";
const [quality, ...paths] = process.argv.slice(1);
const params = { [constants.BROTLI_PARAM_QUALITY]: Number(quality), [constants.BROTLI_PARAM_LGWIN]: 24 };
console.log(JSON.stringify(paths.map((path) => brotliCompressSync(readFileSync(path), { params }).length)));
"""
PACKED = (".js", ".mjs", ".html", ".css", ".json", ".svg", ".wasm", ".zip")

MILLISECONDS = {"task": 100}
"""The most that is allowed."""

SECONDS = {"open": 2, "cold": 15, "warm": 5}
"""The most until the page opens, of which the best of several tries counts; and from a model of 5 MB to its
first result. It is warm once another was converted on the page."""

TRIES = 5


@dataclass
class Visits:
    """A browser whose cache is kept, the address of the page, and what was answered: paths and statuses."""

    browser: BrowserContext
    profile: Path
    url: str
    answered: list[tuple[str, int]]

    @contextmanager
    def open(self) -> Iterator[Page]:
        """The page, once its first result is there."""
        self.answered.clear()
        page = self.browser.new_page()
        page.add_init_script(WATCH)
        page.goto(f"{self.url}/")
        wait_until(page, "!document.getElementById('stage').hidden")
        yield page
        page.close()

    def downloads(self) -> list[str]:
        """The paths of which there was a content, and not only that it is the same as before."""
        return [path for path, status in self.answered if status == 200]


@pytest.fixture(scope="module")
def visits(
    playwright_instance: Playwright, demo_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Visits]:
    answered: list[tuple[str, int]] = []
    respond = StaticHandler.send_response

    def noted(handler: StaticHandler, code: int, message: str | None = None) -> None:
        answered.append((handler.path, int(code)))
        respond(handler, code, message)

    profile = tmp_path_factory.mktemp("profile")
    browser = playwright_instance.chromium.launch_persistent_context(
        str(profile),
        executable_path=find_chromium(),
        args=[*CHROMIUM_FLAGS, *SOFTWARE_WEBGL_FLAGS],
        viewport={"width": 1200, "height": 900},
    )
    with pytest.MonkeyPatch.context() as patch, background_server(folder_mounts(demo_folder)) as url:
        patch.setattr(StaticHandler, "send_response", noted)
        yield Visits(browser, profile, url, answered)
        browser.close()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = onnx.parser.parse_model(MODEL)
    chance = np.random.default_rng(5)
    for name, shape in SHAPES.items():
        weights = chance.standard_normal(shape).astype(np.float32) / 30
        found.graph.initializer.append(numpy_helper.from_array(weights, name))
    path = tmp_path_factory.mktemp("five") / "five.onnx"
    path.write_bytes(found.SerializeToString())
    assert 4.5e6 < path.stat().st_size < 5.5e6
    return path


@contextmanager
def traced(page: Page) -> Iterator[list[dict[str, Any]]]:
    """Fills a list with the tasks of the page's thread while it converts, as Chromium traces them."""
    session = page.context.new_cdp_session(page)
    events: list[dict[str, Any]] = []
    tasks: list[dict[str, Any]] = []
    ended: list[object] = []
    session.on("Tracing.dataCollected", lambda part: events.extend(part["value"]))
    session.on("Tracing.tracingComplete", lambda end: ended.append(end))
    kinds = ["disabled-by-default-devtools.timeline", "blink.user_timing"]
    config = {"includedCategories": kinds, "excludedCategories": ["*"]}
    session.send("Tracing.start", {"traceConfig": config, "transferMode": "ReportEvents"})
    yield tasks
    session.send("Tracing.end")
    while not ended:
        page.wait_for_timeout(20)
    session.detach()
    marks = {event["name"]: event for event in events if "user_timing" in event["cat"]}
    begin, end = marks["begun"], marks["converted"]
    tasks += (
        event
        for event in events
        if event["name"] == "RunTask"
        and (event["pid"], event["tid"]) == (begin["pid"], begin["tid"])
        and begin["ts"] <= event["ts"] < end["ts"]
    )


def convert(page: Page, model: Path, profile: Path) -> dict[str, Any]:
    """Give the page a model; return what was watched: the time to the first result, milliseconds of the
    longest task while converting, on the clock and of the processor, and shifts.
    """
    page.evaluate(
        "() => { for (const key of Object.keys(watched)) if (key !== 'opened') watched[key] = []; }"
    )
    page.evaluate("() => { document.getElementById('summary').textContent = ''; }")
    with traced(page) as tasks, span(profile) as taken:
        page.set_input_files("#files", str(model))
        wait_until(page, "/^class /.test(document.getElementById('summary').textContent)", 120)
    watched: dict[str, Any] = page.evaluate("watched")
    (begun,) = watched["begun"]
    shifts = sum(value for start, value in watched["shifts"] if begun <= start)
    assert tasks
    longest, busiest = (max(task.get(key, 0) for task in tasks) / 1000 for key in ("dur", "tdur"))
    return {"taken": taken, "longest": longest, "busiest": busiest, "shifted": shifts}


def compressed(demo_folder: Path, paths: list[str]) -> int:
    """The bytes of these files as a server sends them."""
    files = [demo_folder / (path.lstrip("/") or "index.html") for path in paths]
    packed = [str(file) for file in files if file.suffix in PACKED]
    command = ["node", "--input-type=module", "-e", COMPRESS, str(QUALITY), *packed]
    sizes = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    others = sum(file.stat().st_size for file in files if file.suffix not in PACKED)
    return sum(json.loads(sizes)) + others


def test_visits(visits: Visits, demo_folder: Path, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A first and a second one, each of which converts a model."""
    told: list[str] = []
    with visits.open() as page:
        cold = convert(page, model, visits.profile)
        # What keeps the page for later has then downloaded the rest of it.
        page.evaluate("navigator.serviceWorker.ready.then(() => null)")
        first = visits.downloads()
        runs = [convert(page, model, visits.profile) for _ in range(2)]
    assert any("/convert/v-" in path for path in first) and "/benchmark" not in " ".join(first)
    models = [path for path in first if path.startswith("/models/")]
    size = compressed(demo_folder, [path for path in first if path not in models])
    told.append(f"a first visit downloads {size / 1e6:.2f} MB before a model")
    assert size < MOST_BYTES

    with visits.open() as page:
        warm = convert(page, model, visits.profile)
    assert visits.answered and visits.downloads() == []

    every = [cold, *runs, warm]
    told += [
        f"{name}: {one['taken'].clock:.1f} s from a model of 5 MB to its first result, "
        f"{one['taken'].own:.1f} s of the processors ({one['taken'].others:.1f} s of others meanwhile)"
        for name, one in {"cold": cold, "warm": runs[0], "second visit": warm}.items()
    ]
    # A task is long, too, that other work on the machine interrupts: hardly so most times, where that is
    # little.
    told.append(
        "while it converts, the longest task takes "
        + ", ".join(f"{one['longest']:.0f} ms ({one['busiest']:.0f} of the processor)" for one in every)
    )
    with capsys.disabled():
        print("", *told, sep="\n")
    assert cold["taken"].seconds < SECONDS["cold"]
    assert warm["taken"].seconds < SECONDS["cold"]
    assert all(one["taken"].seconds < SECONDS["warm"] for one in runs)
    assert all(one["busiest"] <= MILLISECONDS["task"] for one in every)
    longest = (one["longest" if one["taken"].is_quiet else "busiest"] for one in every)
    assert median(longest) <= MILLISECONDS["task"]
    assert all(one["shifted"] < 0.02 for one in every)


def test_it_opens_quickly(visits: Visits, capsys: pytest.CaptureFixture[str]) -> None:
    """From the address to the first result of the network that reads digits."""
    tries: list[Span] = []
    while len(tries) < TRIES and min((one.seconds for one in tries), default=np.inf) > SECONDS["open"]:
        page = visits.browser.new_page()
        page.add_init_script(WATCH)
        with span(visits.profile) as taken:
            page.goto(f"{visits.url}/")
            wait_until(page, "watched.opened !== null")
        if taken.is_quiet:
            taken.clock = page.evaluate("watched.opened") / 1000
        tries.append(taken)
        page.close()
    best = min(tries, key=lambda one: one.seconds)
    with capsys.disabled():
        print(f"\nthe page opens in {best.clock:.2f} s, {best.own:.2f} s of the processors")
    assert best.seconds <= SECONDS["open"], tries
