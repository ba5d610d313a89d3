"""Convolutions of concatenations, made sums of convolutions of the parts."""

from __future__ import annotations

from pathlib import Path

import pytest
from numeric import assert_same_outputs

from model_support import operators, save_text
from texelflow.backends.webgl2.passes import rewrite
from texelflow.graph import Graph
from texelflow.importers import read_model
from texelflow.passes import simplify


def _simplified(folder: Path, body: str, outputs: str = "float[A, B, C, D] y") -> tuple[Path, Graph]:
    """Read and simplify a graph with inputs a and b of 8 channels and c of 4, and random weights."""
    constants = ", ".join(
        f"float[{filters}, {inputs}, {size}, {size}] {name} = "
        f"{{{', '.join(str((7 * i + filters) % 11 - 5) for i in range(filters * inputs * size * size))}}}"
        for name, filters, inputs, size in (
            ("w", 3, 16, 1),
            ("wide", 16, 16, 1),
            ("three", 2, 20, 3),
            ("single", 8, 1, 1),
            ("odd", 1, 13, 1),
        )
    )
    images = "float[N, 8, 6, 5] a, float[N, 8, 6, 5] b, float[N, 4, 6, 5] c, float[N, 5, 6, 5] d"
    text = f"g ({images}) => ({outputs}) <{constants}, float[3] bias = {{1, 2, 3}}> {{ {body} }}"
    path = save_text(text, folder)
    graph = read_model(path)
    simplify(graph)
    rewrite(graph)
    return path, graph


@pytest.mark.parametrize(
    ("body", "convolutions"),
    [
        ("x = Concat <axis = 1> (a, b) y = Conv(x, w)", 2),
        ("x = Concat <axis = -3> (a, b) z = Conv(x, w, bias) y = Relu(z)", 2),
        ("x = Concat <axis = 1> (a, b) y = Conv <strides = [2, 1], pads = [0, 1, 0, 0]> (x, w, bias)", 2),
        ("x = Concat <axis = 1> (a, b, c) y = Conv <pads = [1, 1, 1, 1]> (x, three)", 3),
        ("x = Concat <axis = 1> (a, a) z = Conv(x, w) v = Conv(x, w, bias) y = Mul(z, v)", 4),
        (
            "x = Concat <axis = 1> (a, b) p = MaxPool <kernel_shape = [3, 2], strides = [2, 2]> (x) "
            "q = AveragePool <kernel_shape = [1, 2]> (p) y = Conv(q, w)",
            2,
        ),
    ],
    ids=["two", "bias and Relu", "attributes", "three", "two readers", "pooled"],
)
def test_split(tmp_path: Path, body: str, convolutions: int) -> None:
    path, graph = _simplified(tmp_path, body)
    names = operators(graph)
    assert "Concat" not in names and names.count("Conv") == convolutions
    assert_same_outputs(path, graph, {"N": 2}, 1e-5)


@pytest.mark.parametrize(
    "body",
    [
        "x = Concat <axis = 1> (a, b) z = Conv(x, w) m = GlobalMaxPool(x) n = Conv(m, w) y = Add(z, n)",
        "x = Concat <axis = 1> (a, b) y = Conv(x, wide)",
        "x = Concat <axis = 1> (a, d) y = Conv(x, odd)",
        "x = Concat <axis = 2> (a, b) y = Conv <group = 8> (x, single)",
    ],
    ids=["read by others", "wide results", "parts of half texels", "along rows"],
)
def test_not_split(tmp_path: Path, body: str) -> None:
    path, graph = _simplified(tmp_path, body)
    assert "Concat" in operators(graph)
    assert_same_outputs(path, graph, {"N": 2}, 1e-5)


def test_outputs_stay(tmp_path: Path) -> None:
    body = "x = Concat <axis = 1> (a, b) y = Conv(x, w)"
    path, graph = _simplified(tmp_path, body, "float[A, B, C, D] x, float[A, B, C, D] y")
    assert "Concat" in operators(graph)
    assert_same_outputs(path, graph, {"N": 2}, 1e-5)
