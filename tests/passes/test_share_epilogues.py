"""Convolutions that differ by what is added to their results and limits them, made to end alike."""

from __future__ import annotations

from math import prod
from pathlib import Path

import pytest

from model_support import save_text
from texelflow.backends.webgl2.passes import prepare
from texelflow.graph import Node
from texelflow.importers import read_model
from texelflow.passes import simplify

CONSTANTS = ", ".join(
    f"float[{', '.join(map(str, shape))}] {name} = {{{', '.join(['1'] * prod(shape))}}}"
    for name, shape in {
        "w": (4, 4, 1, 1),
        "k": (4, 4, 3, 3),
        "c": (4,),
        "m": (8, 8),
        "t": (200, 8),
        "v": (8,),
    }.items()
)


def _ends(folder: Path, body: str) -> list[str]:
    """Return what each convolution of a graph ends in."""
    constants = f"{CONSTANTS}, float low = {{0}}, float high = {{6}}"
    path = save_text(f"g (float[1, 4, 8, 8] x) => (float[A, B, C, D] y) <{constants}> {{ {body} }}", folder)
    graph = read_model(path)
    simplify(graph)
    return [
        " ".join([*(step.operator for step in group.epilogue), *map(_bounds, group.epilogue[-1:])]).strip()
        for group in prepare(graph)
    ]


def _bounds(step: Node) -> str:
    scalars = [value.scalar for value in step.inputs[1:] if value is not None]
    return " ".join(f"{scalar:g}" for scalar in scalars if isinstance(scalar, float))


@pytest.mark.parametrize(
    ("body", "ends"),
    [
        ("a = Conv(x, w) b = Clip(a, low, high) y = Conv(b, w)", ["Clip 0 6", "Clip -inf inf"]),
        ("a = Conv(x, w) b = Relu(a) y = Conv(b, w)", ["Clip 0 inf", "Clip -inf inf"]),
        ("a = Conv(x, w) b = Relu(a) d = Conv(b, w) y = Clip(d, low, high)", ["Clip 0 inf", "Clip 0 6"]),
        ("a = Conv(x, w) b = Relu(a) y = Conv <strides = [2, 2]> (b, w)", ["Clip 0 inf", "Clip -inf inf"]),
        ("a = Conv(x, w) b = Relu(a) y = MatMul(b, m)", ["Clip 0 inf", "Clip -inf inf"]),
        (
            'a = Conv <auto_pad = "NOTSET"> (x, w) b = Relu(a) y = MatMul(b, m)',
            ["Clip 0 inf", "Clip -inf inf"],
        ),
        (
            "a = Conv(x, w) b = Relu(a) s = Transpose <perm = [1, 0]> (t) y = MatMul(b, s)",
            ["Clip 0 inf", "", "Clip -inf inf"],
        ),
        ("a = Conv(x, w, c) b = Relu(a) p = MatMul(b, m) y = Add(v, p)", ["Clip 0 inf", "Clip -inf inf"]),
        ("a = Conv(x, w) b = Conv(a, w) y = Add(a, b)", ["OptionalSum", "OptionalSum"]),
        (
            "a = Conv(x, w) b = Conv(a, w) d = Add(a, b) y = Clip(d, low, high)",
            ["OptionalSum Clip -inf inf", "OptionalSum Clip 0 6"],
        ),
        (
            "a = Conv(x, w) b = Relu(a) d = Conv(b, w) y = Add(b, d)",
            ["OptionalSum Clip 0 inf", "OptionalSum Clip -inf inf"],
        ),
    ],
)
def test_shared(tmp_path: Path, body: str, ends: list[str]) -> None:
    assert _ends(tmp_path, body) == ends


@pytest.mark.parametrize(
    ("body", "ends"),
    [
        ("a = Conv(x, w) b = Relu(a) d = Conv(b, w) y = Relu(d)", ["Relu", "Relu"]),
        ("a = Conv(x, w) y = Conv(a, w)", ["", ""]),
        ("a = Conv(x, w) b = Relu(a) y = Conv(b, k)", ["Relu", ""]),
        ("a = Conv(x, w) b = Relu(a) y = Conv(b, w, c)", ["Relu", ""]),
        ("a = Conv(x, k) b = Relu(a) y = Conv <strides = [2, 2]> (b, k)", ["Relu", ""]),
        ("a = Conv(x, w) b = Relu(a) y = MatMul(b, b)", ["Relu", ""]),
        ("a = Conv(x, w) b = Sigmoid(a) y = Conv(b, w)", ["Sigmoid", ""]),
        ("a = Conv(x, w) b = Add(a, x) d = Conv(b, w) y = Add(d, b)", ["Add", "Add"]),
        ("a = Conv(x, w) d = Conv(a, w) y = Add(d, high)", ["", "Add 6"]),
    ],
    ids=[
        "all Relu",
        "nothing",
        "other kernel",
        "with a bias",
        "other stride",
        "a product of no constant",
        "other function",
        "all sums",
        "a sum of a constant",
    ],
)
def test_not_shared(tmp_path: Path, body: str, ends: list[str]) -> None:
    assert _ends(tmp_path, body) == ends
