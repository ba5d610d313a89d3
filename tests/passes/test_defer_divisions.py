"""Divisions by sums of rows, moved behind the matrix product that reads the quotient."""

from __future__ import annotations

from pathlib import Path

import pytest
from numeric import assert_same_outputs

from model_support import operators, save_text
from texelflow.importers import read_model
from texelflow.ir import Graph
from texelflow.passes import simplify

SUM = "s = ReduceSum <keepdims = 1> (e, last)"


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
    "body",
    [f"e = Exp(x) {SUM} q = Div(e, s) y = MatMul(q, b)", "q = Softmax(x) y = MatMul(q, b)"],
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


@pytest.mark.parametrize(
    "body",
    [
        f"e = Exp(x) {SUM} q = Div(e, s) p = MatMul(q, b) m = ReduceMax(q, last) y = Add(p, m)",
        "e = Exp(x) s = ReduceSum <keepdims = 1> (x, last) q = Div(e, s) y = MatMul(q, b)",
        "e = Exp(x) s = ReduceSum <keepdims = 1> (e, first) q = Div(e, s) y = MatMul(q, b)",
        f"e = Exp(x) {SUM} q = Div(s, e) y = MatMul(q, b)",
        f"e = Exp(b) {SUM} q = Div(e, s) y = MatMul(x, q)",
    ],
    ids=["read twice", "sum of others", "sum of columns", "sum divided", "right operand"],
)
def test_not_deferred(tmp_path: Path, body: str) -> None:
    path, graph = _simplified(tmp_path, body)
    order = operators(graph)
    assert order.index("Div") < order.index("MatMul")
    assert_same_outputs(path, graph, {"N": 2}, 1e-5)
