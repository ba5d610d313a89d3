"""States that runs append to where they lie, of any shape, whatever reads them, against ONNX Runtime."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from playwright.sync_api import Page

import texelflow
from bundle_runner import Series, decode, encode, load_script, run_series
from model_support import save_text

Serve = Callable[[Path], str]

WEIGHTS = ", ".join(map(str, np.random.default_rng(3).standard_normal((16, 16)).round(2).ravel()))
HEAD = f"float[16, 16] w = {{{WEIGHTS}}}"

HEADS = f"""
    g (float[b, s, 16] x, float[b, 2, p, 8] past) => (float[b, s, 16] y, float[b, 2, all, 8] after)
    <{HEAD}, int64[4] apart = {{0, 0, 2, 8}}, int64[3] joined = {{0, 0, 16}}> {{
        projected = MatMul(x, w)
        by_head = Reshape(projected, apart)
        new = Transpose<perm = [0, 2, 1, 3]>(by_head)
        after = Concat<axis = 2>(past, new)
        turned = Transpose<perm = [0, 1, 3, 2]>(after)
        scores = MatMul(new, turned)
        shares = Softmax(scores)
        found = MatMul(shares, after)
        back = Transpose<perm = [0, 2, 1, 3]>(found)
        y = Reshape(back, joined)
    }}"""
"""Attention to keys that are values, too, by heads that are whole texels."""

ROWS = """
    g (float[b, s, 6] x, float[b, p, 6] past) => (float[b, s, 6] y, float[b, all, 6] after) {
        after = Concat<axis = 1>(past, x)
        turned = Transpose<perm = [0, 2, 1]>(after)
        scores = MatMul(x, turned)
        shares = Softmax(scores)
        y = MatMul(shares, after)
    }"""

COLUMNS = """
    g (float[b, s, 16] x, float[b, 2, 8, p] past) => (float[b, 2, s, all] y, float[b, 2, 8, all] after)
    <int64[4] apart = {0, 0, 2, 8}> {
        by_head = Reshape(x, apart)
        new = Transpose<perm = [0, 2, 3, 1]>(by_head)
        after = Concat<axis = -1>(past, new)
        queries = Transpose<perm = [0, 2, 1, 3]>(by_head)
        y = MatMul(queries, after)
    }"""
"""Keys that are held transposed."""

PLACES = """
    g (float[b, s, 2, 8] x, float[b, p, 2, 8] past) => (float[b, 2, s, 8] y, float[b, all, 2, 8] after) {
        after = Concat<axis = 1>(past, x)
        keys = Transpose<perm = [0, 2, 3, 1]>(after)
        values = Transpose<perm = [0, 2, 1, 3]>(after)
        queries = Transpose<perm = [0, 2, 1, 3]>(x)
        scores = MatMul(queries, keys)
        y = MatMul(scores, values)
    }"""
"""Heads behind the axis that grows."""

FIRST = """
    g (float[s, 6] x, float[p, 6] past) => (float[all, 6] y, float[6] sums, float[all, 6] after)
    <int64[1] first = {0}> {
        after = Concat<axis = 0>(past, x)
        sums = ReduceSum<keepdims = 0>(after, first)
        y = Sub(after, sums)
    }"""

COUNTS = """
    g (int64[b, s] x, int64[b, p] past) => (int64[b, all] y, int64[b, 1] most, int64[b, all] after)
    <int64[1] last = {1}, int64 two = {2}> {
        after = Concat<axis = 1>(past, x)
        y = Mul(after, two)
        most = ReduceMax(after, last)
    }"""
"""Whole numbers, one after another."""

READERS = f"""
    g (float[b, s, 16] x, float[b, p, 16] past)
    => (float[b, all, 16] same, float[b, 16, all] turned, float[b, all, 16] product, float[b, 16] last,
        float[b, 1, 16] largest, float[b, all, 1] means, float[b, s, 16] newest, float[b, all, 32] both,
        float[b, few, 8] part, float[b, all, 16] after)
    <{HEAD}, int64[1] rows = {{1}}, int64 end = {{-1}}, int64[2] from = {{-1, 4}},
     int64[2] to = {{1000000, 12}}, int64[2] axes = {{1, 2}}, int64[1] channels = {{2}}> {{
        after = Concat<axis = 1>(past, x)
        bent = Sigmoid(after)
        same = Mul(after, bent)
        turned = Transpose<perm = [0, 2, 1]>(after)
        product = MatMul(after, w)
        last = Gather<axis = 1>(after, end)
        largest = ReduceMax(after, rows)
        means = ReduceMean(after, channels)
        newest = Sub(x, largest)
        both = Concat<axis = 2>(after, same)
        part = Slice(after, from, to, axes)
    }}"""
"""Whatever reads them: elementwise work, products, reductions, slices, copies."""

SHARED = f"""
    g (float[b, s, 16] x, float[b, 2, p, 4] past) => (float[b, 4, s, 4] y, float[b, 2, all, 4] after)
    <{HEAD}, int64[4] apart = {{0, 0, 2, 4}}, int64[4] by_head = {{0, 0, 4, 4}}, int64[1] first = {{0}},
     int64[1] half = {{8}}, int64[1] axis = {{2}}, int64[1] repeat = {{2}}, int64[1] two = {{2}},
     int64[1] heads = {{4}}, int64[1] size = {{4}}, float scale = {{0.7}}> {{
        narrow = Slice(x, first, half, axis)
        split = Reshape(narrow, apart)
        new = Transpose<perm = [0, 2, 1, 3]>(split)
        after = Concat<axis = 2>(past, new)
        lengths = Shape<start = 2, end = 3>(after)
        batch = Shape<start = 0, end = 1>(after)
        wide = Concat<axis = 0>(batch, two, repeat, lengths, size)
        joined = Concat<axis = 0>(batch, heads, lengths, size)
        upright = Unsqueeze(after, axis)
        each = Expand(upright, wide)
        repeated = Reshape(each, joined)
        turned = Transpose<perm = [0, 1, 3, 2]>(repeated)
        scaled = Mul(turned, scale)
        projected = MatMul(x, w)
        apart_queries = Reshape(projected, by_head)
        queries = Transpose<perm = [0, 2, 1, 3]>(apart_queries)
        scores = MatMul(queries, scaled)
        shares = Softmax(scores)
        y = MatMul(shares, repeated)
    }}"""
"""Heads that share keys, and keys that are scaled, as exporters of PyTorch models write them."""

MODELS = {
    "heads": HEADS,
    "shared": SHARED,
    "rows": ROWS,
    "columns": COLUMNS,
    "places": PLACES,
    "first": FIRST,
    "counts": COUNTS,
    "readers": READERS,
}

LENGTHS = [3, 1, 1, 0, 2, *[1] * 5, 70, 1, 1, 120, 1]
"""Of runs in a row: longer than the room that there is at first, and twice more than that."""


def export(text: str, folder: Path, serve: Serve) -> tuple[Path, str, bool]:
    """Export a model; return its file, the bundle's address, and whether it is appended to."""
    source = save_text(text, folder)
    texelflow.export(source, folder / "bundle", states={"after": "past"})
    (state,) = json.loads((folder / "bundle" / "graph.json").read_text())["states"]
    return source, serve(folder / "bundle"), state["tensor"] == state["next"]


def feeds(source: Path, lengths: list[int], batch: int = 1, seed: int = 0) -> list[dict[str, np.ndarray]]:
    """Return x of runs in a row, each of so many entries along the axis that is free."""
    random = np.random.default_rng(seed)
    session = onnxruntime.InferenceSession(source, providers=["CPUExecutionProvider"])
    (x,) = [value for value in session.get_inputs() if value.name == "x"]
    runs = []
    for length in lengths:
        shape = [{"b": batch, "s": length}.get(extent, extent) for extent in x.shape]
        values = random.standard_normal(shape) if "float" in x.type else random.integers(-99, 99, shape)
        runs.append({"x": values.astype(np.float32 if "float" in x.type else np.int64)})
    return runs


def expected(source: Path, runs: list[dict[str, np.ndarray]]) -> list[dict[str, np.ndarray]]:
    """Return the outputs of each run, with what each leaves given to the next by ONNX Runtime."""
    session = onnxruntime.InferenceSession(source, providers=["CPUExecutionProvider"])
    (past,) = [value for value in session.get_inputs() if value.name == "past"]
    batch = runs[0]["x"].shape[0]
    shape = [{"b": batch, "p": 0}.get(extent, extent) for extent in past.shape]
    state = np.zeros(shape, np.float32 if "float" in past.type else np.int64)
    names = [output.name for output in session.get_outputs()]
    results = []
    for run in runs:
        outputs = dict(zip(names, session.run(names, {**run, "past": state}), strict=True))
        state = outputs.pop("after")
        results.append(outputs)
    return results


def assert_close(answers: list[Mapping[str, np.ndarray]], wanted: list[dict[str, np.ndarray]]) -> None:
    for number, (answer, outputs) in enumerate(zip(answers, wanted, strict=True)):
        for name, array in outputs.items():
            np.testing.assert_allclose(
                answer[name], array, rtol=1e-4, atol=1e-4, err_msg=f"{name} of run {number}"
            )


@pytest.mark.parametrize("name", MODELS)
def test_runs_append(bundle_page: Page, tmp_path: Path, serve: Serve, name: str) -> None:
    source, url, appends = export(MODELS[name], tmp_path, serve)
    assert appends
    batches = [1] if name == "first" else [1, 2]
    runs = [feeds(source, LENGTHS, batch) for batch in batches]
    answers = run_series(bundle_page, [Series(url, each) for each in runs], {"poison": True})
    for each, given in zip(answers, runs, strict=True):
        assert not [answer.error for answer in each if answer.error]
        assert_close([answer.outputs for answer in each], expected(source, given))


@pytest.mark.parametrize(
    "device",
    [{"pixels": 1, "groups": 1}, {"pixels": 4, "groups": 1}, {"fetch": "texelFetch"}],
    ids=lambda device: " ".join(map(str, device.values())),
)
@pytest.mark.parametrize("name", ["shared", "readers"])
def test_devices_append(
    bundle_page: Page, tmp_path: Path, serve: Serve, name: str, device: dict[str, Any]
) -> None:
    source, url, _ = export(MODELS[name], tmp_path, serve)
    runs = feeds(source, LENGTHS, 2)
    (answers,) = run_series(bundle_page, [Series(url, runs)], {"poison": True, **device})
    assert not [answer.error for answer in answers if answer.error]
    assert_close([answer.outputs for answer in answers], expected(source, runs))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Concat<axis = 1>(past, x)", "Concat<axis = 1>(x, past)"),
        ("Concat<axis = 1>(past, x)", "Concat<axis = 1>(past, x, x)"),
        ("scores = MatMul(x, turned)", "old = Transpose<perm = [0, 2, 1]>(past) more = MatMul(x, old) "
         "all_scores = MatMul(x, turned) sum = ReduceSum(more) scores = Add(all_scores, sum)"),
        ("after = Concat<axis = 1>(past, x)", "joined = Concat<axis = 1>(past, x) after = Abs(joined)"),
    ],
    ids=["in front", "two", "past is read", "changed"],
)  # fmt: skip
def test_what_is_not_appended_is_copied(
    bundle_page: Page, tmp_path: Path, serve: Serve, old: str, new: str
) -> None:
    source, url, appends = export(ROWS.replace(old, new), tmp_path, serve)
    assert old in ROWS and not appends
    runs = feeds(source, [3, 1, 1, 2, 1])
    (answers,) = run_series(bundle_page, [Series(url, runs)], {"poison": True})
    assert not [answer.error for answer in answers if answer.error]
    assert_close([answer.outputs for answer in answers], expected(source, runs))


SAVING = """
async ([url, runs]) => {
    const given = (feeds) => bundleRunner.decodeAll(feeds);
    const model = await texelflow.loadModel(url);
    const session = model.session();
    const outputs = [];
    const step = async (where, feeds) => outputs.push(bundleRunner.encodeAll(await where.run(given(feeds))));
    for (const feeds of runs.slice(0, 2)) await step(session, feeds);
    const saved = await session.save();
    await step(session, runs[2]);
    const fresh = model.session();
    await fresh.run(given(runs[1]));
    await fresh.restore(saved);
    for (const feeds of runs.slice(2)) await step(fresh, feeds);
    const shape = saved.past.shape;
    model.dispose();
    return {outputs, shape, saved: bundleRunner.encodeAll(saved)};
}
"""


@pytest.mark.parametrize("name", ["heads", "columns", "counts", "places"])
def test_what_was_appended_is_saved_and_restored(
    bundle_page: Page, tmp_path: Path, serve: Serve, name: str
) -> None:
    """A longer state than the one that is there, into a session that has a shorter one."""
    source, url, _ = export(MODELS[name], tmp_path, serve)
    runs = feeds(source, [90, 2, 1, 1], 2)
    load_script(bundle_page)
    answer = bundle_page.evaluate(SAVING, [url, [encode(run) for run in runs]])
    outputs = expected(source, runs)
    wanted = [*outputs[:3], *outputs[2:]]
    assert_close([decode(each) for each in answer["outputs"]], wanted)


PROFILED = """
async ([url, runs]) => {
    const model = await texelflow.loadModel(url);
    const profiles = [];
    for (const feeds of runs) {
        const tensors = bundleRunner.decodeAll(feeds);
        if (tensors.x.shape[1] === 1)
            profiles.push((await model.profile(tensors, {runs: 1, fetches: profiles.length === 0})).draws);
        await model.run(tensors);
    }
    model.dispose();
    return profiles;
}
"""


def test_a_step_writes_as_much_whatever_came_before(bundle_page: Page, tmp_path: Path, serve: Serve) -> None:
    source, url, _ = export(HEADS, tmp_path, serve)
    runs = feeds(source, [2, 1, 100, 1])
    load_script(bundle_page)
    first, later = bundle_page.evaluate(PROFILED, [url, [encode(run) for run in runs]])
    assert [draw["node"] for draw in first] == [draw["node"] for draw in later]
    written = [(draw["bytesWritten"], now["bytesWritten"]) for draw, now in zip(first, later, strict=True)]
    named = dict(zip([draw["node"].split(" ")[0] for draw in first], written, strict=True))
    assert named["Concat"][0] == named["Concat"][1] > 0


def test_shared_and_scaled_keys_are_read_where_they_lie(tmp_path: Path, serve: Serve) -> None:
    """No draw but that of the Concat writes as many numbers as there are keys."""
    export(SHARED, tmp_path, serve)
    graph = json.loads((tmp_path / "bundle" / "graph.json").read_text())
    plan = graph["plans"]["webgl2"]
    (state,) = graph["states"]
    size = plan["tensors"][state["next"]]["shape"]
    written = [plan["tensors"][draw["output"]]["shape"] for draw in plan["entries"]["predict"]]
    assert [shape for shape in written if shape[-1] == 4 and size[2] in shape] == [size]


REBOUND = """
async ([url, runs]) => {
    const model = await texelflow.loadModel(url);
    const created = [];
    for (const feeds of runs) {
        await model.run(bundleRunner.decodeAll(feeds));
        created.push({...texelflow.statistics(model).created});
    }
    model.dispose();
    return created;
}
"""


def test_a_step_makes_no_gl_object(bundle_page: Page, tmp_path: Path, serve: Serve) -> None:
    """But for the few at which a texture has no room left."""
    source, url, _ = export(HEADS, tmp_path, serve)
    runs = feeds(source, [2, *[1] * 100])
    load_script(bundle_page)
    created = bundle_page.evaluate(REBOUND, [url, [encode(run) for run in runs]])
    steady = [before == after for before, after in pairwise(created)]
    assert sum(steady[10:]) >= 80


TWO = """
    g (float[b, s, 4] x, float[b, p, 4] keys, float[b, p, 4] values)
    => (float[b, s, 4] y, float[b, all, 4] keys_after, float[b, all, 4] values_after) {
        keys_after = Concat<axis = 1>(keys, x)
        doubled = Add(x, x)
        values_after = Concat<axis = 1>(values, doubled)
        turned = Transpose<perm = [0, 2, 1]>(keys_after)
        scores = MatMul(x, turned)
        y = MatMul(scores, values_after)
    }"""

UNEQUAL = """
async (url) => {
    const model = await texelflow.loadModel(url);
    const run = (session, length) => session.run({x: new texelflow.Tensor('float32', [1, length, 4],
        new Float32Array(4 * length).fill(1))});
    const saved = [];
    for (const length of [2, 3]) {
        await model.reset();
        await run(model, length);
        saved.push(await model.own.save());
    }
    const session = model.session();
    await session.restore({keys: saved[0].keys, values: saved[1].values});
    const code = await run(session, 1).then(() => 'none', (error) => error.code);
    await session.restore(saved[0]);
    return [code, (await run(session, 1)).y.data[0]];
}
"""


def test_states_of_unequal_lengths_are_refused(page: Page, tmp_path: Path, serve: Serve) -> None:
    source = save_text(TWO, tmp_path)
    texelflow.export(source, tmp_path / "bundle", states={"keys_after": "keys", "values_after": "values"})
    assert page.evaluate(UNEQUAL, serve(tmp_path / "bundle")) == ["size", 3 * 4 * 2]


def test_devices_that_store_16_bits_append(bundle_page: Page, tmp_path: Path, serve: Serve) -> None:
    source, url, _ = export(SHARED, tmp_path, serve)
    runs = feeds(source, LENGTHS[:8])
    (answers,) = run_series(bundle_page, [Series(url, runs)], {"poison": True, "storage": 16})
    assert not [answer.error for answer in answers if answer.error]
    for answer, outputs in zip(answers, expected(source, runs), strict=True):
        np.testing.assert_allclose(answer.outputs["y"], outputs["y"], rtol=0.02, atol=0.02)
