"""Runs many small bundles in one page, a batch a call."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from playwright.sync_api import Page

from conformance.cases import Case, judge

BATCH = 40

_RUN_BATCH = """
async ({jobs, device}) => {
    const arrays = {float32: Float32Array, float64: Float64Array, int64: BigInt64Array, uint64: BigUint64Array,
        float16: Uint16Array, bfloat16: Uint16Array, int32: Int32Array, uint32: Uint32Array, int16: Int16Array,
        uint16: Uint16Array, int8: Int8Array, uint8: Uint8Array, bool: Uint8Array};
    const encode = (data) => btoa(Array.from(new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
        (byte) => String.fromCharCode(byte)).join(''));
    const answers = [];
    // One model stays loaded, so that the context that all models share is not made anew for each.
    globalThis.keeper ??= await texelflow.loadModel(jobs[0].url, {device});
    for (const {url, feeds} of jobs) {
        let model;
        try {
            model = await texelflow.loadModel(url, {device});
            const inputs = {};
            for (const [name, {dtype, shape, data}] of Object.entries(feeds)) {
                const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
                inputs[name] = new texelflow.Tensor(dtype, shape, new arrays[dtype](bytes.buffer));
            }
            const outputs = await model.run(inputs);
            answers.push({outputs: Object.fromEntries(Object.entries(outputs).map(([name, {dtype, shape, data}]) =>
                [name, {dtype, shape, data: encode(data)}]))});
        } catch (error) {
            answers.push({error: String(error.message ?? error)});
        } finally {
            model?.dispose();
        }
    }
    return answers;
}
"""


def run_cases(page: Page, url: str, cases: Iterable[Case], device: Mapping[str, Any] | None = None) -> None:
    """Run exported cases and judge each; `url` is where their folder is mounted."""
    waiting = [case for case in cases if case.folder is not None]
    for start in range(0, len(waiting), BATCH):
        batch = waiting[start : start + BATCH]
        jobs = [{"url": f"{url}/{case.name}", "feeds": _feeds(case)} for case in batch]
        answers = page.evaluate(_RUN_BATCH, {"jobs": jobs, "device": dict(device or {})})
        for case, answer in zip(batch, answers, strict=True):
            if "error" in answer:
                case.status, case.reason = "failed", answer["error"].splitlines()[0]
            else:
                judge(case, _results(answer["outputs"]))


def _feeds(case: Case) -> dict[str, Any]:
    return {
        name: {
            "dtype": str(array.dtype),
            "shape": list(array.shape),
            "data": base64.b64encode(np.ascontiguousarray(array).tobytes()).decode(),
        }
        for name, array in case.inputs.items()
    }


def _results(outputs: Mapping[str, Any]) -> dict[str, np.ndarray]:
    return {
        name: np.frombuffer(
            base64.b64decode(result["data"]),
            np.uint16 if result["dtype"] == "bfloat16" else result["dtype"],
        ).reshape(result["shape"])
        for name, result in outputs.items()
    }


def counts(cases: Sequence[Case]) -> dict[str, int]:
    """Return how many cases have each status."""
    result: dict[str, int] = {}
    for case in cases:
        result[case.status] = result.get(case.status, 0) + 1
    return result
