"""One position of a sequence is taken before what computes each position by itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numeric import assert_same_outputs

from model_support import operators, read_text, save_text
from texelflow.importers import read_model
from texelflow.passes import infer_types, remove_dead_nodes, simplify, take_early

HEAD = """
    g (float[B, L, 4] x, float[4] scale, float[4, 6] head) => (float[B, P, 6] y)
    <int64[1] at = {-1}, float cap = {3}> {
        normed = LayerNormalization(x, scale)
        scores = MatMul(normed, head)
        part = Div(scores, cap)
        soft = Tanh(part)
        whole = Mul(soft, cap)
        y = Gather <axis = -2> (whole, at)
    }"""


def test_it_moves_through_the_head_of_a_language_model(tmp_path: Path) -> None:
    path = save_text(HEAD, tmp_path)
    graph = read_model(path)
    infer_types.run(graph)
    assert take_early.run(graph) == 5
    remove_dead_nodes.run(graph)
    order = operators(graph)
    assert order.index("Gather") < order.index("LayerNormalization")
    shapes = [
        node.outputs[0].shape[1] for node in graph.nodes if node.operator in ("Gather", "MatMul", "Mul")
    ]
    assert shapes[-3:] == [1, 1, 1]
    assert_same_outputs(path, graph, {"B": 2, "L": 3}, 1e-6)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "y = Gather <axis = -2> (whole, at)",
            "z = Gather <axis = -2> (whole, at) m = ReduceMax(whole) y = Add(z, m)",
        ),
        ("y = Gather <axis = -2> (whole, at)", "y = Gather <axis = -1> (whole, at)"),
        ("{-1}", "{-1, 0}"),
        ("whole = Mul(soft, cap)", "whole = Softmax <axis = 1> (soft)"),
    ],
    ids=["read twice", "the last axis", "two positions", "over all positions"],
)  # fmt: skip
def test_others_stay(tmp_path: Path, old: str, new: str) -> None:
    assert old in HEAD
    text = HEAD.replace(old, new)
    if "two" in new or ", 0}" in new:
        text = text.replace("int64[1] at", "int64[2] at")
    graph = read_text(text.replace("float[B, P, 6] y", "float[B, P, Q] y"), tmp_path)
    infer_types.run(graph)
    assert take_early.run(graph) == 0


OPERANDS = [
    *(f"float[{shape}] o" for shape in ("4", "1, 4", "L, 4", "1, L, 1", "B, 1, 4", "B, L, 4", "1", "M, 4")),
]


@pytest.mark.parametrize("seed", range(24))
def test_random_chains(tmp_path: Path, seed: int) -> None:
    """Whatever operands are broadcast with, and whichever position is taken, from whichever axis."""
    random = np.random.default_rng(seed)
    operand = OPERANDS[seed % len(OPERANDS)]
    lines, value = [], "x"
    for number in range(5):
        made = f"v{number}"
        pair = ", ".join([value, "o"] if random.integers(2) else ["o", value])
        choices = [f"Add({pair})", f"Mul({pair})", f"MatMul({value}, w)", f"Sigmoid({value})"]
        choices += [f"LayerNormalization({value}, s)"]
        lines.append(f"{made} = {choices[random.integers(len(choices))]}")
        value = made
    axis, at = int(random.integers(2)), int(random.integers(-1, 1))
    text = f"""
        g (float[B, L, 4] x, {operand}, float[4, 4] w, float[4] s) => (float[P, Q, 4] y)
        <int64[1] at = {{{at}}}> {{ {" ".join(lines)} y = Gather <axis = {axis}> ({value}, at) }}"""
    path = save_text(text, tmp_path)
    graph = read_model(path)
    simplify(graph)
    assert_same_outputs(path, graph, {"B": 2, "L": 3, "M": 3}, 1e-5)
