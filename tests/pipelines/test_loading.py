"""A bundle from its address, on the page and in a worker, or loaded before; and what disposing gives back."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy
import pytest
from onnx import TensorProto, helper, numpy_helper, save
from playwright.sync_api import Page

from browser_support import REPOSITORY, PageServer
from model_support import save_text
from texelflow import export

WORD_PIECES = REPOSITORY / "tests/text/tokenizers/word_pieces"

MODEL = """colours (float[1, 3, 4, 4] image) => (float[1, 3] scores) <int64[2] axes = {2, 3}> {
    mean = ReduceMean<keepdims = 0>(image, axes)
    more = Mul(mean, mean)
    twice = Add(more, more)
    scores = Softmax(twice)
}"""

RUN = """async ([url, where]) => {
    const name = where === 'loaded in a worker' ? 'texelflow.worker' : 'texelflow';
    const {loadModel} = await import(`/dist/${name}.js`);
    const bundle = where.startsWith('loaded') ? await loadModel(url) : url;
    const classify = await pipelines.pipeline('image-classification', bundle, {worker: where === 'worker'});
    const canvas = new OffscreenCanvas(8, 8);
    const context = canvas.getContext('2d');
    context.fillStyle = 'rgb(0, 255, 0)';
    context.fillRect(0, 0, 8, 8);
    const results = [];
    const picture = await canvas.convertToBlob();
    const part = {source: canvas, crop: {x: 1, y: 1, width: 4, height: 4}};
    for (const given of [canvas, picture, URL.createObjectURL(picture), part])
        results.push(await classify(given, {top_k: 2}));
    const {task, model} = classify;
    await classify.dispose();
    const after = await classify(canvas).catch(({code}) => code);
    const other = await pipelines.pipeline('object-detection', url).catch(({code}) => code);
    return JSON.stringify({results, task, of: pipelines.taskOf(model), same: model === bundle, after, other});
}"""


@pytest.mark.parametrize("where", ["page", "worker", "loaded", "loaded in a worker"])
def test_where_models_live(pipeline_page: Page, page_server: PageServer, tmp_path: Path, where: str) -> None:
    labels = tmp_path / "labels.txt"
    labels.write_text("red\ngreen\nblue\n", encoding="utf-8")
    export(save_text(MODEL, tmp_path), tmp_path / "bundle", image="0..1", labels=labels)
    page_server.mount("/colours", tmp_path / "bundle")
    answer = json.loads(pipeline_page.evaluate(RUN, ["/colours", where]))
    for result in answer["results"]:
        assert [one["label"] for one in result] == ["green", "red"]
        # Softmax of 0, 2 and 0.
        assert [one["score"] for one in result] == pytest.approx([0.7870, 0.1065], abs=1e-3)
    assert answer["task"] == answer["of"] == "image-classification"
    assert answer["same"] == where.startswith("loaded")
    assert answer["after"] == "disposed" and answer["other"] == "option"


EMBED = """async ([url, names, text]) => {
    const files = new Map();
    for (const name of names) files.set(`bundle/${name}`, await (await fetch(`${url}/${name}`)).blob());
    const found = [];
    for (const bundle of [url, `${url}/`, new URL(`${url}/graph.json`, location.href), files]) {
        const embed = await pipelines.pipeline('feature-extraction', bundle);
        found.push(Array.from((await embed(text, {pooling: 'mean'})).data));
        await embed.dispose();
    }
    files.delete('bundle/tokenizer.json');
    const missing = await pipelines.pipeline('feature-extraction', files)
        .catch(({code, message}) => code + message);
    files.set('tokenizer.json', new Blob(['{']));
    const damaged = await pipelines.pipeline('feature-extraction', files).catch(({code}) => code);
    return JSON.stringify({found, missing, damaged});
}"""


def test_a_tokenizer_in_the_bundle(pipeline_page: Page, page_server: PageServer, tmp_path: Path) -> None:
    """It is found by the bundle's address, by that of its graph.json, and among its files."""
    table = numpy.random.default_rng(3).normal(size=(200, 8)).astype(numpy.float32)
    inputs = [helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, "length"])]
    results = [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, [1, "length", 8])]
    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["vectors"])]
    graph = helper.make_graph(nodes, "texts", inputs, results, [numpy_helper.from_array(table, "table")])
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), tmp_path / "model.onnx")
    for file in WORD_PIECES.glob("tokenizer*.json"):
        shutil.copy(file, tmp_path)
    export(tmp_path / "model.onnx", tmp_path / "bundle", meanings={"vectors": "embedding"})
    page_server.mount("/vectors", tmp_path / "bundle")
    names = [file.name for file in (tmp_path / "bundle").iterdir()]
    case = json.loads((WORD_PIECES / "recorded.json").read_text(encoding="utf-8"))["texts"][0]
    answer = json.loads(pipeline_page.evaluate(EMBED, ["/vectors", names, case["text"]]))
    for found in answer["found"]:
        assert found == pytest.approx(table[case["special"]].mean(axis=0), abs=1e-5)
    assert answer["missing"].startswith("not-found") and "tokenizer.json" in answer["missing"]
    assert answer["damaged"] == "damaged"
