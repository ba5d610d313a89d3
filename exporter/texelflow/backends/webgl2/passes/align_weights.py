"""Stores constant weights with few elements a filter so that each filter begins a texel.

Four taps of four filters are then packed at a time, by the program that packs other weights: one less to
compile.

Rules:
1. Constant weights of depthwise convolutions, and of convolutions of fewer than 4 channels, are stored with
   each filter filled up to a multiple of 4 elements. texelflow::Filters leaves out what was added.
2. Not those of a 1×1 window, nor those whose filters are a multiple of 4 elements anyway, nor none at all.
"""

from __future__ import annotations

from math import prod

from texelflow.graph import ConstantData, Graph, Node, TensorType, Value
from texelflow.operators.shapes import known_shape


def run(graph: Graph) -> int:
    """Change weights; return how many."""
    aligned: dict[Value, Value] = {}
    nodes: list[Node] = []
    for node in graph.nodes:
        size = _filter_size(node)
        if size:
            weights = node.required(1)
            if weights not in aligned:
                filters = _filters(weights, size, node.name)
                aligned[weights] = filters.outputs[0]
                nodes.append(filters)
            node.inputs[1] = aligned[weights]
        nodes.append(node)
    graph.nodes = nodes
    return len(aligned)


def _filter_size(node: Node) -> int:
    """Return how many elements a filter of a convolution has if its weights are to change, else 0."""
    if (node.domain, node.operator) != ("", "Conv"):
        return 0
    weights = node.required(1)
    filters, *sizes = known_shape(weights.shape) or [0]
    if weights.constant is None or filters == 0:
        return 0
    few = sizes[0] == 1 or (node.attributes.get("group", 1) == 1 and sizes[0] < 4)
    size = prod(sizes)
    return size if few and size > sizes[0] and size % 4 else 0


def _filters(weights: Value, size: int, name: str) -> Node:
    """Return the node that reads weights as they are stored."""
    assert weights.constant is not None and isinstance(weights.shape[0], int)
    filters, data = weights.shape[0], weights.constant.tobytes()
    bytes_count = len(data) // filters
    added = -size % 4
    gap = bytes(added * bytes_count // size)
    rows = [data[first : first + bytes_count] + gap for first in range(0, len(data), bytes_count)]
    stored = Value(f"{weights.name}/aligned", TensorType(weights.dtype, (filters, size + added)))
    stored.constant = ConstantData([b"".join(rows)], padding=filters * added)
    result = Value(f"{weights.name}/filters", weights.known_type)
    result.producer = Node("Filters", [stored], [result], {"shape": weights.shape}, name, "texelflow")
    return result.producer
