"""Divides the rows of a matrix product instead of the rows of its left operand.

Rules:
1. MatMul(Div(x, s), b) becomes Div(MatMul(x, b), s) where s is the ReduceSum of x along its last axis, as in
   the softmax of attention. x is stored for the sum; the division, which would read and write all of it once
   more, happens where the product is stored.
2. Nothing but the MatMul reads the quotient, and that as its left operand.
"""

from __future__ import annotations

from texelflow.ir import Graph, Node, TensorType, Value
from texelflow.operators.reduce import reduced_axes


def run(graph: Graph) -> int:
    """Move divisions; return how many."""
    readers = graph.consumers()
    outputs = {id(value) for value in graph.outputs}
    replacements: dict[int, list[Node]] = {}
    for node in graph.nodes:
        quotient = node.inputs[0] if _is(node, "MatMul") else None
        if quotient is None or id(quotient) in outputs or readers[id(quotient)] != [node]:
            continue  # rule 2
        division = quotient.producer
        if division is not None and quotient is not node.inputs[1] and _divides_by_sum(division):
            replacements[id(division)] = []
            replacements[id(node)] = _divided_product(node, division)
    graph.nodes = [part for node in graph.nodes for part in replacements.get(id(node), [node])]
    return len(replacements) // 2


def _divides_by_sum(division: Node) -> bool:
    """Whether a node divides each row of a value of rank 2 or more by the row's sum (rule 1)."""
    if not _is(division, "Div"):
        return False
    value, divisor = division.required(0), division.required(1)
    total = divisor.producer
    rank = value.known_type.rank
    return (
        total is not None
        and value.known_type.is_floating  # whole numbers are divided with a remainder
        and _is(total, "ReduceSum")
        and total.inputs[0] is value
        and rank > 1
        and bool(total.attributes.get("keepdims", 1))
        and reduced_axes(total) == [rank - 1]
    )


def _divided_product(node: Node, division: Node) -> list[Node]:
    result = node.outputs[0]
    product = Value(f"{result.name}/product", TensorType(result.dtype, result.shape))
    inputs = [division.inputs[0], *node.inputs[1:]]
    return [
        Node("MatMul", inputs, [product], node.attributes, node.name),
        Node("Div", [product, division.inputs[1]], [result], {}, division.name),
    ]


def _is(node: Node, operator: str) -> bool:
    return (node.domain, node.operator) == ("", operator)
