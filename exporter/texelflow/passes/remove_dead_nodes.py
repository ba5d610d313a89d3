"""Removes nodes that no graph output depends on.

Rules:
1. A node is live if a graph output, or a live node, reads one of its outputs; and, once types are inferred,
   if a run learns sizes from it.
2. All other nodes are removed. Graph inputs stay, read or not.
"""

from __future__ import annotations

from texelflow.graph import Graph, Node, Value
from texelflow.operators import symbols_bound_by


def run(graph: Graph) -> int:
    """Remove dead nodes; return how many."""
    live: set[Node] = set()
    pending: list[Value] = list(graph.outputs)
    pending += [node.outputs[0] for node in graph.nodes if symbols_bound_by(node)]
    while pending:
        node = pending.pop().producer
        if node is not None and node not in live:
            live.add(node)
            pending.extend(node.reads)
    kept = [node for node in graph.nodes if node in live]  # rule 2
    removed = len(graph.nodes) - len(kept)
    graph.nodes = kept
    return removed
