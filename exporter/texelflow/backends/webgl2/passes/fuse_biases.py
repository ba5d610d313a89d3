"""Makes a vector that is added to a matrix product the product's bias, as convolutions have one.

A fully connected layer then runs as the program of 1×1 convolutions, and reads its bias once for each channel
group, not for each pixel.

Rules:
1. The epilogue of a MatMul begins with an Add of a floating vector that has an element for each column.
2. No later step of the epilogue reads the product without the vector.
3. Then the vector becomes the node's third input, which ONNX's MatMul does not have.
"""

from __future__ import annotations

from texelflow.backends.webgl2.group import Group
from texelflow.dimensions import same_shape
from texelflow.graph import Node, Value


def run(groups: list[Group]) -> int:
    """Change groups in place; return how many."""
    changed = 0
    for group in groups:
        bias = _bias(group)
        if bias is not None:
            _take(group, bias)
            changed += 1
    return changed


def _bias(group: Group) -> Value | None:
    """Return the vector that is added to a product, if it can be its bias."""
    node = group.host
    if node is None or (node.domain, node.operator) != ("", "MatMul") or node.input(2) is not None:
        return None
    if not group.epilogue:
        return None
    product = node.outputs[0]
    add, *later = group.epilogue
    if add.operator != "Add" or add.inputs[0] is not product:
        return None
    if any(value is product for step in later for value in step.inputs):  # rule 2
        return None
    bias = add.required(1)
    is_vector = same_shape(bias.shape, product.shape[-1:]) and bias.known_type.is_floating
    return bias if is_vector and bias is not product and bias.scalar is None else None


def _take(group: Group, bias: Value) -> None:
    node, (add, *later) = group.node, group.epilogue
    inputs = [*node.inputs[:2], bias, *node.inputs[3:]]
    group.host = Node(node.operator, inputs, add.outputs, node.attributes, node.name, node.domain)
    group.epilogue = later
