"""Counts the parameters of a simplified graph; changes nothing."""

from __future__ import annotations

from texelflow.dimensions import product
from texelflow.graph import Graph, Value
from texelflow.operators.internal.decode_weights import BITS, is_decoding


def run(graph: Graph) -> int:
    """Return how many numbers a model computes with that were learned, however many bits each is stored in.

    Of weights that come in few bits, words count as what is in them, and scales and offsets not. Numbers
    alone, and small tables of whole numbers, say how to compute: shapes, axes, bounds.
    """
    counts: dict[Value, int] = {}
    for value in (value for node in graph.nodes for value in node.reads if value.constant is not None):
        size = product(value.shape)
        count = size if isinstance(size, int) else 0
        is_whole = not value.dtype.startswith(("float", "bfloat"))
        counts[value] = 0 if value.elements is not None and (is_whole or count == 1) else count
    for node in filter(is_decoding, graph.nodes):
        numbers, *scales = map(_origin, node.reads)
        counts |= dict.fromkeys(scales, 0)
        if numbers in counts:
            counts[numbers] *= BITS[int(node.attributes["bits"])]
    return sum(counts.values()) + sum(run(body) for node in graph.nodes for body in node.bodies)


def _origin(value: Value) -> Value:
    """Return what a value is a view of, or is computed from first."""
    while value.producer is not None and value.producer.reads:
        value = value.producer.reads[0]
    return value
