"""Which programs are issued when, and what is asked of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from bundle_builder import ADD_FLAT, BundleBuilder, blocked_bundle
from playwright.sync_api import Page

Serve = Callable[[Path], str]

RECORD_LINKING = """
    const calls = [];
    const polls = new Map();
    const {linkProgram, getProgramParameter, getExtension} = WebGL2RenderingContext.prototype;
    WebGL2RenderingContext.prototype.getExtension = function (name) {
        if (name !== 'KHR_parallel_shader_compile') return getExtension.call(this, name);
        return TELLS ? {COMPLETION_STATUS_KHR: 0x91b1} : null;
    };
    WebGL2RenderingContext.prototype.linkProgram = function (program) {
        calls.push('link');
        linkProgram.call(this, program);
    };
    WebGL2RenderingContext.prototype.getProgramParameter = function (program, name) {
        if (name === 0x91b1) {
            calls.push('poll');
            polls.set(program, (polls.get(program) ?? 0) + 1);
            return polls.get(program) > 10;
        }
        const isEarly = TELLS && !(polls.get(program) > 10);
        if (name === this.LINK_STATUS) calls.push(isEarly ? 'early status' : 'status');
        return getProgramParameter.call(this, program, name);
    };
"""
"""Records in `calls`; TELLS: whether the browser tells which programs are linked, at the eleventh time."""

TELLS = "const TELLS = true;" + RECORD_LINKING
ASKS = "const TELLS = false;" + RECORD_LINKING


def _chain_of_programs(folder: Path, count: int) -> None:
    """Writes a bundle whose run takes a program of its own for each of `count` draws."""
    builder = BundleBuilder()
    chain = [builder.tensor([6], lifetime=[step - 1, step]) for step in range(count + 1)]
    w = builder.weight("w", [np.ones(6, np.float32)])
    builder.input("x", chain[0])
    builder.output("y", chain[-1])
    for step in range(count):
        add = builder.program(ADD_FLAT + f"const int STEP = {step};\n", ["a", "b"], f"add {step}")
        builder.draw(add, [chain[step], w], chain[step + 1], floats=[1])
    builder.write(folder)


@pytest.mark.parametrize("tells", [False, True])
def test_programs_are_issued_ahead(page: Page, serve: Serve, tmp_path: Path, tells: bool) -> None:
    """All at once where the browser tells which are linked, else three ahead of those drawn with."""
    _chain_of_programs(tmp_path, 8)
    calls = page.evaluate(
        "async (url) => {"
        + (TELLS if tells else ASKS)
        + """
            const {drawArrays} = WebGL2RenderingContext.prototype;
            WebGL2RenderingContext.prototype.drawArrays = function (mode, first, count) {
                if (first > 0) calls.push('warm');
                drawArrays.call(this, mode, first, count);
            };
            await texelflow.loadModel(url);
            return calls.filter((call) => call === 'link' || call === 'warm');
        }""",
        serve(tmp_path),
    )
    # The self-test's program is linked first.
    ahead = 8 if tells else 3
    assert calls == ["link"] * (1 + ahead) + ["warm", "link"] * (8 - ahead) + ["warm"] * ahead


def _calls_of_loading(page: Page, url: str, recording: str) -> list[str]:
    script = "await texelflow.loadModel(url); return calls;"
    calls: list[str] = page.evaluate("async (url) => {" + recording + script + "}", url)
    return calls


def test_two_programs_are_issued_before_any_is_asked_for(page: Page, serve: Serve, tmp_path: Path) -> None:
    blocked_bundle(tmp_path)
    calls = _calls_of_loading(page, serve(tmp_path), ASKS)
    # The self-test's program comes first, and may be asked for at any time.
    assert calls.pop(0) == "link"
    calls.remove("status")
    assert calls == ["link"] * 2 + ["status"] * 2


def test_the_device_is_tested_while_the_graph_is_on_its_way(page: Page, serve: Serve, tmp_path: Path) -> None:
    blocked_bundle(tmp_path)
    calls = page.evaluate(
        "async (url) => {"
        + ASKS
        + """
            const original = window.fetch;
            let before;
            window.fetch = async (...parameters) => {
                const response = await original(...parameters);
                if (!String(parameters[0]).endsWith('graph.json')) return response;
                const end = performance.now() + 30_000;
                while (calls.length < 2 && performance.now() < end) {
                    await new Promise((resolve) => setTimeout(resolve, 10));
                }
                before = [...calls];
                return response;
            };
            await texelflow.loadModel(url);
            return before;
        }""",
        serve(tmp_path),
    )
    assert calls == ["link", "status"]


def test_parallel_compilation_is_polled(page: Page, serve: Serve, tmp_path: Path) -> None:
    blocked_bundle(tmp_path)
    calls = _calls_of_loading(page, serve(tmp_path), TELLS)
    # The self-test's program, and the model's two.
    assert [calls.count(call) for call in ("link", "status", "early status")] == [3, 3, 0]
    assert calls.count("poll") >= 33 and calls[-2:] == ["status", "status"]
