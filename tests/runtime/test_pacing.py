"""The page stays responsive: drivers' work is done while weights download, and nothing waits for the GPU."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from bundle_builder import ADD_FLAT, BundleBuilder, add_bundle, alias_bundle, blocked_bundle
from playwright.sync_api import Page

Serve = Callable[[Path], str]

RECORD_CALLS = """
    const calls = [];
    const prototype = WebGL2RenderingContext.prototype;
    const record = (name, note) => {
        const original = prototype[name];
        prototype[name] = function (...parameters) {
            const result = original.apply(this, parameters);
            calls.push(note ? note.call(this, result, ...parameters) : name);
            return result;
        };
    };
    const isCounted = (gl) => gl.getQuery(gl.ANY_SAMPLES_PASSED_CONSERVATIVE, gl.CURRENT_QUERY) !== null;
    const x = new texelflow.Tensor('float32', [1, 5, 6, 7], Float32Array.from({length: 210}, (_, i) => i));
"""


def test_programs_of_a_run_are_first_drawn_with_over_no_pixel(
    page: Page, serve: Serve, tmp_path: Path
) -> None:
    """Each once while loading, with the render targets of the run; the last counted by a query, as there."""
    blocked_bundle(tmp_path)
    answer = page.evaluate(
        """async (url) => {"""
        + RECORD_CALLS
        + """
            record('drawArrays', function (_, mode, first, count) {
                const targets = [...Array(8).keys()].filter((i) =>
                    this.getParameter(this.DRAW_BUFFER0 + i) === this.COLOR_ATTACHMENT0 + i).length;
                const viewport = Array.from(this.getParameter(this.VIEWPORT));
                return {first, targets, viewport, counted: isCounted(this)};
            });
            const model = await texelflow.loadModel(url, {device: {pixels: 4, groups: 2}});
            const loading = calls.splice(0);
            const {y} = await model.run({x});
            return {loading, running: calls, right: y.data.every((value, i) => value === 3 * i)};
        }""",
        serve(tmp_path),
    )
    warm = [draw for draw in answer["loading"] if draw["first"] > 0]
    assert [draw["viewport"] for draw in warm] == [[0, 0, 1, 1]] * 2
    for draws in (warm, answer["running"]):
        assert [draw["targets"] for draw in draws] == [8, 1]
        assert [draw["counted"] for draw in draws] == [False, True]
    assert answer["right"]


def test_programs_of_the_load_phase_are_too(page: Page, serve: Serve, tmp_path: Path) -> None:
    """Before their first real draw, whose weights here come late."""
    weight = np.arange(240, dtype=np.float32).reshape(1, 24, 2, 5)
    alias_bundle(tmp_path, weight, loaded=1)
    answer = page.evaluate(
        """async (url) => {"""
        + RECORD_CALLS
        + """
            record('drawArrays', (_, mode, first) => first > 0 ? 'warm' : 'real');
            const {fetch} = globalThis;
            let before = null;
            globalThis.fetch = async (target, options) => {
                if (String(target).endsWith('safetensors')) {
                    const start = performance.now();
                    const warm = () => calls.filter((call) => call === 'warm').length;
                    while (warm() < 2 && performance.now() - start < 9000) {
                        await new Promise((resolve) => setTimeout(resolve, 5));
                    }
                    before = warm();
                }
                return fetch(target, options);
            };
            const model = await texelflow.loadModel(url);
            const {y} = await model.run({});
            return {before, y: Array.from(y.data)};
        }""",
        serve(tmp_path),
    )
    assert answer["before"] == 2
    assert answer["y"] == (3 * weight.ravel()[80:]).tolist()


def test_so_are_programs_that_read_floats_and_integers(page: Page, serve: Serve, tmp_path: Path) -> None:
    """Samplers of two types must not read one texture unit: GL would refuse the draw."""
    builder = BundleBuilder()
    x, y = builder.tensor([6], lifetime=[-1, 0]), builder.tensor([6], lifetime=[0, 1])
    w = builder.weight("w", [np.ones(6, np.int32)])
    builder.input("x", x)
    builder.output("y", y)
    mixed = ADD_FLAT.replace("sampler2DArray b", "isampler2DArray b").replace("+ READ(b", "+ vec4(READ(b")
    mixed = mixed.replace("ints[4].y), 0, 1)", "ints[4].y), 0, 1))")
    builder.draw(builder.program(mixed, ["a", "b"], "add"), [x, w], y, floats=[1])
    builder.write(tmp_path)
    answer = page.evaluate(
        """async (url) => {"""
        + RECORD_CALLS
        + """
            record('drawArrays', function (_, mode, first) { return [first > 0, this.getError()]; });
            const model = await texelflow.loadModel(url);
            const {y} = await model.run({x: new texelflow.Tensor('float32', [6], new Float32Array(6))});
            return {warm: calls.filter(([isWarm]) => isWarm), y: Array.from(y.data)};
        }""",
        serve(tmp_path),
    )
    assert answer == {"warm": [[True, 0]], "y": [1] * 6}


def test_a_query_counts_the_last_draw_alone(page: Page, serve: Serve, tmp_path: Path) -> None:
    """Drivers make other code for draws that a query counts: the first run's portions have none."""
    builder = BundleBuilder()
    steps = 40
    chain = [builder.tensor([6], lifetime=[step - 1, step]) for step in range(steps + 1)]
    w = builder.weight("w", [np.ones(6, np.float32)])
    builder.input("x", chain[0])
    builder.output("y", chain[-1])
    add = builder.program(ADD_FLAT, ["a", "b"], "add")
    for source, target in pairwise(chain):
        builder.draw(add, [source, w], target, floats=[1])
    builder.write(tmp_path)
    answer = page.evaluate(
        """async (url) => {"""
        + RECORD_CALLS
        + """
            const model = await texelflow.loadModel(url);
            record('drawArrays', function () { return isCounted(this); });
            const {y} = await model.run({x: new texelflow.Tensor('float32', [6], new Float32Array(6))});
            return {counted: calls, y: Array.from(y.data)};
        }""",
        serve(tmp_path),
    )
    assert answer == {"counted": [False] * (steps - 1) + [True], "y": [steps] * 6}


def test_that_happens_while_weights_are_awaited(page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path)
    answer = page.evaluate(
        """async (url) => {"""
        + RECORD_CALLS
        + """
            record('drawArrays', (_, mode, first) => first);
            const isWarm = () => calls.some((first) => first > 0);
            let wasWarm = null;
            const {fetch} = globalThis;
            globalThis.fetch = async (target, options) => {
                if (String(target).endsWith('safetensors')) {
                    const start = performance.now();
                    while (!isWarm() && performance.now() - start < 9000) {
                        await new Promise((resolve) => setTimeout(resolve, 5));
                    }
                    wasWarm = isWarm();
                }
                return fetch(target, options);
            };
            const model = await texelflow.loadModel(url);
            const {y} = await model.run({x: new texelflow.Tensor('float32', [6], new Float32Array(6))});
            return {wasWarm, y: Array.from(y.data)};
        }""",
        serve(tmp_path),
    )
    assert answer == {"wasWarm": True, "y": [1, 3, 5, 7, 9, 11]}


def test_first_run_asks_whether_the_gpu_is_done(page: Page, serve: Serve, tmp_path: Path) -> None:
    """Reading back blocks the page until the GPU is done: the first run, which may be slow, asks first."""
    blocked_bundle(tmp_path)
    calls = page.evaluate(
        """async (url) => {"""
        + RECORD_CALLS
        + """
            const model = await texelflow.loadModel(url);
            for (const name of ['beginQuery', 'drawArrays', 'endQuery', 'readPixels']) record(name);
            record('getQueryParameter', (isAvailable) => isAvailable ? 'done' : 'busy');
            await model.run({x});
            return calls.filter((call) => call !== 'busy');
        }""",
        serve(tmp_path),
    )
    assert calls == ["drawArrays", "beginQuery", "drawArrays", "endQuery", "done", "readPixels"]


@pytest.mark.parametrize(
    ("durations", "calls"),
    [
        ([5000, 10], ["draw", "draw", "read"]),
        ([5000, 100], ["draw", "draw", "send", "flush", "timer 90", "read"]),
        ([5000, 100, 900], ["draw", "draw", "send", "flush", "timer 90", "read"]),
        ([5000, 100, 95], ["draw", "draw", "send", "flush", "timer 86", "read"]),
        ([5000, 100, 50], ["draw", "query", "draw", "end", "flush", "flush", "read"]),
        (
            [5000, 100, 900, 800],
            ["draw", "draw", "send", "flush", "timer 720", "query", "texel", "end", "flush", "read"],
        ),
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
            let clock = 1;
            let done = 0;
            performance.now = () => clock;
            const {setTimeout} = globalThis;
            globalThis.setTimeout = (callback, delay) => {
                if (delay > 1) {
                    calls.push(`timer ${Math.round(delay)}`);
                    clock += delay;
                }
                return setTimeout(callback, 0);
            };
            record('beginQuery', () => 'query');
            record('endQuery', () => 'end');
            record('flush');
            record('drawArrays', function () {
                return this.getParameter(this.VIEWPORT)[2] === 1 ? 'texel' : 'draw';
            });
            record('readPixels', (_, ...parameters) => {
                if (typeof parameters.at(-1) === 'number') return 'send';
                clock = Math.max(clock, done);
                return 'read';
            });
            for (const duration of durations) {
                done = clock + duration;
                await model.run({x});
            }
            calls.length = 0;
            const {y} = await model.run({x});
            return {calls: [...calls], right: y.data.every((value, i) => value === 3 * i)};
        }""",
        [serve(tmp_path), durations],
    )
    assert answer["calls"] == calls
    assert answer["right"]


def test_runs_in_a_tight_loop_let_timers_fire(page: Page, serve: Serve, tmp_path: Path) -> None:
    """A loop that awaits nothing but runs would else never let the page draw."""
    blocked_bundle(tmp_path)
    answer = page.evaluate(
        """async (url) => {"""
        + RECORD_CALLS
        + """
            const model = await texelflow.loadModel(url);
            let ticks = 0;
            let longest = 0;
            let last = performance.now();
            const timer = setInterval(() => {
                ticks++;
                longest = Math.max(longest, performance.now() - last);
                last = performance.now();
            }, 1);
            const start = performance.now();
            while (performance.now() - start < 1000) await model.run({x});
            clearInterval(timer);
            return {ticks, longest};
        }""",
        serve(tmp_path),
    )
    assert answer["ticks"] >= 5, answer


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
