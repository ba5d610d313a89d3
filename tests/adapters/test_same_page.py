"""The very same page, once with the other runtime and once with its adapter, finds the same.

Where the other runtimes are installed, as `make peers` and `make bench` do.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page

import texelflow
from browser_support import REPOSITORY, PageServer
from model_support import save_text

sys.path.insert(0, str(REPOSITORY / "benchmark"))

from assets import bundle_peers, peers_are_installed
from tfjs_graph import TfjsGraph, Type

pytestmark = pytest.mark.skipif(not peers_are_installed(), reason="the other runtimes are not installed")

Serve = Callable[[Path], str]

MODEL = """
    g (float[n, 3] x, int64[n] index) => (float[n, 3] y, int64[n] next, bool[n, 3] large, float[n] sum) {
        one = Constant<value_int = 1>()
        two = Constant<value_float = 2.0>()
        axis = Constant<value_ints = [1]>()
        next = Add(index, one)
        y = Mul(x, two)
        large = Greater(x, two)
        sum = ReduceSum<keepdims = 0>(x, axis)
    }"""

ORT_PAGE = """async ([module, source]) => {
    const ort = await import(module);
    ort.env.wasm.numThreads = 1;
    ort.env.logLevel = 'error';
    const session = await ort.InferenceSession.create(source, {
        executionProviders: ['wasm'], graphOptimizationLevel: 'all'});
    const x = new ort.Tensor('float32', Float32Array.from([1, 2, 3, 4, -5, 6]), [2, 3]);
    const feeds = {x, index: new ort.Tensor('int64', BigInt64Array.from([0n, 5n]), [2])};
    const told = (tensor) => [tensor.type, tensor.dims, tensor.size, tensor.location,
        tensor.data.constructor.name, Array.from(tensor.data, Number)];
    const results = await session.run(feeds);
    const some = await session.run(feeds, ['sum', 'next']);
    const named = await session.run(feeds, {y: null});
    const found = {
        inputs: session.inputNames, outputs: session.outputNames,
        metadata: [...session.inputMetadata, ...session.outputMetadata].map(
            ({name, isTensor, type, shape}) => [name, isTensor, type, shape]),
        results: Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, told(tensor)])),
        some: Object.keys(some).sort(), named: Object.keys(named),
        data: Array.from(await results.y.getData()), reshaped: told(x.reshape([3, 2])),
        made: [new ort.Tensor(Float32Array.of(1, 2)), new ort.Tensor('int64', [1n, 2n], [1, 2]),
            new ort.Tensor('bool', [true, false]), new ort.Tensor([true]),
            new ort.Tensor(new Uint8Array(4), [2, 2]), new ort.Tensor('float32', [0.5])].map(told),
        failed: await session.run({x}).then(() => false, () => true),
    };
    x.dispose();
    try { found.disposed = x.data; } catch { found.disposed = 'throws'; }
    await session.release();
    return found;
}"""

TFJS_PAGE = """async ([module, tfjs, source]) => {
    const tf = await import(tfjs);
    await tf.ready();
    const {loadGraphModel} = await import(module);
    const fractions = [];
    const model = await loadGraphModel(source, {onProgress: (fraction) => fractions.push(fraction)});
    const told = async (tensor) => [tensor.dtype, tensor.shape, tensor.rank, tensor.size,
        (await tensor.data()).constructor.name, Array.from(await tensor.data()), await tensor.array(),
        Array.from(tensor.dataSync()), tensor.arraySync()];
    const x = tf.tensor([1, 2, 3, 4, -5, 6], [2, 3]);
    const index = tf.tensor([1, 0], [2], 'int32');
    const byName = {[model.inputs[0].name]: x, [model.inputs[1].name]: index};
    const all = model.predict([x, index]);
    const one = await model.executeAsync(byName, model.outputs[0].name);
    const found = {
        inputs: model.inputs.map(({name, shape, dtype}) => [name, shape, dtype]),
        outputs: model.outputs.map(({name}) => name),
        all: await Promise.all(all.map(told)), one: await told(one), last: fractions.at(-1),
    };
    for (const tensor of [...all, one]) tensor.dispose();
    model.dispose();
    return found;
}"""


@pytest.fixture(scope="module")
def peers(tmp_path_factory: pytest.TempPathFactory, page_server: PageServer) -> str:
    """The address of the other runtimes, as their users ship them."""
    folder = tmp_path_factory.mktemp("peers")
    bundle_peers(folder)
    return page_server.mount("/peers", folder)


def shown(found: Any) -> str:
    """What a page found, so that differences are told line by line."""
    return json.dumps(found, indent=1, sort_keys=True)


def test_onnx_runtime(page: Page, serve: Serve, peers: str, tmp_path: Path) -> None:
    model = save_text(MODEL, tmp_path)
    texelflow.export(model, tmp_path / "bundle")
    address = serve(tmp_path)
    theirs = page.evaluate(ORT_PAGE, [f"{peers}/ort.wasm.min.mjs", f"{address}/model.onnx"])
    ours = page.evaluate(ORT_PAGE, ["/dist/texelflow.ort.js", f"{address}/bundle"])
    assert shown(ours) == shown(theirs)


def test_tensorflow_js(page: Page, serve: Serve, peers: str, tmp_path: Path) -> None:
    graph = TfjsGraph()
    x = graph.placeholder("x", "float32", [2, 3])
    index = graph.placeholder("index", "int32", [2])
    table = graph.constant(np.arange(6, dtype=np.float32).reshape(3, 2), "table")
    axis = graph.constant(np.array(0), "axis")
    graph.node("MatMul", "product", [x, table], T=Type("DT_FLOAT"))
    graph.node("GatherV2", "rows", [x, index, axis], Tparams=Type("DT_FLOAT"), Tindices=Type("DT_INT32"))
    (tmp_path / "model").mkdir()
    graph.write(tmp_path / "model")
    texelflow.export(tmp_path / "model" / "model.json", tmp_path / "bundle")
    address = serve(tmp_path)
    modules = [f"{peers}/tfjs.js", f"{peers}/tfjs.js"]
    theirs = page.evaluate(TFJS_PAGE, [*modules, f"{address}/model/model.json"])
    ours = page.evaluate(TFJS_PAGE, ["/dist/texelflow.tfjs.js", modules[1], f"{address}/bundle"])
    assert shown(ours) == shown(theirs)
