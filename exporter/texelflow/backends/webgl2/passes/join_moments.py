"""Computes the mean and the variance of rows together, as layer normalisation needs them.

Rules:
1. ReduceMean(x) and ReduceMean of the square of Sub(x, that mean), both along the last axis, which they keep,
   become one texelflow::Moments. The square is Mul with itself or Pow of 2.
2. Not where x is constant, or its rows are known to be shorter than SHORTEST.
"""

from __future__ import annotations

from texelflow.graph import Graph, Node, Value
from texelflow.operators.onnx.reduce import reduced_axes

SHORTEST = 8
"""Fewest numbers of a row for which reading them once for both pays."""


def run(graph: Graph) -> int:
    """Join means and variances; return how many pairs."""
    pairs: dict[Node, tuple[Node, Node]] = {}
    for node in graph.nodes:
        mean = _mean_of_variance(node)
        if mean is not None and mean not in pairs:
            pairs[mean] = (mean, node)
    joined = {variance for _, variance in pairs.values()}
    nodes: list[Node] = []
    for node in graph.nodes:
        if node in pairs:
            mean, variance = pairs[node]
            outputs = [variance.outputs[0], mean.outputs[0]]
            nodes.append(Node("Moments", [mean.inputs[0]], outputs, {}, variance.name, "texelflow"))
        elif node not in joined:
            nodes.append(node)
    graph.nodes = nodes
    return len(pairs)


def _mean_of_variance(variance: Node) -> Node | None:
    """Return the node that computes the mean for the variance that a node computes, if it does (rule 1)."""
    if not _is_mean_of_rows(variance):
        return None
    difference = _squared(variance.required(0))
    centring = difference.producer if difference is not None else None
    if centring is None or not _is(centring, "Sub"):
        return None
    x, mean = centring.required(0), centring.required(1).producer
    if mean is None or not _is_mean_of_rows(mean) or mean.inputs[0] is not x:
        return None
    short = isinstance(x.shape[-1], int) and x.shape[-1] < SHORTEST
    return None if short or x.constant is not None else mean


def _is_mean_of_rows(node: Node) -> bool:
    if not _is(node, "ReduceMean") or not node.attributes.get("keepdims", 1):
        return False
    rank = node.required(0).known_type.rank
    return rank > 1 and reduced_axes(node) == [rank - 1]


def _squared(square: Value) -> Value | None:
    """Return the value of which another is the square, if it is one."""
    node = square.producer
    if node is None:
        return None
    first, second = node.input(0), node.input(1)
    if _is(node, "Mul") and first is second:
        return first
    if _is(node, "Pow") and second is not None and second.number == 2:
        return first
    return None


def _is(node: Node, operator: str) -> bool:
    return (node.domain, node.operator) == ("", operator)
