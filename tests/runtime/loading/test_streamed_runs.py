"""Models that run while their weights are still on the way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bundle_builder import ADD_FLAT, BundleBuilder
from playwright.sync_api import Page

Serve = Callable[[Path], str]

# The last eight bytes of the weights come when `release()` is called, inverted when it is called with true.
HOLD_BACK = """
    const original = globalThis.fetch;
    let release;
    const released = new Promise((resolve) => { release = resolve; });
    globalThis.fetch = async (address, options) => {
        const response = await original(address, options);
        if (!String(address).endsWith('safetensors')) return response;
        const bytes = new Uint8Array(await response.arrayBuffer());
        const first = bytes.slice(0, -8);
        const last = bytes.slice(-8);
        return new Response(new ReadableStream({
            start: async (controller) => {
                controller.enqueue(first);
                controller.enqueue((await released) ? last.map((byte) => byte ^ 255) : last);
                controller.close();
            },
        }));
    };
    let draws = 0;
    const stream = async (options) => {
        const model = await texelflow.loadModel(url, {streaming: true, ...options});
        draws = 0;
        return model;
    };
    const prototype = WebGL2RenderingContext.prototype;
    const {drawArrays} = prototype;
    prototype.drawArrays = function (mode, first, count) {
        if (first === 0) draws++;
        drawArrays.call(this, mode, first, count);
    };
    const later = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
    const until = async (isDone) => { while (!isDone()) await later(5); };
    const state = async (promise) =>
        Promise.race([promise.then(() => 'done', (error) => error.message), later(50).then(() => 'waits')]);
    const x = () => new texelflow.Tensor('float32', [18], Float32Array.from({length: 18}, (_, i) => i));
"""


@pytest.fixture
def url(serve: Serve, tmp_path: Path) -> str:
    """y = 2·(2·(x + first) + second), with first = 1 and second = 3 everywhere."""
    builder = BundleBuilder()
    x, middle, y = (builder.tensor([18], lifetime=[step - 1, step]) for step in range(3))
    weights = [
        builder.weight(key, [np.full(18, value, np.float32)]) for key, value in (("first", 1), ("second", 3))
    ]
    builder.input("x", x)
    builder.output("y", y)
    program = builder.program(ADD_FLAT, ["a", "b"], "add")
    builder.draw(program, [x, weights[0]], middle, floats=[2])
    builder.draw(program, [middle, weights[1]], y, floats=[2])
    builder.write(tmp_path)
    return serve(tmp_path)


def outcome(page: Page, url: str, script: str) -> Any:
    return page.evaluate(f"async (url) => {{ {HOLD_BACK} {script} }}", url)


def test_computes_as_far_as_weights_have_come(page: Page, url: str) -> None:
    answer = outcome(
        page,
        url,
        """
        const model = await stream();
        const run = model.run({x: x()});
        await until(() => draws > 0);
        const before = [draws, await state(run), await state(model.loaded), draws];
        release();
        const {y} = await run;
        await model.loaded;
        const after = draws;
        const again = await model.run({x: x()});
        return {before, after, y: Array.from(y.data), again: Array.from(again.y.data)};
        """,
    )
    assert answer["before"] == [1, "waits", "waits", 1]
    assert answer["after"] == 2
    assert answer["y"] == answer["again"] == [4 * i + 10 for i in range(18)]


def test_waits_for_all_weights_unless_asked(page: Page, url: str) -> None:
    answer = outcome(
        page,
        url,
        """
        const loading = texelflow.loadModel(url);
        const before = await state(loading);
        release();
        return [before, await loading.then(() => 'done')];
        """,
    )
    assert answer == ["waits", "done"]


@pytest.mark.parametrize(
    ("happens", "message"),
    [
        ("release(true)", "was altered since it was exported"),
        ("model.dispose()", 'The model "test" was disposed.'),
        ("controller.abort(new Error('enough'))", "enough"),
    ],
)
def test_runs_reject_when_loading_fails(page: Page, url: str, happens: str, message: str) -> None:
    answer = outcome(
        page,
        url,
        f"""
        const unhandled = [];
        addEventListener('unhandledrejection', ({{reason}}) => unhandled.push(String(reason)));
        const controller = new AbortController();
        const model = await stream({{signal: controller.signal}});
        const run = model.run({{x: x()}});
        run.catch(() => {{}});
        await until(() => draws > 0);
        {happens};
        await until(() => texelflow.statistics(model).textureBytes.now === 0);
        const states = [await state(run), await state(model.loaded), await state(model.run({{x: x()}}))];
        const {{gl}} = model.loadedModel.context;
        gl.getExtension('WEBGL_lose_context').loseContext();
        states.push(await state(model.run({{x: x()}})));
        return {{states, unhandled, bytes: texelflow.statistics(model).textureBytes.now}};
        """,
    )
    assert [message in state for state in answer["states"]] == [True] * 4, answer
    assert answer["unhandled"] == [] and answer["bytes"] == 0


def test_a_lost_context_is_made_up_for(page: Page, url: str) -> None:
    """What was on its way belongs to the context that is lost: the model is loaded again for the run."""
    answer = outcome(
        page,
        url,
        """
        const model = await stream();
        const lost = model.run({x: x()});
        lost.catch(() => {});
        await until(() => draws > 0);
        model.loadedModel.context.gl.getExtension('WEBGL_lose_context').loseContext();
        release();
        const {y} = await lost;
        const {y: next} = await model.run({x: x()});
        return {y: Array.from(y.data), next: Array.from(next.data)};
        """,
    )
    assert answer["y"] == answer["next"] == [4 * i + 10 for i in range(18)]
