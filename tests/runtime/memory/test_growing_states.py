"""States that are longer after each run, as the keys and values of a language model are."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from playwright.sync_api import Page

import texelflow
from bundle_runner import encode
from model_support import save_text

Serve = Callable[[Path], str]

WEIGHTS = np.random.default_rng(3).standard_normal((2, 6, 6)).round(3)
MODEL = f"""
    g (float[b, s, 6] x, int64[b, total] mask, float[b, p, 6] keys, float[b, 3, q, 2] values)
    => (float[b, s, 6] y, float[b, all, 6] keys_after, float[b, 3, more, 2] values_after)
    <float[6, 6] wk = {{{", ".join(map(str, WEIGHTS[0].ravel()))}}},
     float[6, 6] wv = {{{", ".join(map(str, WEIGHTS[1].ravel()))}}},
     int64[4] heads = {{0, 0, 3, 2}}, int64[3] joined = {{0, 0, 6}}, int64[2] apart = {{1, 2}}> {{
        k = MatMul(x, wk)
        keys_after = Concat<axis = 1>(keys, k)
        v = MatMul(x, wv)
        split = Reshape(v, heads)
        turned = Transpose<perm = [0, 2, 1, 3]>(split)
        values_after = Concat<axis = 2>(values, turned)
        keys_by_head = Reshape(keys_after, heads)
        kt = Transpose<perm = [0, 2, 3, 1]>(keys_by_head)
        xs = Reshape(x, heads)
        queries = Transpose<perm = [0, 2, 1, 3]>(xs)
        scores = MatMul(queries, kt)
        kept = Cast<to = 1>(mask)
        upright = Unsqueeze(kept, apart)
        masked = Mul(scores, upright)
        weights = Softmax(masked)
        found = MatMul(weights, values_after)
        back = Transpose<perm = [0, 2, 1, 3]>(found)
        y = Reshape(back, joined)
    }}"""
STATES = {"keys_after": "keys", "values_after": "values"}

HELPERS = """
    const {Tensor} = texelflow;
    const ARRAYS = {float32: Float32Array, int64: BigInt64Array};
    const given = (feeds) => Object.fromEntries(Object.entries(feeds).map(([name, {dtype, shape, data}]) =>
        [name, new Tensor(dtype, shape, new ARRAYS[dtype](Uint8Array.fromBase64(data).buffer))]));
    const textOf = ({data}) => new Uint8Array(data.buffer.slice(0)).toBase64();
    const codeOf = (promise) => promise.then(() => 'none', (error) => error.code);
    const steps = async (session, list) => {
        const results = [];
        for (const feeds of list) results.push(textOf((await session.run(given(feeds))).y));
        return results;
    };
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return save_text(MODEL, tmp_path)


@pytest.fixture
def url(source: Path, tmp_path: Path, serve: Serve) -> str:
    texelflow.export(source, tmp_path / "bundle", states=STATES)
    return serve(tmp_path / "bundle")


def feeds(lengths: list[int], batch: int = 1, seed: int = 0) -> list[dict[str, np.ndarray]]:
    """Return the inputs of runs in a row, each of so many tokens."""
    random = np.random.default_rng(seed)
    totals = np.cumsum(lengths)
    return [
        {
            "x": random.standard_normal((batch, length, 6)).astype(np.float32),
            "mask": random.integers(0, 2, (batch, total)),
        }
        for length, total in zip(lengths, totals, strict=True)
    ]


def expected(source: Path, runs: list[dict[str, np.ndarray]]) -> list[np.ndarray]:
    """Return y of each run, with what each leaves given to the next by ONNX Runtime."""
    session = onnxruntime.InferenceSession(source, providers=["CPUExecutionProvider"])
    batch = runs[0]["x"].shape[0]
    past = {
        "keys": np.zeros((batch, 0, 6), np.float32),
        "values": np.zeros((batch, 3, 0, 2), np.float32),
    }
    results = []
    for run in runs:
        y, keys, values = session.run(["y", *STATES], {**run, **past})
        past = {"keys": keys, "values": values}
        results.append(y)
    return results


def evaluate(page: Page, url: str, body: str, **runs: Any) -> Any:
    """Return what a function body gives, with `model` loaded and the feeds of runs by name."""
    lists = {name: [encode(one) for one in each] for name, each in runs.items()}
    return page.evaluate(
        f"""async ([url, {{{", ".join(lists)}}}]) => {{
            {HELPERS} const model = await texelflow.loadModel(url); {body}
        }}""",
        [url, lists],
    )


def assert_close(texts: list[str], arrays: list[np.ndarray]) -> None:
    for text, array in zip(texts, arrays, strict=True):
        numbers = np.frombuffer(base64.b64decode(text), np.float32)
        np.testing.assert_allclose(numbers, array.ravel(), rtol=1e-4, atol=1e-5)


def test_runs_go_on(page: Page, url: str, source: Path) -> None:
    """A prompt, then token by token until textures grow; begun anew; two sessions of other batches."""
    long, short, pair = feeds([5, *[1] * 40, 3]), feeds([1, 1, 2], seed=1), feeds([2, 1, 1], 2, seed=2)
    answer = evaluate(
        page,
        url,
        """
        const before = await steps(model, long);
        await model.reset();
        const again = await steps(model, short);
        const other = model.session();
        const batch = await steps(other, pair.slice(0, 2));
        await model.reset();
        const first = await steps(model, short.slice(0, 1));
        batch.push(...await steps(other, pair.slice(2)));
        return {before, again, batch, first};
        """,
        long=long,
        short=short,
        pair=pair,
    )
    assert_close(answer["before"], expected(source, long))
    assert_close(answer["again"], expected(source, short))
    assert_close(answer["batch"], expected(source, pair))
    assert_close(answer["first"], expected(source, short)[:1])


def test_a_prefix_is_saved_and_restored(page: Page, url: str, source: Path) -> None:
    runs = feeds([4, 1, 2])
    answer = evaluate(
        page,
        url,
        """
        await steps(model, runs.slice(0, 1));
        const prefix = await model.session().save();
        const session = model.session();
        await steps(session, runs.slice(0, 1));
        const saved = await session.save();
        const once = await steps(session, runs.slice(1));
        const fresh = model.session();
        await fresh.restore(saved);
        const twice = await steps(fresh, runs.slice(1));
        return {once, twice, shapes: [saved.keys.shape, saved.values.shape], empty: Object.keys(prefix)};
        """,
        runs=runs,
    )
    assert answer["shapes"] == [[1, 4, 6], [1, 3, 4, 2]] and answer["empty"] == []
    assert_close(answer["once"], expected(source, runs)[1:])
    assert_close(answer["twice"], expected(source, runs)[1:])


def test_other_sizes_are_refused_and_leave_what_was_there(page: Page, url: str, source: Path) -> None:
    runs, pair = feeds([2, 1]), feeds([2, 1], 2)
    answer = evaluate(
        page,
        url,
        """
        const first = await steps(model, runs.slice(0, 1));
        const refused = [await codeOf(model.run(given(pair[1]))), await codeOf(model.run(given(runs[0])))];
        return {refused, results: [...first, ...await steps(model, runs.slice(1))]};
        """,
        runs=runs,
        pair=pair,
    )
    assert answer["refused"] == ["size", "size"]
    assert_close(answer["results"], expected(source, runs))


def test_memory_is_given_back(page: Page, url: str) -> None:
    """What a session holds, and what the model does, when each goes."""
    answer = evaluate(
        page,
        url,
        """
        const bytes = () => texelflow.statistics(model).textureBytes.now;
        const once = async () => {
            const session = model.session();
            await steps(session, runs);
            session.dispose();
            await model.reset();
            return bytes();
        };
        const first = await once();
        return [first, await once(), await once()];
        """,
        runs=feeds([3, 1, 1]),
    )
    assert len(set(answer)) == 1


def test_it_is_lost_with_the_context(page: Page, url: str, source: Path) -> None:
    runs = feeds([2, 1])
    answer = evaluate(
        page,
        url,
        """
        await steps(model, runs.slice(0, 1));
        model.loadedModel.context.gl.getExtension('WEBGL_lose_context').loseContext();
        const code = await codeOf(model.run(given(runs[1])));
        return {code, results: await steps(model, runs)};
        """,
        runs=runs,
    )
    assert answer["code"] == "state-lost"
    assert_close(answer["results"], expected(source, runs))


@pytest.mark.parametrize(
    ("states", "message"),
    [
        ({"keys_after": "values"}, "a state keeps its type and shape, but for one axis"),
    ],
)
def test_what_is_no_state_is_refused(
    source: Path, tmp_path: Path, states: dict[str, str], message: str
) -> None:
    with pytest.raises(texelflow.ExportError, match=message):
        texelflow.export(source, tmp_path / "refused", states=states)
