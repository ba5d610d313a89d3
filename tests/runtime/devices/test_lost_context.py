"""The browser takes the GPU away: models are loaded again, and runs begin anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bundle_builder import add_bundle, stateful_bundle
from playwright.sync_api import Page

import texelflow
from model_support import save_text

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


def test_what_was_lost_is_told_to_somebody(page: Page, serve: Serve, tmp_path: Path) -> None:
    """Not to a run that was given up while it waited, whose caller does not hear of it."""
    stateful_bundle(tmp_path)
    answer = evaluate(
        page,
        serve(tmp_path),
        """
        await model.run({x});
        const stop = new AbortController();
        const codes = [model.run({x}, {signal: stop.signal}), model.run({x}, {latest: true})].map(codeOf);
        const last = codeOf(model.run({x}, {latest: true}));
        lose(model);
        stop.abort(new Error('enough'));
        return Promise.all([...codes, last, codeOf(model.run({x}))]);
        """,
    )
    assert answer == ["enough", "superseded", "state-lost", "NO ERROR"]


def test_a_model_that_was_disposed_is_not_loaded_again(page: Page, url: str) -> None:
    answer = evaluate(
        page,
        url,
        """
        await model.run({x});
        prototype.readPixels = function (...parameters) {
            this.getExtension('WEBGL_lose_context').loseContext();
            model.dispose();
            return readPixels.apply(this, parameters);
        };
        return codeOf(model.run({x}));
        """,
    )
    assert answer == "disposed"


@pytest.mark.parametrize("reading", range(4))
def test_lost_in_the_self_test(blank_page: Page, url: str, reading: int) -> None:
    """Whatever it reads then says nothing of the browser."""
    blank_page.evaluate("async () => { globalThis.texelflow = await import('/dist/texelflow.debug.js'); }")
    answer = blank_page.evaluate(
        f"""async ([url, reading]) => {{
            {HELPERS}
            let readings = 0;
            prototype.readPixels = function (...parameters) {{
                if (readings++ === reading) this.getExtension('WEBGL_lose_context').loseContext();
                return readPixels.apply(this, parameters);
            }};
            return [await codeOf(texelflow.loadModel(url)), readings];
        }}""",
        [url, reading],
    )
    assert answer[1] > reading or answer[0] == "NO ERROR"
    assert answer[0] in ("context-lost", "NO ERROR")


BRANCHES = """
    g (float[3] x, int64 k, float[3] sum) => (float[m] y, float[3] after) {
        after = Add(sum, x)
        zero = Constant<value_int = 0>()
        is_odd = Greater(k, zero)
        y = If(is_odd) <
            then_branch = yes () => (float[m] a) { a = Concat<axis = 0>(after, after) },
            else_branch = no () => (float[m] b) { b = Neg(after) }
        >
    }"""


def test_lost_while_a_branch_is_loaded(page: Page, serve: Serve, tmp_path: Path) -> None:
    """What the branch before remembered is not taken for zeros."""
    texelflow.export(save_text(BRANCHES, tmp_path), tmp_path / "bundle", states={"after": "sum"})
    answer = evaluate(
        page,
        serve(tmp_path / "bundle"),
        """
        const run = async (k) => {
            const x = new texelflow.Tensor('float32', [3], new Float32Array(3).fill(1));
            const {y} = await model.run({x, k: new texelflow.Tensor('int64', [], BigInt64Array.of(k))});
            return y.data[0];
        };
        const first = await run(1n);
        globalThis.whenAsked = () => { globalThis.whenAsked = null; lose(model); };
        const other = await run(0n).catch((error) => error.code);
        return [first, other, await run(0n), await run(1n)];
        """,
        fetch="""(target, options) => {
            globalThis.whenAsked?.();
            return fetch(target, options);
        }""",
    )
    assert answer == [1, "state-lost", -1, 2]


def test_a_signal_that_was_aborted_earlier_does_not_matter(page: Page, url: str) -> None:
    answer = evaluate(
        page,
        url,
        "controller.abort(); lose(model); return (await model.run({x})).y.data[2];",
        signal="(globalThis.controller = new AbortController()).signal",
    )
    assert answer == 5


def test_what_a_session_frees_is_not_loaded_again(page: Page, url: str) -> None:
    """A session of a model whose context was lost, and one that outlives its model: nothing is left."""
    answer = evaluate(
        page,
        url,
        """
        const session = model.session();
        await session.run({x});
        lose(model);
        await new Promise((resolve) => setTimeout(resolve, 50));
        const before = model.loadedModel;
        session.dispose();
        await new Promise((resolve) => setTimeout(resolve, 200));
        const isSame = model.loadedModel === before;
        const after = await codeOf(session.run({x}));
        const again = (await model.run({x})).y.data.length;
        const late = model.session();
        await late.run({x});
        model.dispose();
        late.dispose();
        await new Promise((resolve) => setTimeout(resolve, 50));
        return {isSame, after, again, sessions: before.sessions.size};
        """,
    )
    assert answer == {"isSame": True, "after": "disposed", "again": answer["again"], "sessions": 0}
    assert answer["again"] > 0


def test_a_model_without_states_refuses_some(page: Page, url: str) -> None:
    answer = evaluate(
        page,
        url,
        """
        const session = model.session();
        await session.restore(await session.save());
        const message = await session.restore({h: x}).catch(({code, message}) => `${code}: ${message}`);
        model.dispose();
        return message;
        """,
    )
    assert answer == 'input: The model has no state "h"; its states are: none.'
