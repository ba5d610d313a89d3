"""Random graphs fused and taken apart again compute what they did, says ONNX Runtime."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from numeric import run_model
from onnx_export import to_onnx

from kernels.random_sheets import random_fusions
from texelflow.backends.webgl2.group import Group, check_groups
from texelflow.backends.webgl2.passes import fuse_elementwise, join_moments, rewrite
from texelflow.graph import Graph, Node
from texelflow.importers import read_model
from texelflow.operators.decomposition import Decomposition
from texelflow.passes import remove_dead_nodes, simplify

GRAPHS = 200


def _taken_apart(graph: Graph, groups: list[Group]) -> Graph:
    """Return a graph of the nodes of groups, in the order in which they are computed."""
    nodes: list[Node] = []
    for group in groups:
        nodes += [*group.prologue, *([] if group.host is None else _as_onnx(group.host)), *group.epilogue]
    # A node fused into several groups is in each of them.
    return Graph(graph.name, graph.inputs, graph.outputs, list({id(node): node for node in nodes}.values()))


def _as_onnx(node: Node) -> list[Node]:
    if node.operator != "Moments":
        return [node]
    (variance, mean), x = node.outputs, node.required(0)
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
    groups = fuse_elementwise.run(graph)
    check_groups(graph.inputs, groups, graph.outputs)
    assert len(groups) < before / 2
    assert sum("Moments" in group.title and bool(group.epilogue) for group in groups) > GRAPHS / 80
    assert sum(bool(group.prologue) for group in groups) > GRAPHS / 10
    feeds = sheet.feeds({})
    expected = run_model(onnx.load(path), feeds)
    actual = run_model(to_onnx(_taken_apart(graph, groups), {}), feeds)
    for name, array in expected.items():
        assert np.allclose(actual[name], array, rtol=1e-4, atol=1e-5), name
