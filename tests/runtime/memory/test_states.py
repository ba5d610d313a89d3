"""What sessions remember: exchanged after each run, forgotten, saved, and lost with the context."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

import texelflow
from model_support import save_text

Serve = Callable[[Path], str]

MODEL = """
    g (float[n, 3] x, float[n, 3] sum, int64[2] count)
    => (float[n, 3] y, float[n, 3] sum_after, int64[2] count_after) {
        one = Constant<value_int = 1>()
        count_after = Add(count, one)
        half = Constant<value_float = 0.5>()
        kept = Mul(sum, half)
        sum_after = Add(kept, x)
        number = Cast<to = 1>(count)
        first, second = Split<axis = 0, num_outputs = 2>(number)
        y = Add(sum_after, first)
    }"""
"""sum' = sum / 2 + x, count' = count + 1, y = sum' + count."""

HELPERS = """
    const sized = (count, value) =>
        new texelflow.Tensor('float32', [count, 3], new Float32Array(3 * count).fill(value));
    const first = async (session, value, count = 1) =>
        (await session.run({x: sized(count, value)})).y.data[0];
    const lose = (model) => {
        const {gl} = model.loadedModel.context;
        gl.getExtension('WEBGL_lose_context').loseContext();
        return new Promise((resolve) => gl.canvas.addEventListener('webglcontextlost', resolve));
    };
    const codeOf = (promise) => promise.then(() => 'none', (error) => error.code);
"""


@pytest.fixture
def url(tmp_path: Path, serve: Serve) -> str:
    path = save_text(MODEL, tmp_path)
    states = {"sum_after": "sum", "count_after": "count"}
    texelflow.export(path, tmp_path / "bundle", states=states)
    return serve(tmp_path / "bundle")


def evaluate(page: Page, url: str, body: str) -> Any:
    """Return what a function body gives, with `model` loaded."""
    return page.evaluate(
        f"async (url) => {{ {HELPERS} const model = await texelflow.loadModel(url); {body} }}", url
    )


def expected(values: list[float]) -> list[float]:
    """The first number of y after runs with these inputs."""
    results, total = [], 0.0
    for count, value in enumerate(values):
        total = total / 2 + value
        results.append(total + count)
    return results


def test_runs_go_on_from_the_last(page: Page, url: str) -> None:
    answer = evaluate(
        page,
        url,
        """
        const before = [];
        for (const value of [1, 2, 4, 8, 16]) before.push(await first(model, value));
        await model.reset();
        const after = [await first(model, 1), await first(model, 2)];
        return {before, after, inputs: model.inputs.map(({name}) => name),
            outputs: model.outputs.map(({name}) => name), states: model.states.map(({name}) => name)};
        """,
    )
    assert answer["before"] == expected([1, 2, 4, 8, 16])
    assert answer["after"] == expected([1, 2])
    assert (answer["inputs"], answer["outputs"]) == (["x"], ["y"])
    assert sorted(answer["states"]) == ["count", "sum"]


def test_sessions_remember_for_themselves(page: Page, url: str) -> None:
    answer = evaluate(
        page,
        url,
        """
        const other = model.session();
        const results = {own: [], other: []};
        for (const value of [1, 2, 4]) {
            results.own.push(await first(model, value));
            results.other.push(await first(other, 10 * value));
        }
        other.dispose();
        results.disposed = await codeOf(first(other, 1));
        results.own.push(await first(model, 8));
        return results;
        """,
    )
    assert answer["own"] == expected([1, 2, 4, 8])
    assert answer["other"] == expected([10, 20, 40])
    assert answer["disposed"] == "disposed"


def test_what_is_saved_goes_on_elsewhere(page: Page, url: str) -> None:
    answer = evaluate(
        page,
        url,
        """
        const [one, other] = [model.session(), model.session()];
        const none = Object.keys(await one.save());
        await first(one, 1);
        await first(one, 2);
        const saved = await one.save();
        await first(other, 100);
        await other.restore(saved);
        const unknown = await codeOf(other.restore({...saved, more: saved.sum}));
        const missing = await codeOf(other.restore({sum: saved.sum}));
        const text = Object.fromEntries(Object.entries(saved).map(([name, {dtype, shape, data}]) =>
            [name, [dtype, shape, Array.from(data, Number)]]));
        return {none, text, unknown, missing, results: [await first(other, 4), await first(one, 4)]};
        """,
    )
    assert answer["none"] == []
    assert answer["text"] == {"sum": ["float32", [1, 3], [2.5] * 3], "count": ["int64", [2], [2, 2]]}
    assert (answer["unknown"], answer["missing"]) == ("input", "input")
    assert answer["results"] == [expected([1, 2, 4])[-1]] * 2


def test_sizes_may_change_after_a_reset_only(page: Page, url: str) -> None:
    answer = evaluate(
        page,
        url,
        """
        const results = [await first(model, 1), await first(model, 2)];
        const refused = await codeOf(first(model, 4, 2));
        results.push(await first(model, 4));
        await model.reset();
        const others = [await first(model, 1, 2), await first(model, 2, 2)];
        return {results, refused, others};
        """,
    )
    assert answer == {"results": expected([1, 2, 4]), "refused": "size", "others": expected([1, 2])}


def test_what_was_remembered_is_lost_with_the_context(page: Page, url: str) -> None:
    answer = evaluate(
        page,
        url,
        """
        const other = model.session();
        await first(model, 1);
        await first(other, 1);
        const saved = await other.save();
        await lose(model);
        const codes = [await codeOf(first(model, 2)), await codeOf(first(other, 2))];
        const again = [await first(model, 1), await first(model, 2)];
        await other.restore(saved);
        return {codes, again, restored: await first(other, 2)};
        """,
    )
    assert answer["codes"] == ["state-lost", "state-lost"]
    assert answer["again"] == expected([1, 2])
    assert answer["restored"] == expected([1, 2])[-1]


def test_steady_runs_create_nothing(page: Page, url: str) -> None:
    answer = evaluate(
        page,
        url,
        """
        for (let run = 0; run < 3; run++) await first(model, 1);
        const before = JSON.stringify(texelflow.statistics(model).created);
        for (let run = 0; run < 6; run++) await first(model, 1);
        return [before, JSON.stringify(texelflow.statistics(model).created)];
        """,
    )
    assert answer[0] == answer[1]


def test_a_failed_run_leaves_what_is_remembered(page: Page, url: str) -> None:
    answer = evaluate(
        page,
        url,
        """
        await first(model, 1);
        const wrong = await codeOf(model.run({x: new texelflow.Tensor('int32', [1], new Int32Array(1))}));
        return {wrong, next: await first(model, 2)};
        """,
    )
    assert answer == {"wrong": "input", "next": expected([1, 2])[-1]}


@pytest.mark.parametrize(
    ("states", "reason"),
    [
        ({"z": "sum"}, "there is no output 'z' to be a state; there are y, sum_after, count_after"),
        ({"y": "z"}, "there is no input 'z' to be a state; there are x, sum, count"),
        ({"y": "count"}, "a state keeps its type and shape"),
        ({"y": "sum", "sum_after": "sum"}, "input 'sum' is of two states"),
        ({"y": "x", "sum_after": "sum"}, "no other input has the size n of state 'x'"),
    ],
)
def test_wrong_states_are_refused(tmp_path: Path, states: dict[str, str], reason: str) -> None:
    with pytest.raises(texelflow.ExportError) as caught:
        texelflow.inspect(save_text(MODEL, tmp_path), states=states)
    assert reason in str(caught.value)
