"""Which nodes are identities, and that the graph's outputs keep their names."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_support import operators, read_text
from texelflow.graph import Graph
from texelflow.passes import eliminate_identities, infer_types

CONSTANTS = """
<float one = {1}, float[1, 1] ones = {1}, float zero = {0}, int64 izero = {0}, float ratio = {0.5},
 bool no = {0}, int64[2] free = {-1, 3}, int64[2] unit = {1, 1}, int64[4] nopads = {0, 0, 0, 0},
 int64[4] shift = {0, 1, 0, -1}, int64[1] start = {0}, int64[1] end = {99}, int64[1] axis = {1},
 int64[1] back = {-1}, int64[1] least = {-99}>
"""


def _eliminate(body: str, folder: Path, result: str = "float[N, 3]", inputs: str = "float[N, 3] x") -> Graph:
    graph = read_text(f"g ({inputs}) => ({result} y) {CONSTANTS} {{ {body} }}", folder)
    infer_types.run(graph)
    eliminate_identities.run(graph)
    return graph


@pytest.mark.parametrize(
    "node",
    [
        "Identity(a)",
        "Concat <axis = 0> (a)",
        "Sum(a)",
        "Max(a)",
        "Dropout(a)",
        "Dropout(a, ratio, no)",
        "Cast <to = 1> (a)",
        "CastLike(a, ones)",
        "Transpose <perm = [0, 1]> (a)",
        "Reshape(a, free)",
        "Flatten(a)",
        "Expand(a, unit)",
        "Tile(a, unit)",
        "Pad(a, nopads)",
        "Slice(a, start, end, axis)",
        "Mul(a, one)",
        "Mul(one, a)",
        "Mul(a, ones)",
        "Div(a, one)",
        "Sub(a, zero)",
        "Split <num_outputs = 1> (a)",
    ],
)
def test_identities(tmp_path: Path, node: str) -> None:
    assert operators(_eliminate(f"a = Exp(x) b = {node} y = Neg(b)", tmp_path)) == ["Exp", "Neg"]


@pytest.mark.parametrize(
    ("node", "result"),
    [
        ("Concat <axis = 0> (a, a)", "float[M, 3]"),
        ("Sum(a, a)", "float[N, 3]"),
        ("Cast <to = 10> (a)", "float16[N, 3]"),
        ("Transpose(a)", "float[3, N]"),
        ("Transpose <perm = [1, 0]> (a)", "float[3, N]"),
        ("Pad(a, shift)", "float[N, 3]"),
        ("Slice(a, back, least, axis, back)", "float[N, 3]"),
        ("Slice(a, axis, end, axis)", "float[N, 2]"),
        ("Mul(a, zero)", "float[N, 3]"),
        ("Div(one, a)", "float[N, 3]"),
        ("Sub(zero, a)", "float[N, 3]"),
        ("Add(a, zero)", "float[N, 3]"),
        ("Clip(a)", "float[N, 3]"),
        ("Clip(a, zero)", "float[N, 3]"),
    ],
)
def test_not_identities(tmp_path: Path, node: str, result: str) -> None:
    body = f"a = Exp(x) b = {node} y = Neg(b)"
    assert operators(_eliminate(body, tmp_path, result)) == ["Exp", node.split("(")[0].split(" ")[0], "Neg"]


def test_scalar_that_broadcasts(tmp_path: Path) -> None:
    """A scalar times a matrix of ones with one element changes the shape."""
    graph = _eliminate("a = Exp(x) b = Mul(a, ones) y = Neg(b)", tmp_path, "float[1, 1]", "float x")
    assert operators(graph) == ["Exp", "Mul", "Neg"]


def test_integers_may_add_zero(tmp_path: Path) -> None:
    graph = _eliminate("a = Neg(x) b = Add(izero, a) y = Neg(b)", tmp_path, "int64[N, 3]", "int64[N, 3] x")
    assert operators(graph) == ["Neg", "Neg"]


def test_chains_and_output_names(tmp_path: Path) -> None:
    graph = _eliminate(
        "a = Exp(x) b = Identity(a) c = Neg(b) d = Sum(c) e = Sum(d) y = Identity(e)", tmp_path
    )
    assert operators(graph) == ["Exp", "Neg"]
    assert graph.outputs[0].name == "y"
    assert graph.outputs[0].producer is graph.nodes[1]


def test_reader_beside_an_output(tmp_path: Path) -> None:
    graph = _eliminate("a = Exp(x) b = Neg(a) z = Identity(a) y = Add(b, z)", tmp_path)
    assert operators(graph) == ["Exp", "Neg", "Add"]
    assert graph.nodes[2].inputs == [graph.nodes[1].outputs[0], graph.nodes[0].outputs[0]]


def test_outputs_that_must_be_copied(tmp_path: Path) -> None:
    graph = read_text(
        "g (float[2] x) => (float[2] p, float[2] q, float[2] r, float[2] s) <float[2] w = {1, 2}>"
        "{ p = Identity(x) q = Identity(w) r = Exp(x) s = Identity(r) }",
        tmp_path,
    )
    infer_types.run(graph)
    eliminate_identities.run(graph)
    assert operators(graph) == ["Identity", "Identity", "Exp", "Identity"]
    assert [value.name for value in graph.outputs] == ["p", "q", "r", "s"]


def test_dropout_whose_mask_is_read(tmp_path: Path) -> None:
    graph = read_text(
        "g (float[2] x) => (float[2] y, bool[2] m) { a = Exp(x) b, m = Dropout(a) y = Neg(b) }", tmp_path
    )
    infer_types.run(graph)
    eliminate_identities.run(graph)
    assert "Dropout" in operators(graph)
