"""Runs bundles in a page and brings the results back as numpy arrays."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from playwright.sync_api import Page

# Values cross the border as text: page.evaluate has no NaN in nested typed arrays and no 64-bit integers.
RUN = """
async ({url, device, feeds, repeat}) => {
    const arrays = {
        float32: Float32Array, float64: Float64Array, float16: Uint16Array, bfloat16: Uint16Array,
        int64: BigInt64Array, int32: Int32Array, int16: Int16Array, int8: Int8Array,
        uint64: BigUint64Array, uint32: Uint32Array, uint16: Uint16Array, uint8: Uint8Array, bool: Uint8Array,
    };
    const parse = ({dtype, shape, data}) => new texelflow.Tensor(dtype, shape,
        arrays[dtype].from(data, dtype.endsWith('int64') ? BigInt : Number));
    const model = await texelflow.loadModel(url, {device});
    try {
        let outputs;
        for (let i = 0; i < repeat; i++) {
            const inputs = Object.entries(feeds).map(([name, value]) => [name, parse(value)]);
            outputs = await model.run(Object.fromEntries(inputs));
        }
        const plain = ({dtype, shape, data}) => ({dtype, shape, array: data.constructor.name,
            data: Array.from(data, String)});
        return {
            device: model.device, inputs: model.inputs, outputs: model.outputs, labels: model.labels,
            statistics: texelflow.statistics(model),
            results: Object.fromEntries(Object.entries(outputs).map(([k, v]) => [k, plain(v)])),
        };
    } finally {
        model.dispose();
    }
}
"""

NUMPY_TYPES = {"float16": "uint16", "bfloat16": "uint16"}


def feed(array: np.ndarray, dtype: str | None = None) -> dict[str, Any]:
    """A tensor as the page takes it; 16-bit floats come as their bit patterns in uint16."""
    values = [str(value) for value in array.ravel().tolist()]
    if array.dtype == np.bool_:
        values = [str(int(value)) for value in array.ravel()]
    return {"dtype": dtype or str(array.dtype), "shape": list(array.shape), "data": values}


def run_bundle(
    page: Page,
    url: str,
    feeds: dict[str, dict[str, Any]],
    device: dict[str, Any] | None = None,
    repeat: int = 1,
) -> dict[str, Any]:
    """Loads, runs and disposes a bundle; `results` of the answer are numpy arrays by output name."""
    answer = page.evaluate(RUN, {"url": url, "device": device or {}, "feeds": feeds, "repeat": repeat})
    assert json.dumps(answer["device"])
    for name, result in answer["results"].items():
        dtype = NUMPY_TYPES.get(result["dtype"], result["dtype"])
        numbers = [np.nan if text == "NaN" else float(text) for text in result["data"]]
        if np.dtype(dtype).kind in "iub":
            numbers = [int(text) for text in result["data"]]
        answer["results"][name] = np.array(numbers, dtype=dtype).reshape(result["shape"])
    return answer


def load_error(page: Page, source: str, options: str = "{}") -> str:
    """Message that loadModel rejects with; `options` is a JavaScript expression."""
    return page.evaluate(
        f"""async (source) => {{
            const limit = new Promise((_, reject) => setTimeout(() => reject(new Error('HANGS')), 20000));
            try {{
                await Promise.race([texelflow.loadModel(source, {options}), limit]);
                return 'NO ERROR';
            }} catch (error) {{
                return error.name === 'Error' ? error.message : error.name + ': ' + error.message;
            }}
        }}""",
        source,
    )


# A picture of 4×2 pixels: red grows to the right by 50, green is 100 in the second row.
MAKE_CANVAS = """
    const canvas = document.createElement('canvas');
    canvas.width = 4;
    canvas.height = 2;
    const context = canvas.getContext('2d');
    for (let y = 0; y < 2; y++) for (let x = 0; x < 4; x++) {
        context.fillStyle = `rgb(${50 * x} ${100 * y} 7)`;
        context.fillRect(x, y, 1, 1);
    }
"""

RECORD_CALLS = """
    const calls = [];
    const prototype = WebGL2RenderingContext.prototype;
    const record = (name, note) => {
        const original = prototype[name];
        prototype[name] = function (...parameters) {
            const result = original.apply(this, parameters);
            calls.push(note ? note.call(this, result, ...parameters) : name);
            return result;
        };
    };
    const x = new texelflow.Tensor('float32', [1, 5, 6, 7], Float32Array.from({length: 210}, (_, i) => i));
"""
"""Begins a script: `record(name, note)` notes the calls of a function of WebGL in `calls`."""
