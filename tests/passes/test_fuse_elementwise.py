"""The order in which sums and products behind a kernel name their operands."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_support import read_text
from texelflow.passes import run_passes


@pytest.mark.parametrize(
    ("body", "own_first"),
    [
        ("y = Add(a, x)", True),
        ("y = Add(x, a)", True),
        ("y = Mul(x, a)", True),
        ("b = Sigmoid(a) y = Mul(x, b)", True),
        ("y = Sub(a, x)", True),
        ("y = Sub(x, a)", False),
        ("y = Div(x, a)", False),
    ],
)
def test_order_of_operands(tmp_path: Path, body: str, own_first: bool) -> None:
    """What the kernel computes comes first, unless that would change the result."""
    weights = "float[1, 1, 1, 1] w = {2}"
    text = f"g (float[1, 1, 8, 8] x) => (float[A, B, C, D] y) <{weights}> {{ a = Conv(x, w) {body} }}"
    graph = read_text(text, tmp_path)
    run_passes(graph)
    (node,) = graph.nodes
    external = node.epilogue[-1].inputs.index(graph.inputs[0])
    assert (external == 1) == own_first
