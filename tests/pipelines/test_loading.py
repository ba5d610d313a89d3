"""A bundle from its address, on the page and in a worker, or loaded before; and what disposing gives back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page

from browser_support import PageServer
from model_support import save_text
from texelflow import export

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
