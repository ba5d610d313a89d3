"""Collects what operators say about their results besides types: labels and warnings.

Rules:
1. `labels` of an operator says what the numbers of an output, or the places of its last axis, stand for.
2. What keeps numbers in their order, such as Reshape, keeps labels.
3. Labels of the graph's outputs are kept in `graph.labels`, the warnings in `graph.warnings`, each once.
4. What Sigmoid, or Softmax along the last axis, gives is probabilities, and so is what rule 2 makes of it;
   those of the graph's outputs are kept in `graph.probabilities`.
"""

from __future__ import annotations

from texelflow.graph import Graph, Node, Value
from texelflow.operators import operator_of

_KEEPING = frozenset(
    {"Identity", "Cast", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Normalizer", "ZipMap"}
)
"""Operators of ONNX whose results mean what their first input means (rule 2)."""


def run(graph: Graph) -> None:
    """Collect labels and warnings."""
    labels: dict[Value, list[str]] = {}
    probabilities: set[Value] = set()
    warned: dict[str, list[str]] = {}
    for node in graph.nodes:
        operator = operator_of(node)
        for warning in operator.warnings(node):
            warned.setdefault(warning, []).append(node.title)
        source = node.input(0)
        if node.operator in _KEEPING and source is not None and source in labels:
            labels[node.outputs[0]] = labels[source]
        if _gives_probabilities(node) or (node.operator in _KEEPING and source in probabilities):
            probabilities.add(node.outputs[0])
        for value, texts in zip(node.outputs, operator.labels(node), strict=False):
            if texts:
                labels[value] = texts
    for warning, titles in warned.items():
        others = f" and {len(titles) - 1} more" if len(titles) > 1 else ""
        graph.warnings.append(f"{titles[0]}{others}: {warning}")
    graph.probabilities.update(value for value in graph.outputs if value in probabilities)
    graph.labels.update({value: labels[value] for value in graph.outputs if value in labels})


def _gives_probabilities(node: Node) -> bool:
    """Return whether it is ONNX's Sigmoid, or its Softmax along the last axis."""
    if node.domain or node.operator not in ("Sigmoid", "Softmax"):
        return False
    axis = node.attributes.get("axis", -1)
    return node.operator == "Sigmoid" or axis in (-1, len(node.outputs[0].shape) - 1)
