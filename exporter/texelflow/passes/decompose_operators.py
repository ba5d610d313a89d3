"""Replaces nodes by simpler ones, where their operator says how.

Rules:
1. A node whose operator decomposes it is replaced, in its place, by the nodes returned.
2. The types of the new nodes are inferred, and what becomes known at export is evaluated.
3. The new nodes are decomposed in turn, until nothing changes.
4. A node whose inputs or outputs have no type, because of an earlier problem, is passed over.
"""

from __future__ import annotations

from texelflow.graph import Graph, Node, NodeError
from texelflow.graph.problems import Problems
from texelflow.operators import operator_of
from texelflow.passes.infer_types import MOST_NODES, infer_nodes

_DEEPEST = 16


def run(graph: Graph) -> int:
    """Decompose nodes; return how many. Raises ExportError with all problems."""
    problems = Problems()
    result: list[Node] = []
    count = 0
    pending = [(node, 0) for node in reversed(graph.nodes)]
    while pending:
        node, depth = pending.pop()
        if any(value.type is None for value in (*node.reads, *node.outputs)):  # rule 4
            result.append(node)
            continue
        parts: list[Node] | None = None
        with problems.of(node):
            parts = operator_of(node).decompose(node)
            if depth > _DEEPEST:
                raise NodeError(node, "its decomposition does not end")
        if parts is None or depth > _DEEPEST:
            result.append(node)
            continue
        count += 1
        if len(result) + len(pending) + len(parts) > MOST_NODES:
            problems.add_node(node, f"with it the model has more than {MOST_NODES} nodes: it is written out")
            break
        parts = infer_nodes(parts, graph.outputs, problems)  # rule 2
        pending.extend((part, depth + 1) for part in reversed(parts))  # rule 3
    problems.raise_for(graph.source)
    graph.nodes = result
    return count
