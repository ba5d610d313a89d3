"""The browser takes the GPU away: models are loaded again, and runs begin anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bundle_builder import add_bundle, stateful_bundle
from playwright.sync_api import Page

Serve = Callable[[Path], str]

HELPERS = """
    const prototype = WebGL2RenderingContext.prototype;
    const {readPixels} = prototype;
    const x = new texelflow.Tensor('float32', [6], new Float32Array(6));
    const codeOf = (promise) => promise.then(() => 'NO ERROR', (error) => error.code ?? error.message);
    const lose = ({loadedModel: {context: {gl}}}) =>
        gl.getExtension('WEBGL_lose_context').loseContext();
    const loseWhileReading = (times) => {
        prototype.readPixels = function (...parameters) {
            if (times-- > 0) this.getExtension('WEBGL_lose_context').loseContext();
            return readPixels.apply(this, parameters);
        };
    };
"""


def evaluate(page: Page, url: str, body: str, **options: str) -> Any:
    """What a function of the page returns that has loaded the bundle as `model`."""
    given = ", ".join(f"{name}: {value}" for name, value in options.items())
    return page.evaluate(
        f"async (url) => {{ {HELPERS} const model = await texelflow.loadModel(url, {{{given}}}); {body} }}",
        url,
    )


@pytest.fixture
def url(serve: Serve, tmp_path: Path) -> str:
    add_bundle(tmp_path)
    return serve(tmp_path)


def test_lost_context_is_restored_by_the_next_run(page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path)
    answer = page.evaluate(
        """async (url) => {
            const model = await texelflow.loadModel(url);
            const x = new texelflow.Tensor('float32', [6], new Float32Array(6));
            await model.run({x});
            const {gl} = model.loadedModel.context;
            const lose = () => gl.getExtension('WEBGL_lose_context').loseContext();
            lose();
            const between = (await model.run({x})).y.data[2];
            const during = model.run({x}).then(() => 'NO ERROR', (error) => error.message);
            await Promise.resolve();
            return {between, during: await during, after: (await model.run({x})).y.data[2]};
        }""",
        serve(tmp_path),
    )
    assert answer["between"] == 5 and answer["after"] == 5


def test_a_run_begins_anew_once(page: Page, url: str) -> None:
    answer = evaluate(
        page,
        url,
        """
        await model.run({x});
        loseWhileReading(1);
        const once = (await model.run({x})).y.data[2];
        loseWhileReading(2);
        const twice = await codeOf(model.run({x}));
        loseWhileReading(1);
        const session = (await model.session().run({x})).y.data[2];
        return {once, twice, session, after: (await model.run({x})).y.data[2]};
        """,
    )
    assert answer == {"once": 5, "twice": "context-lost", "session": 5, "after": 5}


def test_a_first_run_with_states_begins_anew_and_later_ones_do_not(
    page: Page, serve: Serve, tmp_path: Path
) -> None:
    stateful_bundle(tmp_path)
    answer = evaluate(
        page,
        serve(tmp_path),
        """
        const sums = async (each) => Array.from((await each.run({x})).y.data);
        const results = [];
        for (const each of [model, model.session()]) {
            loseWhileReading(1);
            const first = await sums(each);
            const second = await sums(each);
            loseWhileReading(1);
            const code = await codeOf(each.run({x}));
            results.push([code, (await sums(each)).join() === first.join()]);
        }
        return results;
        """,
    )
    assert answer == [["state-lost", True]] * 2


@pytest.mark.parametrize(
    ("stop", "expected"),
    [("model.dispose()", "disposed"), ("controller.abort(new Error('enough'))", "enough")],
)
def test_loading_again_is_stopped(page: Page, url: str, stop: str, expected: str) -> None:
    answer = evaluate(
        page,
        url,
        f"""
        await model.run({{x}});
        const asked = new Promise((resolve) => {{ globalThis.hold = resolve; }});
        lose(model);
        const run = codeOf(model.run({{x}}));
        await asked;
        {stop};
        return run;
        """,
        signal="(globalThis.controller = new AbortController()).signal",
        fetch="""(target, options) => {
            if (!globalThis.hold || !target.endsWith('safetensors')) return fetch(target, options);
            globalThis.hold();
            return new Promise((_, reject) => {
                options.signal.addEventListener('abort', () => reject(options.signal.reason));
            });
        }""",
    )
    assert answer == expected


def test_loading_again_needs_no_network(own_page: Page, url: str) -> None:
    """The browser's cache has the weights; the server asks to be asked whether they are still right."""
    own_page.evaluate("async (url) => { globalThis.model = await texelflow.loadModel(url); }", url)
    own_page.context.set_offline(True)
    try:
        answer = own_page.evaluate(
            f"async () => {{ {HELPERS} lose(model); return (await model.run({{x}})).y.data[2]; }}"
        )
    finally:
        own_page.context.set_offline(False)
    assert answer == 5


def test_a_signal_that_was_aborted_earlier_does_not_matter(page: Page, url: str) -> None:
    answer = evaluate(
        page,
        url,
        "controller.abort(); lose(model); return (await model.run({x})).y.data[2];",
        signal="(globalThis.controller = new AbortController()).signal",
    )
    assert answer == 5
