"""Random graphs fused and taken apart again compute what they did, says ONNX Runtime."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from numeric import run_model
from onnx_export import to_onnx

from kernels.random_sheets import random_fusions
from texelflow.backends.webgl2.passes import fuse_elementwise, join_moments, rewrite
from texelflow.graph import Graph, Node, Value
from texelflow.graph.check import run as check_graph
from texelflow.importers import read_model
from texelflow.operators.decomposition import Decomposition
from texelflow.passes import remove_dead_nodes, simplify

GRAPHS = 200


def _taken_apart(graph: Graph) -> Graph:
    """Return the graph with nodes for what was fused, in the order in which it is computed."""
    nodes: list[Node] = []
    for node in graph.nodes:
        nodes += node.prologue
        if node.operator != "Elementwise":
            first = node.outputs[0] if node.result is None else node.result
            nodes += _as_onnx(node, [first, *node.outputs[1:]])
        nodes += node.epilogue
    # A node fused into several groups is in each of them.
    return Graph(graph.name, graph.inputs, graph.outputs, list({id(node): node for node in nodes}.values()))


def _as_onnx(node: Node, outputs: list[Value]) -> list[Node]:
    if node.operator != "Moments":
        return [Node(node.operator, node.inputs, outputs, node.attributes, node.name)]
    (variance, mean), x = outputs, node.required(0)
    steps = Decomposition(node)
    last = steps.vector("last", [-1])
    steps.add("ReduceMean", mean, x, last)
    difference = steps.add("Sub", "difference", x, mean)
    steps.add("ReduceMean", variance, steps.add("Mul", "square", difference, difference), last)
    return steps.nodes


def test_random_fusions(tmp_path: Path) -> None:
    sheet = random_fusions(GRAPHS)
    path = tmp_path / "model.onnx"
    path.write_bytes(sheet.model().SerializeToString())
    graph = read_model(path)
    simplify(graph)
    rewrite(graph)
    join_moments.run(graph)
    remove_dead_nodes.run(graph)
    before = len(graph.nodes)
    fuse_elementwise.run(graph)
    check_graph(graph)
    assert len(graph.nodes) < before / 2
    assert sum(node.operator == "Moments" and bool(node.epilogue) for node in graph.nodes) > GRAPHS / 80
    assert sum(bool(node.prologue) for node in graph.nodes) > GRAPHS / 10
    feeds = sheet.feeds({})
    expected = run_model(onnx.load(path), feeds)
    actual = run_model(to_onnx(_taken_apart(graph), {}), feeds)
    for name, array in expected.items():
        assert np.allclose(actual[name], array, rtol=1e-4, atol=1e-5), name
