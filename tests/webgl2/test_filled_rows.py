"""Weights of few elements a filter are stored as the model has them, and filled up at upload."""

from __future__ import annotations

import json
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import texelflow
from model_support import save_text
from texelflow.bundle.reader import read_graph

SHAPES = {
    "depthwise": (4, 1, 3, 3),
    "few": (5, 2, 3, 3),
    "whole": (4, 1, 2, 2),
    "point": (4, 3, 1, 1),
    "grouped": (4, 2, 3, 3),
    "many": (3, 4, 3, 3),
}


def _exported(folder: Path, body: str) -> tuple[list[Any], list[Any]]:
    """Export a graph with inputs of 2, 3 and 4 channels; return its weights and their tensors' shapes."""
    constants = ", ".join(
        f"float[{', '.join(map(str, shape))}] {name} = {{{', '.join(map(str, range(prod(shape))))}}}"
        for name, shape in SHAPES.items()
    )
    inputs = ", ".join(f"float[2, {channels}, 5, 6] x{channels}" for channels in (2, 3, 4))
    path = save_text(f"g ({inputs}) => (float[A, B, C, D] y) <{constants}> {{ {body} }}", folder)
    texelflow.export(path, folder / "bundle")
    graph = read_graph(folder / "bundle")
    tensors = graph["plans"]["webgl2"]["tensors"]
    return [*graph["weights"]], [tensors[weight["tensor"]]["shape"] for weight in graph["weights"]]


@pytest.mark.parametrize(
    ("body", "name", "shape"),
    [
        ("y = Conv <group = 4> (x4, depthwise)", "depthwise", [4, 12]),
        ("y = Conv <group = 2> (x2, depthwise)", "depthwise", [4, 12]),
        ("y = Conv <strides = [2, 2]> (x2, few)", "few", [5, 20]),
        (
            "a = Conv <group = 4, pads = [1, 1, 1, 1]> (x4, depthwise) y = Conv <group = 4> (a, depthwise)",
            "depthwise",
            [4, 12],
        ),
    ],
    ids=["depthwise", "two filters a channel", "few channels", "shared"],
)
def test_filters_begin_texels(tmp_path: Path, body: str, name: str, shape: list[int]) -> None:
    [weight], [tensor_shape] = _exported(tmp_path, body)
    assert (weight["row"], tensor_shape) == (prod(SHAPES[name][1:]), shape)
    assert weight["parts"] == [{"file": "weights.safetensors", "key": name}]
    content = (tmp_path / "bundle" / "weights.safetensors").read_bytes()
    size = prod(SHAPES[name])
    assert json.loads(content[8 : -4 * size])[name]["shape"] == list(SHAPES[name])
    assert np.frombuffer(content[-4 * size :], np.float32).tolist() == list(range(size))


@pytest.mark.parametrize(
    "body",
    [
        "y = Conv <group = 4> (x4, whole)",
        "y = Conv(x3, point)",
        "y = Conv <group = 2> (x4, grouped)",
        "y = Conv(x4, many)",
    ],
)
def test_others_stay(tmp_path: Path, body: str) -> None:
    [weight], [shape] = _exported(tmp_path, body)
    assert "row" not in weight and prod(shape) == prod(SHAPES[weight["parts"][0]["key"]])


def test_weights_that_others_read_are_stored_once(tmp_path: Path) -> None:
    body = "a = Conv <group = 4> (x4, depthwise) b = ReduceMax <keepdims = 0> (depthwise) y = Add(a, b)"
    weights, _ = _exported(tmp_path, body)
    assert len(weights) == 1
