"""Odd models: what is valid runs and agrees with ONNX Runtime, or is refused; nothing ends as a defect."""

from __future__ import annotations

import faulthandler
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from playwright.sync_api import Page

from browser_support import PageServer
from bundle_runner import Job, run_jobs
from fuzz.odd_nodes import OddNode, odd_nodes
from model_support import save_text
from texelflow.errors import ExportError
from texelflow.pipeline import Options, build, write

COUNT = 700
RUN_EVERY = 2
"""Of the models that can be exported, one in so many is run."""

MOST_REFUSED = 0.05
"""Of what ONNX Runtime runs."""

TOLERANCES = {"float16": 4e-3, "bfloat16": 2e-2}

Arrays = dict[str, np.ndarray]


@dataclass
class _Exported:
    odd: OddNode
    url: str
    expected: Arrays


def _run_reference(model: bytes, feeds: Arrays) -> Arrays | None:
    """Return what ONNX Runtime makes of a model, or None if it refuses."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        names = [output.name for output in session.get_outputs()]
        return dict(zip(names, session.run(names, feeds), strict=True))
    except Exception:
        return None


def _references(odds: list[OddNode]) -> list[Arrays | None]:
    """Return what ONNX Runtime makes of models; some crash it, so that it runs in a process of its own."""
    results: list[Arrays | None] = []
    while len(results) < len(odds):
        with ProcessPoolExecutor(1, initializer=faulthandler.disable) as pool:
            jobs = [
                pool.submit(_run_reference, odd.model().SerializeToString(), odd.feeds())
                for odd in odds[len(results) :]
            ]
            try:
                for job in jobs:
                    results.append(job.result())
            except BrokenProcessPool:
                results.append(None)
    return results


def test_odd_nodes(tmp_path: Path, page_server: PageServer, page: Page) -> None:
    odds = list(odd_nodes(COUNT, seed=1))
    url = page_server.mount("/odd", tmp_path)
    valid = 0
    refused: list[str] = []
    exported: list[_Exported] = []
    for number, (odd, expected) in enumerate(zip(odds, _references(odds), strict=True)):
        path = tmp_path / f"{number}.onnx"
        path.write_bytes(odd.model().SerializeToString())
        valid += expected is not None
        try:
            bundle = build(path, Options())
        except ExportError as error:
            if expected is not None:
                refused.append(f"{odd.label}, {odd.changes}: {error.problems[0]}")
            continue
        if expected is not None and number % RUN_EVERY == 0:
            write(bundle, tmp_path / f"bundle{number}")
            exported.append(_Exported(odd, f"{url}/bundle{number}", expected))
    assert valid > COUNT / 2
    assert len(refused) <= MOST_REFUSED * valid, f"{len(refused)} of {valid}:\n" + "\n".join(refused)
    answers = run_jobs(page, [Job(item.url, item.odd.feeds()) for item in exported])
    wrong = []
    for item, answer in zip(exported, answers, strict=True):
        reason = answer.error or _difference(answer.outputs, item.expected)
        if reason and item.odd.label.split(": ")[1] not in KNOWN and not _is_beyond(item, reason):
            wrong.append(f"{item.odd.label}, {item.odd.changes}: {reason}")
    assert not wrong, "\n".join(wrong)


KNOWN = {
    "test_maxunpool_export_with_output_shape": "ONNX Runtime counts positions in output_shape",
    "test_celu_float16": "of an alpha of 1e30, exp(x / alpha) - 1 is 0 to ONNX Runtime, not x / alpha",
}
"""Tests of ONNX whose odd forms ONNX Runtime computes otherwise than ONNX says, and how."""


def _is_beyond(item: _Exported, reason: str) -> bool:
    """Whether numbers are in play that ONNX says nothing of, or that are refused since they need 64 bits.

    The first are infinities and NaN as whole numbers.
    """
    arrays = item.odd.feeds().values()
    if item.odd.node.op_type == "Cast" and all(one.dtype.kind in "iu" for one in item.expected.values()):
        return any(not np.isfinite(array.astype(np.float64)).all() for array in arrays)
    wide = any(
        array.dtype.kind in "iu" and np.abs(array.astype(np.float64)).max(initial=0) > 2**31
        for array in arrays
    )
    return wide and "are computed in 32 bits" in reason


def _difference(actual: dict[str, np.ndarray], expected: Arrays) -> str:
    for name, reference in expected.items():
        result = actual[name]
        if result.shape != reference.shape:
            return f"{name} has shape {result.shape}, not {reference.shape}"
        a, b = result.astype(np.float64), reference.astype(np.float64)
        tolerance = TOLERANCES.get(str(reference.dtype), 2e-5)
        largest = np.abs(b[np.isfinite(b)]).max(initial=1e-6)
        if not np.allclose(a, b, rtol=tolerance, atol=tolerance * largest, equal_nan=True):
            return f"{name} is {a.ravel()[:4]}, not {b.ravel()[:4]}"
    return ""


ODD_MODELS = {
    "an output listed twice": "g (float[2,3] x) => (float[2,3] y, float[2,3] y) { y = Relu(x) }",
    "no nodes": "g (float[2,3] x) => (float[2,3] x) {}",
    "an output that is an input": "g (float[2,3] x) => (float[2,3] x, float[2,3] y) { y = Relu(x) }",
    "an output that is a constant": "g (float[2] x) => (float[2] c) <float[2] c = {1, 2}> {}",
    "no inputs": "g () => (float[2] y) <float[2] c = {1, -2}> { y = Relu(c) }",
    "a node that nothing reads": "g (float[3] x) => (float[3] y) { y = Relu(x) z = Exp(x) }",
    "no filters": """g (float[1,3,8,8] x) => (float[a,b,c,d] y)
    <float[0,3,3,3] w = {}> { y = Conv(x, w) }""",
    "no filters of one channel": """g (float[1,1,8,8] x) => (float[a,b,c,d] y)
    <float[0,1,3,3] w = {}> { y = Conv(x, w) }""",
    "no channels": """g (float[1,0,8,8] x) => (float[a,b,c,d] y)
    <float[2,0,3,3] w = {}> { y = Conv(x, w) }""",
    "no filters, transposed": """g (float[1,3,4,4] x) => (float[a,b,c,d] y)
    <float[3,0,3,3] w = {}> { y = ConvTranspose(x, w) }""",
    "no columns": "g (float[2,3] x) => (float[a,b] y) <float[3,0] w = {}> { y = MatMul(x, w) }",
    "nothing to sum": "g (float[2,0] x) => (float[a,b] y) <float[0,3] w = {}> { y = MatMul(x, w) }",
    "only a bias": """g (float[2,0] x) => (float[a,b] y)
    <float[0,3] w = {}, float[3] c = {1, 2, 3}> { y = Gemm(x, w, c) }""",
    "a border from a shape": """g (float[1,3] x, float[n] z) => (float[a,b] y)
    <int64[4] p = {0, 1, 1, 1}> { s = Shape(z) t = Squeeze(s) v = Cast <to = 1> (t) y = Pad(x, p, v) }""",
    "a border of whole numbers from a shape": """g (int64[1,3] x, float[n] z) => (int64[a,b] y)
    <int64[4] p = {0, 1, 0, -1}> { s = Shape(z) t = Squeeze(s) y = Pad(x, p, t) }""",
    "a border from data": """g (float[1,3] x, float v) => (float[a,b] y)
    <int64[4] p = {0, 1, 0, 1}> { w = Neg(v) y = Pad(x, p, w) }""",
    "more expressions than uniforms": """g (float[n] z) => (int64[900] y)
    <int64[1] k = {900}> { s = Shape(z) t = Expand(s, k) y = Add(t, t) }""",
    "as many expressions": """g (float[n] z) => (int64[512] y)
    <int64[1] k = {512}> { s = Shape(z) y = Expand(s, k) }""",
    "zeros of both signs": """g (float[n] x) => (float[n] y, float[n] z)
    <float minus = {-0.0}, float plus = {0.0}>
    {
        a = Mul(x, minus) b = Sub(a, minus) y = Reciprocal(b)
        c = Mul(x, minus) d = Sub(c, plus) z = Reciprocal(d)
    }""",
}


def test_odd_models(tmp_path: Path, page_server: PageServer, page: Page) -> None:
    url = page_server.mount("/models", tmp_path)
    jobs, expected = [], []
    for number, (label, text) in enumerate(ODD_MODELS.items()):
        path = save_text(text, tmp_path, f"{number}.onnx")
        write(build(path, Options()), tmp_path / f"bundle{number}")
        feeds = _ones(onnx.load(path))
        expected.append((label, _run_reference(path.read_bytes(), feeds)))
        jobs.append(Job(f"{url}/bundle{number}", feeds))
    for (label, reference), answer in zip(expected, run_jobs(page, jobs), strict=True):
        assert reference is not None, label
        assert not answer.error, f"{label}: {answer.error}"
        assert not _difference(answer.outputs, reference), label
        assert answer.outputs.keys() == reference.keys()


def _ones(model: onnx.ModelProto) -> Arrays:
    feeds = {}
    for item in model.graph.input:
        kind = item.type.tensor_type
        shape = [3 if extent.dim_param else extent.dim_value for extent in kind.shape.dim]
        feeds[item.name] = np.ones(shape, onnx.helper.tensor_dtype_to_np_dtype(kind.elem_type))
    return feeds


@pytest.mark.parametrize(
    ("node", "reason"),
    [
        ("y = Conv(x, x)", "have type int32; a floating type is needed"),
        ("y = ConvTranspose(x, x)", "have type int32; a floating type is needed"),
        ("y = Conv <kernel_shape = [2, 2]> (f, f)", "kernel_shape"),
        (
            "y = ConvTranspose <kernel_shape = [2, 2]> (f, f)",
            "kernel_shape and the weight's extents along axis 2 differ",
        ),
    ],
)
def test_refused(tmp_path: Path, node: str, reason: str) -> None:
    text = f"g (int32[1,1,3,3] x, float[1,1,3,3] f) => (float[a,b,c,d] y) {{ {node} }}"
    with pytest.raises(ExportError, match=reason.replace("[", r"\[")):
        build(save_text(text, tmp_path), Options())
