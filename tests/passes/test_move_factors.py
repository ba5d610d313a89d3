"""What the right operand of a product is multiplied by goes to the left one."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_support import operators, read_text
from texelflow.passes import move_factors, simplify

KEYS = """
    g (float[2, 3, 4] q, float[2, 5, 4] k) => (float[2, 3, n] y)
    <float scale = {0.5}, float[5] many = {1, 2, 3, 4, 5}> {
        turned = Transpose<perm = [0, 2, 1]>(k)
        scaled = Mul(turned, scale)
        y = MatMul(q, scaled)
    }"""


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("Mul(turned", "Mul(turned", ["Transpose", "Mul", "MatMul"]),
        ("Mul(turned, scale)", "Mul(scale, turned)", ["Transpose", "Mul", "MatMul"]),
        ("Mul(turned", "Div(turned", ["Transpose", "Div", "MatMul"]),
    ],
)
def test_a_factor_moves(tmp_path: Path, old: str, new: str, wanted: list[str]) -> None:
    graph = read_text(KEYS.replace(old, new), tmp_path)
    simplify(graph)
    assert sorted(operators(graph)) == sorted(wanted)
    product = graph.nodes[-1]
    left, right = (product.required(index).producer for index in range(2))
    assert left is not None and right is not None
    assert (left.operator, right.operator) == (wanted[1], "Transpose")
    assert left.required(0) is graph.inputs[0]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Mul(turned, scale)", "Mul(turned, many)"),
        ("Mul(turned, scale)", "Div(scale, turned)"),
        ("y = MatMul(q, scaled)", "z = MatMul(q, scaled) more = ReduceSum(scaled) y = Add(z, more)"),
        ("scaled = Mul(turned", "bent = Sin(turned) scaled = Mul(bent"),
    ],
    ids=["no number", "divided by", "read twice", "made by a kernel"],
)
def test_others_stay(tmp_path: Path, old: str, new: str) -> None:
    graph = read_text(KEYS.replace(old, new), tmp_path)
    simplify(graph)
    assert old in KEYS and move_factors.run(graph) == 0
    product = next(node for node in graph.nodes if node.operator == "MatMul")
    assert product.required(0) is graph.inputs[0]


def test_it_joins_the_factor_of_the_other_operand(tmp_path: Path) -> None:
    text = KEYS.replace("y = MatMul(q, scaled)", """
        own = Mul(q, scale)
        upright = Reshape(own, sizes)
        z = Reshape(upright, rows)
        y = MatMul(z, scaled)""").replace(
        "float scale", "int64[4] sizes = {2, 3, 2, 2}, int64[3] rows = {2, 3, 4}, float scale"
    )  # fmt: skip
    graph = read_text(text, tmp_path)
    simplify(graph)
    value = graph.nodes[-1].required(0)
    while (made := value.producer) is not None and made.operator == "Reshape":
        value = made.required(0)
    assert made is not None and made.operator == "Mul"
    first = made.required(0).producer
    assert first is not None and first.operator == "Mul"
