"""Decodes weights of few bits to floats, by nodes that run once, at load.

A backend runs it for what its kernels do not decode where they read it. The numbers stay as they are in the
bundle.
"""

from __future__ import annotations

from texelflow.graph import Graph, Node
from texelflow.graph.problems import Problems
from texelflow.operators.internal.decode_weights import decoding_nodes, is_decoding
from texelflow.passes.infer_types import infer_nodes


def run(graph: Graph) -> int:
    """Replace each DecodeWeights; return how many."""
    problems = Problems()
    nodes: list[Node] = []
    count = 0
    for node in graph.nodes:
        decodes = is_decoding(node)
        count += decodes
        nodes += infer_nodes(decoding_nodes(node), graph.outputs, problems) if decodes else [node]
    problems.raise_for(graph.source)
    graph.nodes = nodes
    return count
