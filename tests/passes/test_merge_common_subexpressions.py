"""What is merged, and what must not be."""

from __future__ import annotations

from pathlib import Path

from model_support import operators, read_text
from texelflow.graph import Graph
from texelflow.passes import decompose_operators, infer_types, merge_common_subexpressions


def _merge(text: str, folder: Path) -> Graph:
    graph = read_text(text, folder)
    infer_types.run(graph)
    merge_common_subexpressions.run(graph)
    return graph


def test_nodes_that_are_the_same(tmp_path: Path) -> None:
    graph = _merge(
        "g (float[2] x) => (float[2] y) { a = Exp(x) b = Exp(x) c = Neg(a) d = Neg(b) y = Add(c, d) }",
        tmp_path,
    )
    assert operators(graph) == ["Exp", "Neg", "Add"]
    assert graph.nodes[2].inputs == graph.nodes[1].outputs * 2


def test_attributes_count(tmp_path: Path) -> None:
    graph = _merge(
        """
        g (float[2] x) => (float[2] y)
        {
            a = LeakyRelu <alpha = 0.0> (x) b = LeakyRelu <alpha = -0.0> (x) c = LeakyRelu <alpha = 0.0> (x)
            d = Add(a, b) y = Add(d, c)
        }
        """,
        tmp_path,
    )
    assert operators(graph) == ["LeakyRelu", "LeakyRelu", "Add", "Add"]


def test_constants_that_are_the_same(tmp_path: Path) -> None:
    graph = _merge(
        """
        g (float[2] x) => (float[2] y)
        <float[2] a = {1, 2}, float[2] b = {1, 2}, float[2] c = {1, 3}, float[1, 2] d = {1, 2},
         int32[2] e = {1, 2}>
        {
            p = Add(x, a) q = Add(x, b) r = Add(x, c) s = Add(x, d) f = Cast <to = 1> (e) t = Mul(x, f)
            u = Sum(p, q, r, t) v = ReduceSum <keepdims = 0> (s) y = Add(u, v)
        }
        """,
        tmp_path,
    )
    assert operators(graph).count("Add") == 4  # q is p
    [sum_] = [node for node in graph.nodes if node.operator == "Sum"]
    assert sum_.inputs[0] is sum_.inputs[1]


def test_outputs_keep_their_names(tmp_path: Path) -> None:
    graph = _merge("g (float[2] x) => (float[2] y, float[2] z) { y = Exp(x) z = Exp(x) }", tmp_path)
    assert operators(graph) == ["Exp", "Exp"]
    assert [value.name for value in graph.outputs] == ["y", "z"]


def test_decomposition(tmp_path: Path) -> None:
    graph = read_text(
        '<ir_version: 10, opset_import: ["" : 21, "com.microsoft" : 1]>'
        "g (float[1, 1, 4, 4] x) => (float[1, 1, 4, 4] y) <float[1, 1, 1, 1] w = {2}>"
        '{ a = com.microsoft.FusedConv <activation = "Relu"> (x, w) y = Neg(a) }',
        tmp_path,
    )
    infer_types.run(graph)
    assert decompose_operators.run(graph) == 1
    assert operators(graph) == ["Conv", "Relu", "Neg"]
    assert all(value.type is not None for value in graph.values())
    assert decompose_operators.run(graph) == 0
