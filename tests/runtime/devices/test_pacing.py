"""The page stays responsive: nothing waits for the GPU, and what waits does so without blocking the page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from bundle_builder import blocked_bundle
from playwright.sync_api import Page
from run_support import RECORD_CALLS

Serve = Callable[[Path], str]


def test_first_run_asks_whether_the_gpu_is_done(page: Page, serve: Serve, tmp_path: Path) -> None:
    """Reading back blocks the page until the GPU is done: the first run, which may be slow, asks first."""
    blocked_bundle(tmp_path)
    calls = page.evaluate(
        """async (url) => {"""
        + RECORD_CALLS
        + """
            const model = await texelflow.loadModel(url);
            for (const name of ['fenceSync', 'drawArrays', 'readPixels']) record(name);
            record('clientWaitSync', function (status) {
                return status === this.TIMEOUT_EXPIRED ? 'busy' : 'done';
            });
            await model.run({x});
            return calls.filter((call) => call !== 'busy');
        }""",
        serve(tmp_path),
    )
    assert calls == ["drawArrays", "drawArrays", "fenceSync", "done", "readPixels"]


def test_nothing_is_issued_before_the_self_test_is_read(page: Page, serve: Serve, tmp_path: Path) -> None:
    """Reading it back would wait for all that is compiled: up to 0.7 s in Chromium on llvmpipe."""
    blocked_bundle(tmp_path)
    calls = page.evaluate(
        """async (url) => {"""
        + RECORD_CALLS
        + """
            for (const name of ['linkProgram', 'getBufferSubData']) record(name);
            await texelflow.loadModel(url);
            return calls;
        }""",
        serve(tmp_path),
    )
    assert calls[:3] == ["linkProgram", "getBufferSubData", "getBufferSubData"]
    assert "linkProgram" in calls[3:]


def test_a_fence_is_not_asked_a_hundred_times(page: Page, serve: Serve, tmp_path: Path) -> None:
    """Firefox warns of that; another takes its place. None is left behind."""
    blocked_bundle(tmp_path)
    answer = page.evaluate(
        """async (url) => {"""
        + RECORD_CALLS
        + """
            const model = await texelflow.loadModel(url);
            const asked = new Map();
            let deleted = 0;
            const {clientWaitSync} = prototype;
            prototype.clientWaitSync = function (fence, ...parameters) {
                asked.set(fence, (asked.get(fence) ?? 0) + 1);
                const total = [...asked.values()].reduce((sum, count) => sum + count, 0);
                return total < 250 ? this.TIMEOUT_EXPIRED : clientWaitSync.call(this, fence, ...parameters);
            };
            record('deleteSync', () => { deleted++; });
            const {y} = await model.run({x});
            const right = y.data.every((value, i) => value === 3 * i);
            return {most: Math.max(...asked.values()), left: asked.size - deleted, right};
        }""",
        serve(tmp_path),
    )
    assert answer["most"] < 100
    assert answer["left"] == 0
    assert answer["right"]


FAKE_CLOCK = """
    // Time passes while the page waits: for timers, for fences, while draws are issued and read back.
    let clock = 1;
    let done = 0;
    let issuing = 0;
    let reading = 0;
    performance.now = () => clock;
    const {setTimeout} = globalThis;
    globalThis.setTimeout = (callback, delay) => {
        if (delay > 1) calls.push(`timer ${Math.round(delay)}`);
        clock += Math.max(delay, 4);
        return setTimeout(callback, 0);
    };
    record('fenceSync', () => 'fence');
    record('flush');
    record('drawArrays', () => { clock += issuing; return 'draw'; });
    const {clientWaitSync} = prototype;
    prototype.clientWaitSync = function () {
        return clock < done ? this.TIMEOUT_EXPIRED : this.CONDITION_SATISFIED;
    };
    record('readPixels', (_, ...parameters) => {
        if (typeof parameters.at(-1) === 'number') return 'send';
        clock = Math.max(clock, done) + reading;
        return 'read';
    });
    const timed = async (duration) => {
        calls.length = 0;
        done = clock + duration;
        const start = clock;
        await model.run({x});
        return clock - start;
    };
"""


@pytest.mark.parametrize(
    ("durations", "calls"),
    [
        ([500, 10], ["draw", "draw", "read"]),
        ([500, 100], ["draw", "draw", "send", "flush", "timer 90", "read"]),
        ([500, 100, 900], ["draw", "draw", "send", "flush", "timer 90", "read"]),
        ([500, 100, 95], ["draw", "draw", "send", "flush", "timer 86", "read"]),
        ([500, 100, 50], ["draw", "draw", "fence", "flush", "read"]),
        ([500, 100, 900, 800], ["draw", "draw", "send", "flush", "timer 720", "fence", "flush", "read"]),
    ],
)
def test_steady_runs_are_left_alone_while_they_are_surely_busy(
    page: Page, serve: Serve, tmp_path: Path, durations: list[int], calls: list[str]
) -> None:
    """Asking costs processor time.

    The shorter of the last two runs tells how long they are busy, not the first; and nothing does after a run
    that was done before it was looked after. The page may be blocked for 24 ms.
    """
    blocked_bundle(tmp_path)
    answer = page.evaluate(
        """async ([url, durations]) => {"""
        + RECORD_CALLS
        + """
            const model = await texelflow.loadModel(url);
        """
        + FAKE_CLOCK
        + """
            for (const duration of durations) await timed(duration);
            calls.length = 0;
            const {y} = await model.run({x});
            return {calls: [...calls], right: y.data.every((value, i) => value === 3 * i)};
        }""",
        [serve(tmp_path), durations],
    )
    assert answer["calls"] == calls
    assert answer["right"]


@pytest.mark.parametrize("reading", [0, 3, 12])
@pytest.mark.parametrize("fast", [4, 15, 60])
def test_runs_that_were_slow_do_not_stay_slow(
    page: Page, serve: Serve, tmp_path: Path, reading: int, fast: int
) -> None:
    """A pause may not feed the time by which the next one is chosen, though reading outputs takes time."""
    blocked_bundle(tmp_path)
    taken = page.evaluate(
        """async ([url, cost, fast]) => {"""
        + RECORD_CALLS
        + """
            const model = await texelflow.loadModel(url);
        """
        + FAKE_CLOCK
        + """
            reading = cost;
            const taken = [];
            for (const duration of [500, fast, fast, fast, 300, 300]) await timed(duration);
            for (let run = 0; run < 20; run++) taken.push(await timed(fast));
            return taken;
        }""",
        [serve(tmp_path), reading, fast],
    )
    assert max(taken[3:]) <= 1.1 * (fast + reading) + 5, taken


def test_issuing_counts_as_part_of_a_run(page: Page, serve: Serve, tmp_path: Path) -> None:
    """Where draws are computed as they are issued (in WebKit's process, say), nothing is left to wait for."""
    blocked_bundle(tmp_path)
    taken = page.evaluate(
        """async (url) => {"""
        + RECORD_CALLS
        + """
            const model = await texelflow.loadModel(url);
        """
        + FAKE_CLOCK
        + """
            issuing = 50;
            const taken = [];
            for (let run = 0; run < 10; run++) taken.push(await timed(100));
            return taken;
        }""",
        serve(tmp_path),
    )
    assert max(taken[1:]) <= 105, taken


def test_hidden_pages_do_not_wait_for_timers(page: Page, serve: Serve, tmp_path: Path) -> None:
    """Browsers let timers of hidden pages wait for a second."""
    blocked_bundle(tmp_path)
    answer = page.evaluate(
        """async (url) => {"""
        + RECORD_CALLS
        + """
            Object.defineProperty(document, 'visibilityState', {configurable: true, get: () => 'hidden'});
            const {setTimeout} = globalThis;
            let timers = 0;
            globalThis.setTimeout = (callback, delay) => {
                timers++;
                return setTimeout(callback, Math.max(1000, delay));
            };
            const {clientWaitSync} = prototype;
            const since = new Map();
            prototype.clientWaitSync = function (fence, ...parameters) {
                if (!since.has(fence)) since.set(fence, performance.now());
                if (performance.now() - since.get(fence) < 30) return this.TIMEOUT_EXPIRED;
                return clientWaitSync.call(this, fence, ...parameters);
            };
            const model = await texelflow.loadModel(url);
            let y;
            for (let run = 0; run < 4; run++) ({y} = await model.run({x}));
            globalThis.setTimeout = setTimeout;
            delete document.visibilityState;
            return {timers, right: y.data.every((value, i) => value === 3 * i)};
        }""",
        serve(tmp_path),
    )
    assert answer == {"timers": 0, "right": True}


def test_runs_in_a_tight_loop_let_timers_fire(page: Page, serve: Serve, tmp_path: Path) -> None:
    """A loop that awaits nothing but runs would else never let the page draw."""
    blocked_bundle(tmp_path)
    answer = page.evaluate(
        """async (url) => {"""
        + RECORD_CALLS
        + """
            const model = await texelflow.loadModel(url);
            let ticks = 0;
            const timer = setInterval(() => ticks++, 1);
            const start = performance.now();
            while (performance.now() - start < 1000) await model.run({x});
            clearInterval(timer);
            return ticks;
        }""",
        serve(tmp_path),
    )
    assert answer >= 5


def test_no_run_blocks_a_page_that_nothing_may_block(page: Page, serve: Serve, tmp_path: Path) -> None:
    """Each is asked for by a fence, also those that are so short that others read their outputs at once."""
    blocked_bundle(tmp_path)
    answer = page.evaluate(
        """async (url) => {"""
        + RECORD_CALLS
        + """
            record('fenceSync');
            // Reading into a buffer does not wait: runs that are left alone at first begin so (EarlyStart).
            record('readPixels', (_result, ...parameters) =>
                typeof parameters[6] === 'number' ? 'to buffer' : 'readPixels');
            const runs = {};
            for (const neverBlock of [false, true]) {
                const model = await texelflow.loadModel(url, {device: {neverBlock}});
                for (let run = 0; run < 3; run++) await model.run({x});
                calls.length = 0;
                const {y} = await model.run({x});
                const waiting = calls.filter((call) => call !== 'to buffer');
                runs[neverBlock] = {calls: [...new Set(waiting)], right: y.data.every((v, i) => v === 3 * i)};
                model.dispose();
            }
            return runs;
        }""",
        serve(tmp_path),
    )
    assert answer["true"] == {"calls": ["fenceSync", "readPixels"], "right": True}
    assert answer["false"]["right"]


def test_timings_are_reported(page: Page, serve: Serve, tmp_path: Path) -> None:
    blocked_bundle(tmp_path)
    answer = page.evaluate(
        """async (url) => {"""
        + RECORD_CALLS
        + """
            const start = performance.now();
            const model = await texelflow.loadModel(url);
            const loaded = {...model.timings, all: performance.now() - start};
            await model.run({x});
            const {firstRun} = model.timings;
            await model.run({x});
            return {loaded, firstRun, later: model.timings.firstRun};
        }""",
        serve(tmp_path),
    )
    loaded = answer["loaded"]
    total = loaded.pop("all")
    assert loaded.pop("firstRun") == 0 and answer["firstRun"] == answer["later"] > 0
    assert set(loaded) == {"download", "context", "compile", "upload", "loadDraws"}
    assert all(0 <= value <= total for value in loaded.values()), answer
    assert loaded["compile"] > 0 and loaded["download"] > 0
