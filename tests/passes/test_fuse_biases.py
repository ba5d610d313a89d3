"""Vectors added to matrix products, which become their biases."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_support import read_text
from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.passes import prepare
from texelflow.passes import simplify

CONSTANTS = "float[5] v = {1, 2, 3, 4, 5}, float[1, 5] r = {1, 2, 3, 4, 5}, float[4, 1] c = {1, 2, 3, 4}"


def _product(folder: Path, body: str) -> Group:
    """Return the group of the last product of a graph."""
    inputs = "float[N, 4, 3] x, float[3, 5] b, float[N, 4, 5] z, int32[5] i"
    graph = read_text(f"g ({inputs}) => (float[A, B, C] y) <{CONSTANTS}> {{ {body} }}", folder)
    simplify(graph)
    return [group for group in prepare(graph) if group.host and group.host.operator == "MatMul"][-1]


@pytest.mark.parametrize(
    ("body", "left"),
    [
        ("p = MatMul(x, b) y = Add(p, v)", []),
        ("p = MatMul(x, b) y = Add(v, p)", []),
        ("p = MatMul(x, b) s = Add(p, v) y = Relu(s)", ["Relu"]),
        ("p = MatMul(x, b) s = Add(p, v) t = Add(s, z) y = Mul(t, s)", ["Add", "Mul"]),
        ("p = MatMul(x, b) f = Cast <to = 1> (i) y = Add(p, f)", []),
    ],
)
def test_taken(tmp_path: Path, body: str, left: list[str]) -> None:
    group = _product(tmp_path, body)
    assert [value.shape for value in group.node.inputs[2:] if value] == [(5,)]
    assert [step.operator for step in group.epilogue] == left
    assert group.result.name == "y"


@pytest.mark.parametrize(
    "body",
    [
        "p = MatMul(x, b) y = Add(p, z)",
        "p = MatMul(x, b) y = Add(p, r)",
        "p = MatMul(x, b) y = Add(p, c)",
        "p = MatMul(x, b) y = Mul(p, v)",
        "p = MatMul(x, b) q = Relu(p) y = Add(q, v)",
        "p = MatMul(x, b) s = Add(p, v) y = Mul(s, p)",
        "p = MatMul(x, b) y = Add(p, p)",
    ],
    ids=["matrices", "a row of rank 2", "a column", "a factor", "later", "read without it", "itself"],
)
def test_not_taken(tmp_path: Path, body: str) -> None:
    group = _product(tmp_path, body)
    assert len(group.node.inputs) == 2 and group.epilogue
