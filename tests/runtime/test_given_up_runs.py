"""Runs that nobody waits for: aborted, or behind later ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bundle_builder import stateful_bundle
from playwright.sync_api import Page

import texelflow
from model_support import save_text

Serve = Callable[[Path], str]

MODEL = "g (float[n] x) => (float[n] y, float[n] z) { y = Add(x, x) z = Neg(x) }"
HELPERS = """
    const {prototype} = WebGL2RenderingContext;
    const {drawArrays} = prototype;
    let draws = 0;
    prototype.drawArrays = function (...parameters) { draws++; return drawArrays.apply(this, parameters); };
    const x = (value) => new texelflow.Tensor('float32', [3], new Float32Array(3).fill(value));
    const ended = (promise) => promise.then(
        ({y}) => ('read' in y ? 'kept' : y.data[0]), (error) => error.code ?? error.message ?? error);
    const all = (promises) => Promise.all(promises.map(ended));
    const each = (runner, values, options) => values.map((value) => runner.run({x: x(value)}, options));
"""


@pytest.fixture
def url(tmp_path: Path, serve: Serve) -> str:
    texelflow.export(save_text(MODEL, tmp_path), tmp_path / "bundle")
    return serve(tmp_path / "bundle")


def evaluate(page: Page, url: str, body: str) -> Any:
    """Return what a function body gives, with `model` loaded and run once."""
    return page.evaluate(
        f"""async (url) => {{
            {HELPERS}
            const model = await texelflow.loadModel(url);
            await model.run({{x: x(0)}});
            draws = 0;
            {body}
        }}""",
        url,
    )


def test_only_the_latest_is_run(page: Page, url: str) -> None:
    """And what was asked for without `latest`; a session and the model do not drop each other's."""
    answer = evaluate(
        page,
        url,
        """
        const one = (await all([model.run({x: x(1)}, {latest: true})]))[0];
        const before = draws;
        const several = await all(each(model, [1, 2, 3], {latest: true}));
        const after = draws;
        const mixed = await all([
            model.run({x: x(1)}, {latest: true}), model.run({x: x(2)}), model.run({x: x(3)}, {latest: true}),
        ]);
        const session = model.session();
        await session.run({x: x(0)});
        const latest = {latest: true};
        const apart = await all([...each(session, [1, 2], latest), ...each(model, [3], latest)]);
        return {one, several, cost: [before, after - before], mixed, apart};
        """,
    )
    assert answer["one"] == 2
    assert answer["several"] == ["superseded", "superseded", 6]
    assert answer["cost"][0] == answer["cost"][1]
    assert answer["mixed"] == ["superseded", 4, 6]
    assert answer["apart"] == ["superseded", 4, 6]


def test_a_run_that_has_begun_is_finished(page: Page, url: str) -> None:
    answer = evaluate(
        page,
        url,
        """
        const first = model.run({x: x(1)}, {latest: true});
        while (!draws) await new Promise((resolve) => setTimeout(resolve));
        return all([first, ...each(model, [2, 3], {latest: true})]);
        """,
    )
    assert answer in (
        [2, "superseded", 6],
        [2, 4, 6],
    )  # the first may be done before the others are asked for


def test_signals(page: Page, url: str) -> None:
    """Aborted before, while it waits, and behind its end; by reason, at once, and others go on."""
    answer = evaluate(
        page,
        url,
        """
        const aborted = AbortSignal.abort('before');
        const controller = new AbortController();
        const [first, waiting, last] = each(model, [1, 2, 3], {}).map((run, index) =>
            index === 1 ? model.run({x: x(2)}, {signal: controller.signal}) : run);
        const order = [];
        first.then(() => order.push('first'));
        waiting.catch(() => order.push('aborted'));
        controller.abort('reason');
        const results = await all([model.run({x: x(9)}, {signal: aborted}), first, waiting, last]);
        const late = new AbortController();
        const done = await ended(model.run({x: x(4)}, {signal: late.signal}));
        late.abort();
        const session = await ended(model.session().run({x: x(5)}, {signal: aborted}));
        return {results, order, done, session};
        """,
    )
    assert answer["results"] == ["before", 2, "reason", 6]
    assert answer["order"] == ["aborted", "first"]
    assert answer["done"] == 8 and answer["session"] == "before"


def test_what_an_aborted_run_keeps_is_freed(page: Page, url: str) -> None:
    answer = evaluate(
        page,
        url,
        """
        const bytes = () => texelflow.statistics(model).textureBytes.now;
        (await model.run({x: x(1)}, {keep: ['y']})).y.dispose();
        const before = bytes();
        const controller = new AbortController();
        const counted = prototype.drawArrays;
        prototype.drawArrays = function (...parameters) {
            controller.abort('reason');
            return counted.apply(this, parameters);
        };
        const result = await ended(model.run({x: x(1)}, {keep: ['y'], signal: controller.signal}));
        await model.run({x: x(1)});
        return [result, draws > 0, bytes() - before];
        """,
    )
    assert answer == ["reason", True, 0]


def test_an_aborted_run_leaves_a_state_as_it_was(page: Page, serve: Serve, tmp_path: Path) -> None:
    stateful_bundle(tmp_path)
    answer = page.evaluate(
        """async (url) => {
            const x = new texelflow.Tensor('float32', [6], new Float32Array(6).fill(1));
            const states = [];
            for (const signal of [undefined, AbortSignal.abort('no')]) {
                const session = (await texelflow.loadModel(url)).session();
                await session.run({x});
                await session.run({x}, {signal}).catch(() => {});
                states.push((await session.run({x})).y.data[0]);
            }
            return states;
        }""",
        serve(tmp_path),
    )
    assert answer[0] != answer[1]
