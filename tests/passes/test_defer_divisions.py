"""Divisions by sums of rows, moved behind the matrix product that reads the quotient."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from numeric import assert_same_outputs, run_model
from onnx_export import to_onnx

from model_support import operators, save_text
from texelflow.graph import Graph
from texelflow.importers import read_model
from texelflow.passes import simplify

SOFTMAX = """
m = ReduceMax <keepdims = 1> (x, last) d = Sub(x, m) e = Exp(d) s = ReduceSum <keepdims = 1> (e, last)
"""


def _simplified(
    folder: Path, body: str, inputs: str = "float[N, 4, 5] x, float[5, 3] b"
) -> tuple[Path, Graph]:
    path = save_text(
        f"g ({inputs}) => (float[A, B, C] y) <int64[1] last = {{-1}}, int64[1] first = {{1}}> {{ {body} }}",
        folder,
    )
    graph = read_model(path)
    simplify(graph)
    return path, graph


@pytest.mark.parametrize(
    "body", [f"{SOFTMAX} q = Div(e, s) y = MatMul(q, b)", "q = Softmax(x) y = MatMul(q, b)"]
)
def test_deferred(tmp_path: Path, body: str) -> None:
    path, graph = _simplified(tmp_path, body)
    assert operators(graph)[-2:] == ["MatMul", "Div"] and operators(graph).count("Div") == 1
    assert_same_outputs(path, graph, {"N": 2}, 1e-5)


def test_deferred_for_every_matrix_of_the_product(tmp_path: Path) -> None:
    """The quotient is a matrix, the product a stack of them: the sums broadcast as the quotient did."""
    path, graph = _simplified(tmp_path, "q = Softmax(x) y = MatMul(q, b)", "float[4, 5] x, float[N, 5, 3] b")
    assert operators(graph)[-2:] == ["MatMul", "Div"]
    assert_same_outputs(path, graph, {"N": 2}, 1e-5)


NOT_DEFERRED = {
    "read twice": f"{SOFTMAX} q = Div(e, s) p = MatMul(q, b) m2 = ReduceMax(q, last) y = Add(p, m2)",
    "sum of others": f"{SOFTMAX} t = ReduceSum <keepdims = 1> (x, last) q = Div(e, t) y = MatMul(q, b)",
    "sum of columns": f"{SOFTMAX} t = ReduceSum <keepdims = 1> (e, first) q = Div(e, t) y = MatMul(q, b)",
    "sum divided": f"{SOFTMAX} q = Div(s, e) y = MatMul(q, b)",
    "right operand": "m = ReduceMax <keepdims = 1> (b, last) d = Sub(b, m) e = Exp(d)"
    " s = ReduceSum <keepdims = 1> (e, last) q = Div(e, s) y = MatMul(x, q)",
    "no maximum": "e = Exp(x) s = ReduceSum <keepdims = 1> (e, last) q = Div(e, s) y = MatMul(q, b)",
    "maximum of columns": "m = ReduceMax <keepdims = 1> (x, first) d = Sub(x, m) e = Exp(d)"
    " s = ReduceSum <keepdims = 1> (e, last) q = Div(e, s) y = MatMul(q, b)",
    "maximum of others": "z = Neg(x) m = ReduceMax <keepdims = 1> (z, last) d = Sub(x, m) e = Exp(d)"
    " s = ReduceSum <keepdims = 1> (e, last) q = Div(e, s) y = MatMul(q, b)",
    "maximum less": "m = ReduceMax <keepdims = 1> (x, last) d = Sub(m, x) e = Exp(d)"
    " s = ReduceSum <keepdims = 1> (e, last) q = Div(e, s) y = MatMul(q, b)",
    "no exponential": "s = ReduceSum <keepdims = 1> (x, last) q = Div(x, s) y = MatMul(q, b)",
}


@pytest.mark.parametrize("body", NOT_DEFERRED.values(), ids=NOT_DEFERRED.keys())
def test_not_deferred(tmp_path: Path, body: str) -> None:
    path, graph = _simplified(tmp_path, body)
    order = operators(graph)
    assert order.index("Div") < order.index("MatMul")
    assert_same_outputs(path, graph, {"N": 2}, 1e-5)


def test_a_vector_on_the_right(tmp_path: Path) -> None:
    """Its product has no columns: it is one of matrices, reshaped."""
    path, graph = _simplified(
        tmp_path, "q = Softmax(x) p = MatMul(q, v) y = Unsqueeze(p, last)", "float[N, 4, 5] x, float[5] v"
    )
    assert_same_outputs(path, graph, {"N": 2}, 1e-5)


@pytest.mark.parametrize(
    "body",
    [
        "e = Exp(x) s = ReduceSum <keepdims = 1> (e, last) q = Div(e, s) y = MatMul(q, b)",
        NOT_DEFERRED["no exponential"],
    ],
)
def test_products_larger_than_quotients_do_not_overflow(tmp_path: Path, body: str) -> None:
    """Quotients are 1 at most, whatever they are quotients of."""
    path, graph = _simplified(tmp_path, body)
    inputs = {
        "x": np.full((2, 4, 5), 87.0 if "Exp" in body else 5e37, np.float32),
        "b": np.full((5, 3), 30.0, np.float32),
    }
    expected = run_model(onnx.load(path), inputs)["y"]
    assert np.isfinite(expected).all()
    assert np.allclose(run_model(to_onnx(graph, {"N": 2}), inputs)["y"], expected)
