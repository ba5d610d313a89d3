"""If: branches that are taken at export, or chosen at each run, against ONNX Runtime."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from model_support import save_text
from operators.written_back import written_back
from texelflow.errors import ExportError
from texelflow.importers import read_model
from texelflow.passes import simplify

MODELS = {
    "a constant condition": """
        g (float[3] x) => (float[3] y) <bool c = {1}> {
            y = If (c) <
                then_branch = t () => (float[3] a) { a = Neg(x) },
                else_branch = e () => (float[3] b) { b = Missing(x) }
            >
        }""",
    "a condition on a shape": """
        g (float[3] x) => (float[3] y) {
            shape = Shape(x)
            three = Constant<value_ints = [3]>()
            c = Equal(shape, three)
            y = If (c) <
                then_branch = t () => (float[3] a) { h = Exp(x) a = Neg(h) },
                else_branch = e () => (float[1] b) { b = ReduceMax(x) }
            >
        }""",
    "branches in branches": """
        g (float[3] x) => (float[3] y, float[3] z) <bool yes = {1}, bool no = {0}, float[3] w = {1, 2, 3}> {
            inner = Add(x, w)
            y, z = If (no) <
                then_branch = t () => (float[3] a, float[3] a2) { a = Neg(x) a2 = Neg(x) },
                else_branch = e () => (float[3] b, float[3] b2) {
                    b = If (yes) <
                        then_branch = tt () => (float[3] p) { p = Mul(inner, w) },
                        else_branch = ee () => (float[3] q) { q = Identity(x) }
                    >
                    b2 = Identity(w)
                }
            >
        }""",
    "a condition on data": """
        g (float[3] x) => (float[3] y) {
            total = ReduceSum<keepdims = 0>(x)
            zero = Constant<value_float = 0.0>()
            c = Greater(total, zero)
            y = If (c) <
                then_branch = t () => (float[3] a) { a = Sqrt(x) },
                else_branch = e () => (float[3] b) { b = Neg(x) }
            >
        }""",
}


@pytest.mark.parametrize("name", MODELS)
def test_results(name: str, tmp_path: Path) -> None:
    path = save_text(MODELS[name], tmp_path)
    graph = read_model(path)
    simplify(graph)
    assert "If" not in {node.operator for node in graph.nodes}
    model = written_back(graph).SerializeToString()
    for sign in (1, -1):
        feeds = {"x": sign * np.array([1, 2, 4], np.float32)}
        if "Missing" in MODELS[name]:
            expected = [-feeds["x"]]  # which ONNX Runtime refuses, though it is not taken
        else:
            expected = onnxruntime.InferenceSession(path).run(None, feeds)
        results = onnxruntime.InferenceSession(model).run(None, feeds)
        for result, wanted in zip(results, expected, strict=True):
            np.testing.assert_allclose(result, wanted, rtol=1e-6)


REFUSALS = [
    (
        "then_branch = t () => (float[3] a) { a = Missing(x) }, "
        "else_branch = e () => (float[3] b) { b = Neg(x) }",
        "in its then_branch: Missing '.*': operator Missing is not supported",
    ),
    (
        "then_branch = t () => (float[3] a) { a = Neg(x) }, "
        "else_branch = e () => (float b) { b = ReduceMax<keepdims = 0>(x) }",
        "its condition depends on data, but its branches give",
    ),
    ("then_branch = t () => (float[3] a) { a = Neg(x) }", "it has no else_branch"),
]


@pytest.mark.parametrize(("branches", "reason"), REFUSALS)
def test_refusals(branches: str, reason: str, tmp_path: Path) -> None:
    text = f"g (float[3] x, bool c) => (float[3] y) {{ y = If (c) <{branches}> }}"
    with pytest.raises(ExportError, match=reason):
        simplify(read_model(save_text(text, tmp_path)))
