"""Makes a vector that is added to a matrix product the product's bias, as convolutions have one.

A fully connected layer then runs as the program of 1×1 convolutions, and reads its bias once for each channel
group, not for each pixel.

Rules:
1. Where the first thing behind a MatMul, in its epilogue, is an Add of a floating vector with an element for
   each column, the vector becomes the node's third input, which ONNX's MatMul does not have.
2. Not where a later step of the epilogue reads the product without the vector.
"""

from __future__ import annotations

from texelflow.dimensions import same_shape
from texelflow.graph import Graph, Node, Value


def run(graph: Graph) -> int:
    """Change products in place, whose epilogues are fused; return how many."""
    changed = 0
    for node in graph.nodes:
        bias = _bias(node)
        if bias is not None:
            _take(node, bias)
            changed += 1
    return changed


def _bias(node: Node) -> Value | None:
    """Return the vector that is added to a product, if it can be its bias."""
    if (node.domain, node.operator) != ("", "MatMul") or not node.epilogue or len(node.inputs) > 2:
        return None
    add, *later = node.epilogue
    result = node.result
    if result is None or add.operator != "Add" or add.inputs[0] is not result:
        return None
    if any(value is result for step in later for value in step.inputs):  # rule 2
        return None
    bias = add.required(1)
    is_vector = same_shape(bias.shape, result.shape[-1:]) and bias.known_type.is_floating
    return bias if is_vector and bias is not result and bias.scalar is None else None


def _take(node: Node, bias: Value) -> None:
    node.inputs = [*node.inputs[:2], bias]
    add, *later = node.epilogue
    node.epilogue = later
    node.result = add.outputs[0] if later else None
