"""Means and variances of rows, joined to one node."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_support import operators, save_text
from texelflow.backends.webgl2.passes import join_moments
from texelflow.importers import read_model
from texelflow.passes import simplify


def _joined(folder: Path, body: str) -> list[str]:
    text = "g (float[N, 4, 16] x) => (float[A, B, C] y) <int64[1] last = {-1}, int64[1] rows = {1}, "
    path = save_text(f"{text}float two = {{2}}, float three = {{3}}> {{ {body} }}", folder)
    graph = read_model(path)
    simplify(graph)
    join_moments.run(graph)
    return operators(graph)


@pytest.mark.parametrize("square", ["Mul(d, d)", "Pow(d, two)"])
def test_joined(tmp_path: Path, square: str) -> None:
    body = f"m = ReduceMean(x, last) d = Sub(x, m) s = {square} v = ReduceMean(s, last) y = Div(d, v)"
    joined = _joined(tmp_path, body)
    assert "Moments" in joined and "ReduceMean" not in joined


@pytest.mark.parametrize(
    "body",
    [
        "m = ReduceMean(x, last) d = Sub(x, m) s = Pow(d, three) v = ReduceMean(s, last) y = Div(d, v)",
        "m = ReduceMean(x, last) d = Sub(m, x) s = Mul(d, d) v = ReduceMean(s, last) y = Div(d, v)",
        "m = ReduceMean(x, rows) d = Sub(x, m) s = Mul(d, d) v = ReduceMean(s, last) y = Div(d, v)",
        "m = ReduceMean(x, last) d = Sub(x, m) s = Mul(d, x) v = ReduceMean(s, last) y = Div(d, v)",
        "m = ReduceMean(x, last) d = Sub(two, m) s = Mul(d, d) v = ReduceMean(s, last) y = Div(d, v)",
    ],
    ids=["cubes", "mean less x", "mean of columns", "not a square", "mean of others"],
)
def test_not_joined(tmp_path: Path, body: str) -> None:
    joined = _joined(tmp_path, body)
    assert "Moments" not in joined and joined.count("ReduceMean") == 2
