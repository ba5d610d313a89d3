"""Collects what operators say of their results beside the types: labels, and warnings.

Rules:
1. `labels` of an operator says what the numbers of an output, or the places of its last axis, stand for.
2. What keeps numbers in their order, such as Reshape, keeps labels.
3. Labels of the graph's outputs are kept in `graph.labels`, the warnings in `graph.warnings`, each once.
"""

from __future__ import annotations

from texelflow.graph import Graph, Value
from texelflow.operators import operator_of

_KEEPING = frozenset(
    {"Identity", "Cast", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Normalizer", "ZipMap"}
)
"""Operators of ONNX whose results mean what their first input means (rule 2)."""


def run(graph: Graph) -> None:
    """Collect labels and warnings."""
    labels: dict[Value, list[str]] = {}
    warned: dict[str, list[str]] = {}
    for node in graph.nodes:
        operator = operator_of(node)
        for warning in operator.warnings(node):
            warned.setdefault(warning, []).append(node.title)
        source = node.input(0)
        if node.operator in _KEEPING and source is not None and source in labels:
            labels[node.outputs[0]] = labels[source]
        for value, texts in zip(node.outputs, operator.labels(node), strict=False):
            if texts:
                labels[value] = texts
    for warning, titles in warned.items():
        others = f" and {len(titles) - 1} more" if len(titles) > 1 else ""
        graph.warnings.append(f"{titles[0]}{others}: {warning}")
    graph.labels.update({value: labels[value] for value in graph.outputs if value in labels})
