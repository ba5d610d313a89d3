"""Outputs that stay on the GPU, and become inputs of later runs."""

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
    g (float[n, 3] x, float[n, 3] sum, int64[2] count, float[1, c, 1, 1] vector)
    => (float[n, 3] y, float[n, 3] sum_after, int64[2] count_after,
        float[1, c, 1, 1] vector_after, float[n, 3] copied) {
        one = Constant<value_int = 1>()
        count_after = Add(count, one)
        half = Constant<value_float = 0.5>()
        kept = Mul(sum, half)
        sum_after = Add(kept, x)
        number = Cast<to = 1>(count)
        first, second = Split<axis = 0, num_outputs = 2>(number)
        total = ReduceSum<keepdims = 1>(vector)
        scalar = Reshape(total, last)
        sums = Add(sum_after, first)
        y = Add(sums, scalar)
        last = Constant<value_ints = [1]>()
        pooled = GlobalAveragePool(vector)
        vector_after = Add(pooled, half)
        copied = Identity(x)
    }"""
"""sum' = sum / 2 + x, count' = count + 1, vector' = vector + 1/2, y = sum' + count + sum of the vector."""

HELPERS = """
    const sized = (count, value) =>
        new texelflow.Tensor('float32', [count, 3], new Float32Array(3 * count).fill(value));
    const begin = (count = 1, channels = 5) => ({
        sum: sized(count, 0),
        count: new texelflow.Tensor('int64', [2], new BigInt64Array(2)),
        vector: new texelflow.Tensor('float32', [1, channels, 1, 1], new Float32Array(channels)),
    });
    const KEPT = ['sum_after', 'count_after', 'vector_after'];
    const step = async (runner, value, state, count = 1) => {
        const {y, ...after} = await runner.run({x: sized(count, value), ...state}, {keep: KEPT});
        const next = {sum: after.sum_after, count: after.count_after, vector: after.vector_after};
        return [y.data[0], next];
    };
    const errorOf = (promise) =>
        promise.then(() => ['none', ''], (error) => [error.code, error.message]);
    const bytes = () => texelflow.statistics(model).textureBytes.now;
    const lose = ({loadedModel: {context: {gl}}}) =>
        gl.getExtension('WEBGL_lose_context').loseContext();
"""


@pytest.fixture
def url(tmp_path: Path, serve: Serve) -> str:
    texelflow.export(save_text(MODEL, tmp_path), tmp_path / "bundle")
    return serve(tmp_path / "bundle")


def evaluate(page: Page, url: str, body: str) -> Any:
    """Return what a function body gives, with `model` loaded."""
    return page.evaluate(
        f"async (url) => {{ {HELPERS} const model = await texelflow.loadModel(url); {body} }}", url
    )


def expected(values: list[float], channels: int = 5) -> list[float]:
    """Return y of each run in a row, begun from zeros."""
    results, total = [], 0.0
    for count, value in enumerate(values):
        total = total / 2 + value
        results.append(total + count + count * 0.5 * channels)
    return results


def test_runs_go_on_from_what_was_kept(page: Page, url: str) -> None:
    """Of a model and of a session; twice, and from one that was used before; read at the end."""
    answer = evaluate(
        page,
        url,
        """
        const results = [];
        for (const runner of [model, model.session()]) {
            let [y, state] = await step(runner, 1, begin());
            results.push(y);
            for (const value of [2, 4]) {
                [y, state] = await step(runner, value, state);
                results.push(y);
            }
            const again = await step(runner, 8, state);
            const twice = await step(runner, 8, state);
            results.push(again[0], twice[0] - again[0]);
            results.push(Number((await state.count.read()).data[1]), (await state.sum.read()).data[2]);
            results.push(...(await state.vector.read()).data);
        }
        return results;
        """,
    )
    assert answer == 2 * [*expected([1, 2, 4, 8]), 0, 3, 5.25, *[1.5] * 5]


def test_another_model_takes_what_was_kept(page: Page, url: str) -> None:
    answer = evaluate(
        page,
        url,
        """
        const other = await texelflow.loadModel(url);
        const [, state] = await step(model, 1, begin());
        return (await step(other, 2, state))[0];
        """,
    )
    assert answer == expected([1, 2])[-1]


def test_it_describes_itself_and_gives_its_memory_back(page: Page, url: str) -> None:
    answer = evaluate(
        page,
        url,
        """
        const [, first] = await step(model, 1, begin(4), 4);
        for (const tensor of Object.values(first)) tensor.dispose();
        const before = bytes();
        const [, state] = await step(model, 1, begin(4), 4);
        const during = bytes();
        let told;
        try { state.sum.data; } catch (error) { told = [error.code, error.message]; }
        const {dtype, shape} = state.sum;
        for (const tensor of Object.values(state)) { tensor.dispose(); tensor.dispose(); }
        const gone = [await errorOf(state.sum.read()), await errorOf(step(model, 1, state, 4))];
        return {before, during, after: bytes(), told, dtype, shape, gone: gone.map(([code]) => code)};
        """,
    )
    assert answer["after"] == answer["before"] < answer["during"]
    assert answer["told"][0] == "input" and "await its read()" in answer["told"][1]
    assert answer["dtype"] == "float32" and answer["shape"] == [4, 3]
    assert answer["gone"] == ["disposed", "disposed"]


def test_it_goes_with_the_model_that_made_it(page: Page, url: str) -> None:
    answer = evaluate(
        page,
        url,
        """
        await model.run({x: sized(1, 1), ...begin()});
        const before = bytes();
        const other = await texelflow.loadModel(url);
        const [, state] = await step(other, 1, begin());
        other.dispose();
        await errorOf(other.run({}));
        await new Promise((resolve) => setTimeout(resolve));
        return [(await errorOf(state.sum.read()))[0], (await errorOf(step(model, 1, state)))[0],
            bytes() === before];
        """,
    )
    assert answer == ["disposed", "disposed", True]


def test_it_is_lost_with_the_context(page: Page, url: str) -> None:
    answer = evaluate(
        page,
        url,
        """
        const [, state] = await step(model, 1, begin());
        lose(model);
        const codes = [(await errorOf(state.sum.read()))[0], (await errorOf(step(model, 1, state)))[0]];
        return [...codes, (await step(model, 1, begin()))[0]];
        """,
    )
    assert answer == ["state-lost", "state-lost", *expected([1])]


@pytest.mark.parametrize(
    ("run", "code", "message"),
    [
        ("step(model, 1, state, 2)", "input", 'Input "sum": axis 0 is 1, but "n" is 2'),
        ("model.run({x: sized(1, 1), ...state, count: state.sum})", "input", "its dtype is float32"),
        ("model.run({x: sized(1, 1), ...state, sum: state.vector})", "input", "of rank 4"),
        ("model.run({x: sized(1, 1), ...state}, {keep: ['z']})", "option", '"z" is none'),
        ("model.run({x: sized(1, 1), ...state}, {keep: 'y'})", "option", '"y" is none'),
    ],
)
def test_misuse_of_kept_tensors_is_refused(page: Page, url: str, run: str, code: str, message: str) -> None:
    answer = evaluate(page, url, f"const [, state] = await step(model, 1, begin()); return errorOf({run});")
    assert answer[0] == code and message in answer[1], answer


def test_an_empty_tensor_is_kept(page: Page, url: str) -> None:
    answer = evaluate(
        page,
        url,
        """
        const [, state] = await step(model, 1, begin(0), 0);
        await step(model, 1, state, 0);
        return [state.sum.shape, (await state.sum.read()).data.length];
        """,
    )
    assert answer == [[0, 3], 0]


def test_the_code_is_fetched_when_a_run_keeps_something(own_page: Page, url: str) -> None:
    requested: list[str] = []
    own_page.on("request", lambda request: requested.append(request.url.rpartition("/")[2]))
    evaluate(own_page, url, "await model.run({x: sized(1, 1), ...begin()})")
    assert "texelflow.keep.js" not in requested
    evaluate(own_page, url, "await step(model, 1, begin())")
    assert "texelflow.keep.js" in requested
