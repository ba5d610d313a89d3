"""Weights of few elements a filter, stored so that each filter begins a texel."""

from __future__ import annotations

from math import prod
from pathlib import Path

import numpy as np
import pytest

from model_support import operators, save_text
from texelflow.backends.webgl2.passes import align_weights
from texelflow.graph import Graph
from texelflow.importers import read_model
from texelflow.passes import simplify

SHAPES = {
    "depthwise": (4, 1, 3, 3),
    "few": (5, 2, 3, 3),
    "whole": (4, 1, 2, 2),
    "point": (4, 3, 1, 1),
    "grouped": (4, 2, 3, 3),
    "many": (3, 4, 3, 3),
}


def _aligned(folder: Path, body: str) -> tuple[Graph, int]:
    """Read a graph with inputs of 2, 3 and 4 channels, simplify it and align its weights; return how many."""
    constants = ", ".join(
        f"float[{', '.join(map(str, shape))}] {name} = {{{', '.join(map(str, range(prod(shape))))}}}"
        for name, shape in SHAPES.items()
    )
    inputs = ", ".join(f"float[2, {channels}, 5, 6] x{channels}" for channels in (2, 3, 4))
    path = save_text(f"g ({inputs}) => (float[A, B, C, D] y) <{constants}> {{ {body} }}", folder)
    graph = read_model(path)
    simplify(graph)
    return graph, align_weights.run(graph)


@pytest.mark.parametrize(
    ("body", "filters", "size"),
    [
        ("y = Conv <group = 4> (x4, depthwise)", 4, 9),
        ("y = Conv <group = 2> (x2, depthwise)", 4, 9),
        ("y = Conv <strides = [2, 2]> (x2, few)", 5, 18),
        (
            "a = Conv <group = 4, pads = [1, 1, 1, 1]> (x4, depthwise) y = Conv <group = 4> (a, depthwise)",
            4,
            9,
        ),
    ],
    ids=["depthwise", "two filters a channel", "few channels", "shared"],
)
def test_filters_begin_texels(tmp_path: Path, body: str, filters: int, size: int) -> None:
    graph, count = _aligned(tmp_path, body)
    assert count == 1 and operators(graph).count("Filters") == 1
    [stored] = [value for node in graph.nodes for value in node.inputs if value and value.constant]
    assert stored.constant is not None
    numbers = np.frombuffer(stored.constant.tobytes(), np.float32).reshape(stored.shape)
    assert numbers[:, :size].tolist() == np.arange(filters * size).reshape(filters, size).tolist()
    assert numbers.shape[1] % 4 == 0 and not numbers[:, size:].any()


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
    graph, count = _aligned(tmp_path, body)
    assert count == 0 and operators(graph) == ["Conv"]
