"""Models that branch and remember: what a run left in one branch, another goes on from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from playwright.sync_api import Page

import texelflow
from browser_support import PageServer
from bundle_runner import decode, encode, load_script
from learned_sizes.branching import BRANCHING
from learned_sizes.test_branching import saved
from model_support import find_models
from texelflow.bundle.reader import read_graph
from texelflow.checking.samples import sample_inputs


@dataclass(frozen=True, slots=True)
class Remembering:
    """A model, its states by output, their shapes before the first run, and how a run's inputs are made."""

    text: str
    states: Mapping[str, str]
    empty: Mapping[str, tuple[int, ...]]
    kinds: Sequence[Mapping[str, Any]]
    """By kind of run, arrays of inputs, or shapes of those that are random."""
    cases: int = 2


TRUE, FALSE = np.array([True]), np.array([False])

MODELS = {
    "a cache that the first run does not have": Remembering(
        BRANCHING["a cache that the first run does not have"].text,
        {"present": "past"},
        {"past": (1, 0, 4)},
        [{"x": (1, 3, 4), "has_past": FALSE}, *[{"x": (1, 1, 4), "has_past": TRUE}] * 3],
    ),
    "keys of an encoder, which later runs only hand on": Remembering(
        """g (float[b,n,4] x, float[b,m,4] encoded, float[b,p,4] past, float[b,k,4] keys, bool[1] has_past)
            => (float[b,n,q] y, float[b,r,4] present, float[b,l,4] present_keys)
        <float[4,4] w = {1,2,3,4,5,6,7,8,8,7,6,5,4,3,2,1}, float[4,4] v = {1,0,-1,2,0,1,1,0,2,-1,0,1,1,1,0,0}>
        {
            present, present_keys = If (has_past) <
                then_branch = later () => (float[b, r, 4] a, float[b, l, 4] a2)
                { k1 = MatMul (x, w)  a = Concat <axis = 1> (past, k1)  a2 = Identity (keys) },
                else_branch = first () => (float[b, r, 4] c, float[b, l, 4] c2)
                { c = MatMul (x, w)  c2 = MatMul (encoded, v) }
            >
            t = Transpose <perm = [0, 2, 1]> (present_keys)
            scores = MatMul (x, t)
            sum = ReduceSum <keepdims = 1> (present)
            y = Add (scores, sum)
        }""",
        {"present": "past", "present_keys": "keys"},
        {"past": (1, 0, 4), "keys": (1, 0, 4)},
        [
            {"x": (1, 2, 4), "encoded": (1, 5, 4), "has_past": FALSE},
            *[{"x": (1, 1, 4), "encoded": (1, 5, 4), "has_past": TRUE}] * 3,
        ],
    ),
    "frames whose length follows from a rate": Remembering(
        """g (float[n,k] x, float[n,3] h, int64 rate) => (float[n,3] y, float[n,3] hn)
        <float[3,3] w = {1,2,-1,0.5,-1,0.25,0.1,0.2,0.3}, float[2,3] v = {1,-1,0.5,2,0.25,-0.5},
            int64 limit = {9}>
        {
            is_fast = Greater (rate, limit)
            hn = If (is_fast) <
                then_branch = fast () => (float[n,3] a) { p = MatMul (x, w)  q = Add (p, h)  a = Tanh (q) },
                else_branch = slow () => (float[n,3] b) { r = MatMul (x, v)  s = Sub (h, r)  b = Sin (s) }
            >
            y = Exp (hn)
        }""",
        {"hn": "h"},
        {"h": (2, 3)},
        [{"x": (2, 3), "rate": np.array(16)}, {"x": (2, 2), "rate": np.array(8)}],
    ),
    "a branch by what is remembered": Remembering(
        """g (float[n,4] x, float[p,4] past) => (float[n,4] y, float[q,4] present)
        {
            shape = Shape (past)  axis = Constant <value_ints = [0]> ()  length = Gather (shape, axis)
            five = Constant <value_int = 5> ()
            is_long = Greater (length, five)
            present = If (is_long) <
                then_branch = full () => (float[q,4] a) { a = Neg (x) },
                else_branch = more () => (float[q,4] b) { b = Concat <axis = 0> (past, x) }
            >
            sum = ReduceSum <keepdims = 1> (present)
            y = Add (x, sum)
        }""",
        {"present": "past"},
        {"past": (0, 4)},
        [{"x": (2, 4)}, {"x": (1, 4)}, {"x": (3, 4)}],
    ),
    "what each run makes anew, of its own size, without branches": Remembering(
        """g (float[n,4] x, float[p,4] past) => (float[n,4] y, float[n,4] present)
        {
            sum = ReduceSum <keepdims = 1> (past)
            y = Add (x, sum)
            present = Exp (x)
        }""",
        {"present": "past"},
        {"past": (0, 4)},
        [{"x": (2, 4)}, {"x": (1, 4)}, {"x": (3, 4)}],
        cases=0,
    ),
}

SCRIPT = """async ({url, runs}) => {
    const model = await texelflow.loadModel(url);
    const feeds = runs.map((run) => bundleRunner.decodeAll(run));
    const encoded = (outputs) => outputs.map(bundleRunner.encodeAll);
    // All at once: each goes on from the one before, whatever branch that took.
    const atOnce = await Promise.all(feeds.map((feed) => model.run(feed)));
    await model.reset();
    const session = model.session();
    const inTurn = [], again = [];
    const half = feeds.length >> 1;
    for (const feed of feeds) {
        inTurn.push(await session.run(feed));
        again.push(await model.run(feed));
    }
    // What one session saved in the midst, another goes on from, which has been elsewhere.
    const [saving, other] = [model.session(), model.session()];
    for (const feed of feeds.slice(0, half)) await saving.run(feed);
    const saved = await saving.save();
    await other.run(feeds[0]);
    await other.restore(saved);
    const restored = [];
    for (const feed of feeds.slice(half)) restored.push(await other.run(feed));
    await session.reset();
    const afresh = [await session.run(feeds[0])];
    model.dispose();
    return {
        whole: [atOnce, inTurn, again].map(encoded), restored: encoded(restored), afresh: encoded(afresh),
        states: [model.states.map(({name}) => name), Object.keys(saved)],
    };
}"""


def expected_of(
    source: Path, states: Mapping[str, str], empty: Mapping[str, tuple[int, ...]], runs: Sequence[Any]
) -> list[dict[str, np.ndarray]]:
    """What ONNX Runtime gives when each run is fed with what the one before left."""
    session = onnxruntime.InferenceSession(source)
    names = [output.name for output in session.get_outputs()]
    memory = {name: np.zeros(shape, np.float32) for name, shape in empty.items()}
    results = []
    for feeds in runs:
        outputs = dict(zip(names, session.run(names, {**feeds, **memory}), strict=True))
        memory = {name: outputs.pop(output) for output, name in states.items()}
        results.append(outputs)
    return results


def check_runs(
    page: Page,
    url: str,
    runs: Sequence[Any],
    expected: list[dict[str, np.ndarray]],
    states: Mapping[str, str],
) -> None:
    load_script(page)
    answer = page.evaluate(SCRIPT, {"url": url, "runs": [encode(run) for run in runs]})
    half = len(runs) // 2
    series = [*((one, expected) for one in answer["whole"]), (answer["restored"], expected[half:])]
    for results, wanted in [*series, (answer["afresh"], expected[:1])]:
        for number, (result, want) in enumerate(zip(map(decode, results), wanted, strict=True)):
            assert result.keys() == want.keys()
            for name, array in want.items():
                np.testing.assert_allclose(result[name], array, rtol=1e-4, atol=1e-4, err_msg=f"run {number}")
    assert answer["states"] == [[*states.values()]] * 2


@pytest.mark.parametrize("name", MODELS)
def test_goes_on_in_another_branch(
    name: str, bundle_page: Page, page_server: PageServer, tmp_path: Path
) -> None:
    """In whatever order the branches come; called at once, in a session, and after what was saved."""
    model = MODELS[name]
    source = saved(model.text, tmp_path)
    summary = texelflow.export(source, tmp_path / "bundle", states=model.states)
    assert len(summary.branches) == model.cases
    random = np.random.default_rng(7)
    order = [0, *random.integers(0, len(model.kinds), 9)]
    runs = [
        {
            key: value if isinstance(value, np.ndarray) else random.standard_normal(value).astype(np.float32)
            for key, value in model.kinds[index].items()
        }
        for index in order
    ]
    expected = expected_of(source, model.states, model.empty, runs)
    check_runs(bundle_page, page_server.mount("/going_on", tmp_path / "bundle"), runs, expected, model.states)


def test_silero_at_both_rates(bundle_page: Page, page_server: PageServer, tmp_path: Path) -> None:
    """One bundle for both, with what it remembers on the GPU, exported without more words."""
    models = find_models()
    if models is None:
        pytest.skip("no models: set TEXELFLOW_MODELS")
    [source] = (models / "onnx" / "silero_vad").glob("*.onnx")
    with pytest.warns(UserWarning, match="are refused: LSTM"):
        texelflow.export(source, tmp_path / "bundle", states={"auto": "auto"})
    random = np.random.default_rng(8)
    runs = [
        {
            "input": (random.standard_normal((1, length)) * 0.1).astype(np.float32),
            "sr": np.array(rate, np.int64),
        }
        for rate, length in [(16000, 576)] * 3 + [(8000, 288)] * 2 + [(16000, 576)]
    ]
    states = {"stateN": "state"}
    expected = expected_of(source, states, {"state": (2, 1, 128)}, runs)
    check_runs(bundle_page, page_server.mount("/silero", tmp_path / "bundle"), runs, expected, states)
    graph = read_graph(tmp_path / "bundle")
    sample = sample_inputs(graph, {"input_1": 576}, seed=0)
    assert sample["sr"] == 16000, "what verify gives it is not what the first case needs"


def test_what_was_lost_between_branches(bundle_page: Page, page_server: PageServer, tmp_path: Path) -> None:
    """With the context goes what was remembered: the next run says so once, also in another branch."""
    model = MODELS["frames whose length follows from a rate"]
    texelflow.export(saved(model.text, tmp_path), tmp_path / "bundle", states=model.states)
    found = bundle_page.evaluate(
        """async (url) => {
            const model = await texelflow.loadModel(url);
            const run = (runner, rate, k) => runner.run({
                x: new texelflow.Tensor("float32", [1, k], new Float32Array(k).fill(1)),
                rate: new texelflow.Tensor("int64", [], new BigInt64Array([rate])),
            }).then(({ y }) => y.data[0], ({ code }) => code);
            const lose = ({ loadedModel: { context: { gl } } }) =>
                gl.getExtension("WEBGL_lose_context").loseContext();
            const results = [];
            for (const runner of [model, model.session()]) {
                const first = await run(runner, 16n, 3);
                await run(runner, 8n, 2);
                lose(model);
                const lost = await run(runner, 16n, 3);
                results.push([first, lost, await run(runner, 16n, 3)]);
                await run(runner, 8n, 2);
                lose(model);
                await runner.reset();
                results.push([first, "state-lost", await run(runner, 16n, 3)]);
            }
            // Each session is told, also when another one has had the model loaded again.
            const sessions = [model.session(), model.session(), model];
            const firsts = [];
            for (const runner of sessions) {
                await runner.reset();
                firsts.push(await run(runner, 16n, 3));
                await run(runner, 8n, 2);
            }
            lose(model);
            for (const [index, runner] of sessions.entries()) {
                const lost = await run(runner, index ? 8n : 16n, index ? 2 : 3);
                results.push([firsts[index], lost, await run(runner, 16n, 3)]);
            }
            // A profile goes on from what is remembered, too, and tells of what was lost.
            await run(model, 16n, 3);
            lose(model);
            const inputs = {
                x: new texelflow.Tensor("float32", [1, 3], new Float32Array(3).fill(1)),
                rate: new texelflow.Tensor("int64", [], new BigInt64Array([16n])),
            };
            const told = await model.profile(inputs).then(() => "ran", ({ code }) => code);
            results.push([firsts[0], told, await run(model, 16n, 3)]);
            model.dispose();
            return results;
        }""",
        page_server.mount("/lost_between", tmp_path / "bundle"),
    )
    for first, lost, again in found:
        assert lost == "state-lost" and again == first
