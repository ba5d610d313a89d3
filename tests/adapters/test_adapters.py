"""Pages written for ONNX Runtime Web or TensorFlow.js run with another import."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from playwright.sync_api import Page

import texelflow
from model_support import save_text

Serve = Callable[[Path], str]

MODEL = """
    g (float[n, 3] x, int64[n] index) => (float[n, 3] y, int64[n] next, bool[n, 3] large) {
        one = Constant<value_int = 1>()
        two = Constant<value_float = 2.0>()
        next = Add(index, one)
        y = Mul(x, two)
        large = Greater(x, two)
    }"""
SINGLE = "g (float[2, 2] x) => (float[2, 2] y) { y = Neg(x) }"
INDEX = [0, 5]
X = [[1, 2, 3], [4, -5, 6]]


def reference(path: Path) -> dict[str, Any]:
    """What ONNX Runtime computes."""
    session = onnxruntime.InferenceSession(path)
    feeds = {"x": np.array(X, np.float32), "index": np.array(INDEX, np.int64)}
    names = [output.name for output in session.get_outputs()]
    return {name: value.tolist() for name, value in zip(names, session.run(None, feeds), strict=True)}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return save_text(MODEL, tmp_path)


@pytest.fixture
def url(model: Path, tmp_path: Path, serve: Serve) -> str:
    texelflow.export(model, tmp_path / "bundle")
    return serve(tmp_path / "bundle")


def test_a_page_of_onnx_runtime(page: Page, url: str, model: Path) -> None:
    """The lines of the page are ONNX Runtime's own."""
    answer = page.evaluate(
        """async (url) => {
            const ort = await import('/dist/texelflow.ort.js');
            ort.env.wasm.numThreads = 1;
            const session = await ort.InferenceSession.create(url, {executionProviders: ['webgpu', 'wasm']});
            const feeds = {
                x: new ort.Tensor('float32', Float32Array.from([1, 2, 3, 4, -5, 6]), [2, 3]),
                index: new ort.Tensor('int64', [0n, 5n], [2]),
            };
            const results = await session.run(feeds);
            const only = await session.run(feeds, ['next']);
            const plain = ({type, dims, data, size, location}) =>
                ({type, dims, data: Array.from(data, Number), kind: data.constructor.name, size, location});
            return {
                results: Object.fromEntries(
                    Object.entries(results).map(([name, each]) => [name, plain(each)])),
                only: Object.keys(only), names: [session.inputNames, session.outputNames],
                metadata: session.inputMetadata[1],
                got: Array.from(await results.y.getData()), reshaped: results.y.reshape([6]).dims,
            };
        }""",
        url,
    )
    expected = reference(model)
    for name, kind in {"y": "Float32Array", "next": "BigInt64Array", "large": "Uint8Array"}.items():
        result = answer["results"][name]
        assert result["data"] == np.ravel(expected[name]).astype(float).tolist() and result["kind"] == kind
        assert result["dims"] == list(np.shape(expected[name])) and result["location"] == "cpu"
    assert answer["only"] == ["next"] and answer["names"] == [["x", "index"], ["y", "next", "large"]]
    assert answer["metadata"] == {"name": "index", "isTensor": True, "type": "int64", "shape": ["n"]}
    assert answer["got"] == answer["results"]["y"]["data"] and answer["reshaped"] == [6]


def test_its_tensors_stay_on_the_gpu(page: Page, url: str) -> None:
    answer = page.evaluate(
        """async (url) => {
            const ort = await import('/dist/texelflow.ort.js');
            const options = {preferredOutputLocation: {y: 'gpu-buffer'}};
            const session = await ort.InferenceSession.create(url, options);
            const index = new ort.Tensor('int64', [0n], [1]);
            const {y, next} = await session.run({x: new ort.Tensor(Float32Array.of(1, 2, 3), [1, 3]), index});
            let code;
            try { y.data; } catch (error) { code = error.code; }
            const again = await session.run({x: y, index});
            const {location} = y;
            const values = [...await again.y.getData(true), ...await y.getData()];
            y.dispose();
            try { y.data; } catch (error) { code += error.code; }
            await session.release();
            const released = await session.run({x: y, index}).catch((error) => error.code);
            return {code, values, places: [location, next.location, again.y.location], released};
        }""",
        url,
    )
    assert answer["code"] == "inputdisposed" and answer["values"] == [4, 8, 12, 2, 4, 6]
    assert answer["places"][:2] == ["texture", "cpu"] and answer["released"] == "disposed"


def test_types_of_its_tensors(page: Page) -> None:
    answer = page.evaluate(
        """async () => {
            const {Tensor, InferenceSession} = await import('/dist/texelflow.ort.js');
            const made = [
                new Tensor(Float32Array.of(1.5, 2)), new Tensor([true, false], [2, 1]),
                new Tensor(new Int8Array(3)),
                new Tensor('int64', [1, 2]), new Tensor('float16', new Uint16Array(2), [2]),
                new Tensor('uint8', [7], [1, 1]), new Tensor('bool', [true]), new Tensor('float16', []),
            ].map(({type, dims, data}) => [type, dims, data.constructor.name, Array.from(data, Number)]);
            const errors = [];
            for (const wrong of [['text'], [[1]], ['float32', [1, 2], [3]]]) {
                try { new Tensor(...wrong); errors.push('none'); } catch (error) { errors.push(error.code); }
            }
            for (const source of ['net.onnx', new Uint8Array(4), new ArrayBuffer(4)]) {
                errors.push(await InferenceSession.create(source).catch((error) => error.code));
            }
            return {made, errors};
        }"""
    )
    assert answer["made"] == [
        ["float32", [2], "Float32Array", [1.5, 2]],
        ["bool", [2, 1], "Uint8Array", [1, 0]],
        ["int8", [3], "Int8Array", [0, 0, 0]],
        ["int64", [2], "BigInt64Array", [1, 2]],
        ["float16", [2], "Uint16Array", [0, 0]],
        ["uint8", [1, 1], "Uint8Array", [7]],
        ["bool", [1], "Uint8Array", [1]],
        ["float16", [0], "Uint16Array", []],
    ]
    assert answer["errors"] == ["input", "input", "input", "option", "option", "option"]


def test_a_page_of_tensorflow(page: Page, url: str, model: Path) -> None:
    """Its tensors have what a page asks those of TensorFlow.js for; so have those that it gives."""
    answer = page.evaluate(
        """async (url) => {
            const {loadGraphModel} = await import('/dist/texelflow.tfjs.js');
            const fractions = [];
            const onProgress = (part) => fractions.push(part);
            const model = await loadGraphModel(url + '/graph.json', {onProgress});
            // What tf.tensor gives.
            const tensor = (values, shape, dtype) => ({shape, dtype, data: async () => values});
            const x = tensor(Float32Array.from([1, 2, 3, 4, -5, 6]), [2, 3], 'float32');
            const index = tensor(Int32Array.from([0, 5]), [2], 'int32');
            const [y, next, large] = model.predict([x, index]);
            let early;
            try { y.dataSync(); } catch (error) { early = error.code; }
            const arrays = {y: await y.array(), next: await next.array(), large: await large.array()};
            const named = await model.executeAsync({index, x}, 'next');
            const same = y.dataSync() instanceof Float32Array && y.arraySync()[1][2] === 12;
            const chained = await model.predict({x: y, index: next})[0].data();
            let unknown;
            try { model.execute([x, index], 'z'); } catch (error) { unknown = error.code; }
            const wrong = await model.predict([x]).at(0).data().catch((error) => error.code);
            model.dispose();
            return {arrays, early, dtypes: [y.dtype, next.dtype, large.dtype], shape: y.shape, size: y.size,
                named: Array.from(named.dataSync()), same, chained: Array.from(chained), unknown, wrong,
                done: fractions.at(-1)};
        }""",
        url,
    )
    expected = reference(model)
    assert answer["arrays"] == {**expected, "large": np.array(expected["large"]).astype(int).tolist()}
    assert answer["early"] == "input" and answer["dtypes"] == ["float32", "int32", "bool"]
    assert answer["shape"] == [2, 3] and answer["size"] == 6 and answer["same"] and answer["done"] == 1
    assert (
        answer["named"] == expected["next"] and answer["unknown"] == "option" and answer["wrong"] == "input"
    )
    assert answer["chained"] == (np.array(X) * 4).ravel().tolist()


def test_a_model_of_one_input_and_output(page: Page, serve: Serve, tmp_path: Path) -> None:
    texelflow.export(save_text(SINGLE, tmp_path), tmp_path / "bundle")
    answer = page.evaluate(
        """async (url) => {
            const {loadLayersModel} = await import('/dist/texelflow.tfjs.js');
            const seen = [];
            const fetchFunc = (address, init) => { seen.push(new Headers(init.headers).get('X-Token'));
                return fetch(address, init); };
            const model = await loadLayersModel(url, {requestInit: {headers: {'X-Token': 'b'}}, fetchFunc});
            const x = {shape: [2, 2], dtype: 'float32', data: async () => Float32Array.of(1, 2, 3, 4)};
            const y = model.predict(x);
            const {shape} = y;
            const refused = await loadLayersModel('https://host/model.json').catch((error) => error.code);
            const again = await model.predict([x]).array();
            return {y: await y.data().then(Array.from), shape, again, seen, refused};
        }""",
        serve(tmp_path / "bundle"),
    )
    assert answer["y"] == [-1, -2, -3, -4] and answer["again"] == [[-1, -2], [-3, -4]]
    assert answer["shape"] == [2, 2] and answer["seen"] == ["b"] and answer["refused"] == "option"


def test_pictures_are_given_to_a_model_of_tensorflow(page: Page, serve: Serve, tmp_path: Path) -> None:
    """Elements of a page have no keys of their own, and are no inputs by name for that."""
    text = "g (float[n, 3, 2, 2] x) => (float[n, 3, 2, 2] y) { y = Identity(x) }"
    texelflow.export(save_text(text, tmp_path), tmp_path / "bundle", image="0..1")
    answer = page.evaluate(
        """async (url) => {
            const tf = await import('/dist/texelflow.tfjs.js');
            const model = await tf.loadGraphModel(url);
            const canvas = document.createElement('canvas');
            canvas.width = canvas.height = 2;
            const context = canvas.getContext('2d');
            context.fillStyle = '#0f0';
            context.fillRect(0, 0, 2, 2);
            const data = context.getImageData(0, 0, 2, 2);
            const bitmap = await createImageBitmap(canvas);
            const part = {source: canvas, crop: {x: 1, y: 1, width: 1, height: 1}};
            const found = [];
            for (const given of [canvas, data, bitmap, part, [canvas, data], {x: canvas}]) {
                const y = model.predict(given);
                found.push([Array.from(await y.data()), y.shape[0]]);
            }
            const empty = await model.predict({}).data().catch((error) => error.code);
            return {found, empty};
        }""",
        serve(tmp_path / "bundle"),
    )
    green = [0] * 4 + [1] * 4 + [0] * 4
    assert answer["found"] == [[green * count, count] for count in (1, 1, 1, 1, 2, 1)]
    assert answer["empty"] == "input"


def test_inputs_that_take_longer_keep_their_turn(page: Page, serve: Serve, tmp_path: Path) -> None:
    """A model that remembers is given the inputs in the order of the calls, not of their elements."""
    text = """
        g (float[1] x, float[1] sum) => (float[1] y, float[1] after) { after = Add(sum, x) y = Neg(after) }"""
    texelflow.export(save_text(text, tmp_path), tmp_path / "bundle", states={"after": "sum"})
    answer = page.evaluate(
        """async (url) => {
            const tf = await import('/dist/texelflow.tfjs.js');
            const model = await tf.loadGraphModel(url);
            const tensor = (value, wait) => ({
                shape: [1], dtype: 'float32',
                data: async () => {
                    await new Promise((resolve) => setTimeout(resolve, wait));
                    if (value === 0) throw new Error('no elements');
                    return [value];
                },
            });
            const inputs = [tensor(1, 40), tensor(0, 20), tensor(10, 1), tensor(100, 0)];
            const told = (run) => run.data().then((data) => data[0], (error) => error.message);
            return Promise.all(inputs.map((x) => told(model.predict(x))));
        }""",
        serve(tmp_path / "bundle"),
    )
    assert answer == [-1, "no elements", -11, -111]


def test_options_in_the_place_of_fetches(page: Page, url: str) -> None:
    """As ONNX Runtime has it: run(feeds, options) is run(feeds), and an empty object names no outputs."""
    answer = page.evaluate(
        """async (url) => {
            const ort = await import('/dist/texelflow.ort.js');
            const session = await ort.InferenceSession.create(url);
            const feeds = {
                x: new ort.Tensor('float32', new Float32Array(6), [2, 3]),
                index: new ort.Tensor('int64', [0n, 5n], [2]),
            };
            const names = async (...more) => Object.keys(await session.run(feeds, ...more));
            return [await names({}), await names({logSeverityLevel: 3}), await names({y: null}, {tag: 'a'}),
                await names(['next'], {}), await names(['tag']).catch((error) => error.code)];
        }""",
        url,
    )
    assert answer == [["y", "next", "large"], ["y", "next", "large"], ["y"], ["next"], "option"]
