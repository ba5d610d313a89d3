"""The types of the package and of a bundle compile under TypeScript strict, for pages and for workers."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

import texelflow
from browser_support import REPOSITORY
from texelflow.bundle.declarations import declarations

STRICT = ("--strict", "--noUncheckedIndexedAccess", "--exactOptionalPropertyTypes")
COMPILER = (
    *("node_modules/.bin/tsc", "--noEmit", *STRICT),
    *("--target", "es2022", "--module", "esnext", "--moduleResolution", "bundler"),
)

PROGRAM = r"""
import type { Signature } from "./bundle/model";
import { type ImageSource, loadModel, type Model, Tensor, type TensorData } from "./texelflow.js";
import * as debug from "./texelflow.debug.js";
import { checkDevice } from "./texelflow.check.js";
import { placement, topK } from "./texelflow.ends.js";
import "./texelflow.iife.js";
import { InferenceSession, Tensor as OrtTensor } from "./texelflow.ort.js";
import { loadTokenizer } from "./texelflow.text.js";
import { loadGraphModel } from "./texelflow.tfjs.js";
import { loadModel as loadInWorker } from "./texelflow.worker.js";

declare const picture: ImageBitmap;
const tokens = new Tensor("int64", [1, 2], new BigInt64Array(2));

// As the bundle says.
const model = await loadModel<Signature>("bundle/", {
  onProgress: ({ fraction, phase }) => console.log(fraction.toFixed(), phase),
});
const outputs = await model.run({ image: picture, tokens });
const means: Float32Array = outputs.means.data;
const dtype: "float32" = outputs.means.dtype;
const [one, channels]: readonly [1, 3, 1, 1] = outputs.means.shape;
const twice: BigInt64Array = outputs['"twice"\n*/ '].data;
const [, length] = outputs['"twice"\n*/ '].shape;
length.toFixed();
const kept = await model.run({ image: picture, tokens }, { keep: ["means"] });
await model.run({ image: kept.means, tokens });
const read: Float32Array = (await kept.means.read()).as("float32");
kept.means.dispose();
// @ts-expect-error there is no such output
await model.run({ image: picture, tokens }, { keep: ["mean"] });
await model.run({ image: new Tensor("float32", [1, 3, 4, 4], new Float32Array(48)), tokens });
await model.profile({ image: picture, tokens }, { runs: 2 });
// @ts-expect-error there is no such output
outputs.mean;
// @ts-expect-error an input is missing
await model.run({ image: picture });
// @ts-expect-error there is no such input
await model.run({ image: picture, tokens, more: tokens });
// @ts-expect-error of another element type
await model.run({ image: picture, tokens: new Tensor("int32", [1, 2], new Int32Array(2)) });
// @ts-expect-error this input takes no picture
await model.run({ image: picture, tokens: picture });
// @ts-expect-error no picture at all
await model.run({ image: "cat.jpg", tokens });

// Without the bundle's own types.
const other = await loadModel("bundle/");
const named: Record<string, Tensor | ImageSource> = { image: picture, tokens };
for (const [name, { dtype, shape, data }] of Object.entries(await other.run(named))) {
  const [first = 0]: readonly number[] = shape;
  const all: TensorData = data;
  console.log(name, dtype, first, all);
}
// @ts-expect-error what only tests want
await loadModel("bundle/", { device: { poison: true } });
// @ts-expect-error an option that there is not
await loadModel("bundle/", { device: { pixel: 4 } });
// @ts-expect-error a value that it cannot have
await loadModel("bundle/", { device: { pixels: 2 } });

// Of outputs that the page does not know, those that are kept are.
const { h, y } = await other.run(named, { keep: ["h"] });
h.dispose();
y?.as("float32");
// @ts-expect-error it was not kept
y?.dispose();
await other.run({ image: { source: picture, crop: { x: 0, y: 0, width: 1, height: 1 } }, tokens });
await model.run({ image: [picture, picture], tokens }, { latest: true, signal: AbortSignal.abort() });

// A worker's model may stand for the page's.
let either: Pick<Model<Signature>, "run" | "dispose"> = model;
either = await loadInWorker<Signature>("bundle/", { cache: true });
(await either.run({ image: picture, tokens })).means.data.fill(0);
(await checkDevice("bundle/")).reasons.join();
const [best] = topK(outputs.means.data, 1);
best?.index.toFixed();
placement(model.inputs[0]?.image ?? { fit: "stretch" }, picture, { width: 4, height: 4 }).x.toFixed();
const session = await InferenceSession.create("bundle/");
(await session.run({ tokens: new OrtTensor("int64", [1n, 2n], [1, 2]) }))["means"]?.dims.join();
[(await loadGraphModel("bundle/")).predict(picture)].flat()[0]?.shape.join();
(await other.run((await loadTokenizer("bundle/")).inputs("text")))["means"]?.data;

// The other entries have the same types.
debug.statistics(model).draws.toFixed();
await debug.runWithIntermediates(other, { image: picture, tokens });
const same: Model = await debug.loadModel("bundle/", { device: { poison: true, limits: {} } });
const global: Model<Signature> = await texelflow.loadModel<Signature>("bundle/");
console.log(means, dtype, one, channels, twice, same, global);
"""

ONLY = {
    "dom": 'await model.run({ image: document.createElement("video"), tokens });',
    "webworker": "await model.run({ image: new OffscreenCanvas(4, 4), tokens });",
}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle with a picture, free dimensions, and a name that has to be quoted."""
    folder = tmp_path_factory.mktemp("typed")
    inputs = [
        helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, 4, 4]),
        helper.make_tensor_value_info("tokens", TensorProto.INT64, ["batch", "length"]),
    ]
    odd = '"twice"\n*/ '
    outputs = [
        helper.make_tensor_value_info("means", TensorProto.FLOAT, None),
        helper.make_tensor_value_info(odd, TensorProto.INT64, None),
    ]
    nodes = [
        helper.make_node("GlobalAveragePool", ["image"], ["means"]),
        helper.make_node("Concat", ["tokens", "tokens"], [odd], axis=1),
    ]
    model = helper.make_model(helper.make_graph(nodes, 'a "model"\n}', inputs, outputs))
    onnx.save(model, folder / "model.onnx")
    texelflow.export(folder / "model.onnx", folder / "bundle", image="0..1,name=image")
    return folder / "bundle"


@pytest.mark.parametrize("library", ONLY)
def test_types(bundle: Path, tmp_path: Path, library: str) -> None:
    for path in (REPOSITORY / "dist").glob("*.d.ts"):
        shutil.copy(path, tmp_path)
    shutil.copytree(bundle, tmp_path / "bundle")
    (tmp_path / "program.ts").write_text(PROGRAM + ONLY[library], encoding="utf-8")
    declared = sorted(path.name for path in tmp_path.glob("*.d.ts"))
    command = [REPOSITORY / COMPILER[0], *COMPILER[1:], "--lib", f"es2022,{library}"]
    compiled = subprocess.run(
        [*command, "program.ts", "bundle/model.d.ts", *declared],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert compiled.stdout == ""
    assert compiled.returncode == 0


def test_what_is_written(bundle: Path) -> None:
    graph = json.loads((bundle / "graph.json").read_text(encoding="utf-8"))
    text = (bundle / "model.d.ts").read_text(encoding="utf-8")
    assert text == declarations(graph)
    assert '    image: { dtype: "float32"; shape: [1, 3, 4, 4]; image: true };' in text.replace(
        '"image":', "image:"
    )
    assert 'shape: ["batch", "2*length"]' in text


def test_a_line_separator_ends_no_comment() -> None:
    graph = {"name": "a\u2028b\u2029c\nd", "generator": "x", "inputs": [], "outputs": []}
    lines = declarations(graph).splitlines()
    assert lines[0].endswith('"a\\u2028b\\u2029c\\nd", for TypeScript. Written by x.')
