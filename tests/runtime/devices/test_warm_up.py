"""Drivers do their work while weights download: programs draw nothing once before they draw."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from bundle_builder import ADD_FLAT, BundleBuilder, add_bundle, alias_bundle, blocked_bundle
from playwright.sync_api import Page
from run_support import RECORD_CALLS

Serve = Callable[[Path], str]


def test_programs_of_a_run_are_first_drawn_with_over_no_pixel(
    page: Page, serve: Serve, tmp_path: Path
) -> None:
    """Each once while loading, with the render targets of the run."""
    blocked_bundle(tmp_path)
    answer = page.evaluate(
        """async (url) => {"""
        + RECORD_CALLS
        + """
            record('drawArrays', function (_, mode, first, count) {
                const targets = [...Array(8).keys()].filter((i) =>
                    this.getParameter(this.DRAW_BUFFER0 + i) === this.COLOR_ATTACHMENT0 + i).length;
                const viewport = Array.from(this.getParameter(this.VIEWPORT));
                return {first, targets, viewport};
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
                    while (warm() < 2 && performance.now() - start < 30_000) {
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
                    while (!isWarm() && performance.now() - start < 30_000) {
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
