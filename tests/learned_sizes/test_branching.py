"""Models that branch: what is in their bundles, and what runs load of them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import onnx.parser
import onnxruntime
import pytest
from playwright.sync_api import Page

import texelflow
from browser_support import PageServer
from bundle_runner import Series, run_series
from learned_sizes.branching import BRANCHING
from learned_sizes.test_learned_sizes import HEADER, forget_shapes

CACHE = "a cache that the first run does not have"


def saved(text: str, folder: Path) -> Path:
    path = folder / "model.onnx"
    model = onnx.parser.parse_model(HEADER + text)
    forget_shapes(model.graph)
    onnx.save(model, path)
    return path


def graphs(folder: Path) -> list[dict[str, object]]:
    """The files that describe the cases of a bundle."""
    first = json.loads((folder / "graph.json").read_text())
    return [json.loads((folder / branch["file"]).read_text()) for branch in first["branches"]]


def test_cases_share_their_weights(tmp_path: Path) -> None:
    """What both cases read is stored once, and each lists the files that it needs."""
    source = saved(BRANCHING["a convolution by the sampling rate"].text, tmp_path)
    summary = texelflow.export(source, tmp_path / "rates")
    condition, other = summary.branches
    assert "rate[0]" in condition and other == f"not ({condition})"
    fast, slow = graphs(tmp_path / "rates")
    names = [{file["name"] for file in graph["files"]} for graph in (fast, slow)]
    assert names[0].isdisjoint(names[1])
    texelflow.export(saved(BRANCHING[CACHE].text, tmp_path), tmp_path / "cache")
    later, first = graphs(tmp_path / "cache")
    assert later["files"] == first["files"] and len(later["files"]) == 1
    declared = (tmp_path / "cache" / "model.d.ts").read_text()
    assert 'shape: ["b", "n + p", 4] | ["b", "n", 4]' in declared


def test_a_case_that_cannot_be_exported(tmp_path: Path, page_server: PageServer, page: Page) -> None:
    """The others run; it is told at export, and by the run that would need it."""
    text = """g (float[n,3] x, int64 k) => (float[n,3] y)
        {
            zero = Constant <value_int = 0> ()
            is_odd = Greater (k, zero)
            y = If (is_odd) <
                then_branch = yes () => (float[n,3] a) { a = Wonder (x) },
                else_branch = no () => (float[n,3] a) { a = Exp (x) }
            >
        }"""
    with pytest.warns(UserWarning, match=r"runs where .* are refused: .*Wonder"):
        texelflow.export(saved(text, tmp_path), tmp_path / "bundle")
    found = page.evaluate(
        """async (url) => {
            const model = await texelflow.loadModel(url);
            const x = new texelflow.Tensor("float32", [1, 3], new Float32Array(3));
            const run = (k) => model.run({ x, k: new texelflow.Tensor("int64", [], new BigInt64Array([k])) });
            const { y } = await run(0n);
            const tell = (error) => `${error.code}: ${error.message}`;
            return [[...y.data], await run(1n).then(() => "ran", tell)];
        }""",
        page_server.mount("/refused_branch", tmp_path / "bundle"),
    )
    assert found[0] == [1, 1, 1]
    assert found[1].startswith("size: If") and "what decides its branch" in found[1]


def test_branches_load_when_they_are_needed(tmp_path: Path, page_server: PageServer, own_page: Page) -> None:
    """One download each, also of two runs at once; disposing of the model frees all of them."""
    texelflow.export(saved(BRANCHING[CACHE].text, tmp_path), tmp_path / "bundle")
    url = page_server.mount("/branches", tmp_path / "bundle")
    requested: list[str] = []
    own_page.on("request", lambda request: requested.append(request.url.rsplit("/", 1)[-1]))
    shapes = own_page.evaluate(
        """async (url) => {
            const model = await texelflow.loadModel(url);
            const floats = (...shape) => new texelflow.Tensor(
                "float32", shape, new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1));
            const run = (flag, n, p) => model.run({
                x: floats(1, n, 4), past: floats(1, p, 4),
                has_past: new texelflow.Tensor("bool", [1], new Uint8Array([flag])),
            });
            const runs = await Promise.all([run(0, 5, 1), run(0, 2, 1), run(1, 1, 3)]);
            const profile = await model.profile({
                x: floats(1, 2, 4), past: floats(1, 1, 4),
                has_past: new texelflow.Tensor("bool", [1], new Uint8Array([0])),
            });
            const { textureBytes } = texelflow.statistics(model);
            model.dispose();
            const rejected = await run(0, 1, 1).then(() => "ran", (error) => error.code);
            await new Promise((resolve) => setTimeout(resolve, 200));
            return [...runs.map(({ present }) => present.shape), profile.draws.length > 0, rejected];
        }""",
        url,
    )
    assert shapes == [[1, 5, 4], [1, 2, 4], [1, 4, 4], True, "disposed"]
    for name in ("graph.json", "graph-2.json", "texelflow.branches.js"):
        assert requested.count(name) == 1


def test_replacing_a_bundle_that_branches(tmp_path: Path) -> None:
    """Its files are all a bundle's; none of them stays."""
    texelflow.export(saved(BRANCHING[CACHE].text, tmp_path), tmp_path / "bundle")
    text = "g (float[n] x) => (float[n] y) { y = Neg (x) }"
    texelflow.export(saved(text, tmp_path), tmp_path / "bundle", force=True)
    assert {path.name for path in (tmp_path / "bundle").iterdir()} == {"graph.json", "model.d.ts"}


LOOPING = """g (float[n,3] x, float[n,3] h, int64 rate) => (float[n,3] y, float[n,3] hn)
    <float half = {0.5}, float[3,3] w = {1,2,-1,0.5,-1,0.25,0.1,0.2,0.3}>
    {
        hn = Loop (rate, , h) <body = turn (int64 i, bool c, float[n,3] s) => (bool c1, float[n,3] s1)
        { c1 = Identity (c)  p = MatMul (s, w)  q = Add (p, x)  r = Mul (q, half)  s1 = Tanh (r) }>
        above = Greater (h, half)  places = NonZero (above)  t = Transpose (places)
        picked = GatherND (x, t)  sum = ReduceSum <keepdims = 0> (picked)  y = Add (hn, sum)
    }"""

REMEMBERING = """g (float[n,3] x, float[n,3] h, int64 rate) => (float[n,3] y, float[n,3] hn)
    <float[3,3] w = {1,2,-1,0.5,-1,0.25,0.1,0.2,0.3}, int64 limit = {9}>
    {
        is_fast = Greater (rate, limit)
        hn = If (is_fast) <
            then_branch = fast () => (float[n,3] a) { p = MatMul (h, w)  q = Add (p, x)  a = Tanh (q) },
            else_branch = slow () => (float[n,3] b) { r = MatMul (x, w)  s = Sub (h, r)  b = Sin (s) }
        >
        y = Add (hn, x)
    }"""


@pytest.mark.parametrize(
    ("text", "hosts"), [(REMEMBERING, {"branch", "other", "join"}), (LOOPING, {"again"})]
)
def test_what_is_remembered(
    text: str, hosts: set[str], bundle_page: Page, page_server: PageServer, tmp_path: Path
) -> None:
    """A model with states is one plan, whose runs branch and loop by what they are given and remember."""
    source = saved(text, tmp_path)
    texelflow.export(source, tmp_path / "bundle", states={"hn": "h"})
    graph = json.loads((tmp_path / "bundle" / "graph.json").read_text())
    assert hosts <= {step.get("host") for step in graph["plans"]["webgl2"]["entries"]["predict"]}
    random = np.random.default_rng(3)
    session = onnxruntime.InferenceSession(source)
    memory, runs, expected = np.zeros((2, 3), np.float32), [], []
    for rate in (16, 8, 8, 16, 16, 0, 8):
        x = random.standard_normal((2, 3)).astype(np.float32)
        runs.append({"x": x, "rate": np.array(rate)})
        y, memory = session.run(["y", "hn"], {**runs[-1], "h": memory})
        expected.append(y)
    url = page_server.mount("/remembering", tmp_path / "bundle")
    for device in ({}, {"poison": True}):
        [answers] = run_series(bundle_page, [Series(url, runs)], device)
        for answer, wanted in zip(answers, expected, strict=True):
            assert answer.error is None
            np.testing.assert_allclose(answer.outputs["y"], wanted, rtol=1e-4, atol=1e-5)


SHARING = """g (float[1,4,h,w] x, bool[1] flag) => (float[1,c,i,j] y, float[1,k] z)
    {
        a = If (flag) <
            then_branch = as_it_is () => (float[1,4,p,q] t) { t = Neg (x) },
            else_branch = pooled () => (float[1,4,p,q] t)
            { t = MaxPool <kernel_shape = [2, 2], strides = [2, 2]> (x) }
        >
        y = Conv (a, kernel)
        sums = GlobalAveragePool (y)  rows = Flatten (sums)
        z = MatMul (rows, table)
    }"""


def test_branches_share_their_weights_on_the_gpu(
    tmp_path: Path, page_server: PageServer, own_page: Page
) -> None:
    """What one branch has made of weights, another does not ask for, upload or make again."""
    model = onnx.parser.parse_model(HEADER + SHARING)
    random = np.random.default_rng(5)
    for name, shape in (("kernel", (8, 4, 3, 3)), ("table", (8, 16))):
        weights = random.standard_normal(shape).astype(np.float32)
        model.graph.initializer.append(onnx.numpy_helper.from_array(weights, name))
    forget_shapes(model.graph)
    source = tmp_path / "model.onnx"
    onnx.save(model, source)
    texelflow.export(source, tmp_path / "bundle")
    image = random.standard_normal((1, 4, 8, 8)).astype(np.float32)
    url = page_server.mount("/sharing", tmp_path / "bundle")
    requested: list[str] = []
    own_page.on("request", lambda request: requested.append(request.url.rsplit("/", 1)[-1]))
    found = own_page.evaluate(
        """async ({ url, image }) => {
            const model = await texelflow.loadModel(url);
            const x = new texelflow.Tensor("float32", [1, 4, 8, 8], Float32Array.from(image));
            const run = async (flag) => {
                const { y, z } = await model.run({
                    x, flag: new texelflow.Tensor("bool", [1], new Uint8Array([flag])),
                });
                return [[...y.data], [...z.data]];
            };
            const results = [];
            for (const flag of [1, 0, 1]) results.push(await run(flag));
            const bytes = model.family.map(({ loadedModel }) => loadedModel.weights.bytes);
            model.loadedModel.context.gl.getExtension("WEBGL_lose_context").loseContext();
            for (const flag of [0, 1]) results.push(await run(flag));
            model.dispose();
            const left = () => texelflow.statistics(model).textureBytes.now;
            const end = performance.now() + 60_000;
            while (left() > 0 && performance.now() < end) {
                await new Promise((resolve) => setTimeout(resolve, 10));
            }
            return { results, bytes, left: left() };
        }""",
        {"url": url, "image": image.ravel().tolist()},
    )
    session = onnxruntime.InferenceSession(source)
    for flag, results in zip((1, 0, 1, 0, 1), found["results"], strict=True):
        expected = session.run(["y", "z"], {"x": image, "flag": np.array([bool(flag)])})
        for got, wanted in zip(results, expected, strict=True):
            np.testing.assert_allclose(got, wanted.ravel(), rtol=1e-4, atol=1e-5)
    assert found["left"] == 0
    first, second = found["bytes"]
    assert first > 0 and second == 0
    # Once while the context lasts, then by each branch, which finds nothing there any more.
    assert requested.count("weights.safetensors") == 3
