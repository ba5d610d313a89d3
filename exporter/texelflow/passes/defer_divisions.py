"""Divides the rows of a matrix product instead of the rows of its left operand.

Rules:
1. MatMul(Div(e, s), b) becomes Div(MatMul(e, b), s) where s is the ReduceSum of e along its last axis, as in
   the softmax of attention. e is stored for the sum; the division, which would read and write all of it once
   more, happens where the product is stored.
2. e is Exp(Sub(x, m)) where m is the ReduceMax of x along that axis. Its numbers are then 1 at most, and one
   of them is, so that neither the product nor the sum can overflow or vanish where the quotient would not.
3. Nothing but the MatMul reads the quotient, and that as its left operand.
"""

from __future__ import annotations

from texelflow.graph import Graph, Node, TensorType, Value
from texelflow.operators.onnx.reduce import reduced_axes


def run(graph: Graph) -> int:
    """Move divisions; return how many."""
    consumers = graph.consumers()
    outputs = set(graph.outputs)
    replacements: dict[Node, list[Node]] = {}
    for node in graph.nodes:
        quotient = node.inputs[0] if _is(node, "MatMul") else None
        if quotient is None or quotient in outputs or consumers[quotient] != [node]:
            continue  # rule 3
        division = quotient.producer
        if division is not None and quotient is not node.inputs[1] and _is_softmax(division):
            replacements[division] = []
            replacements[node] = _divided_product(node, division)
    graph.nodes = [part for node in graph.nodes for part in replacements.get(node, [node])]
    return len(replacements) // 2


def _is_softmax(division: Node) -> bool:
    """Whether a node ends the softmax of rows of a value of rank 2 or more (rules 1 and 2)."""
    if not _is(division, "Div"):
        return False
    exponential = division.required(0)
    if not _reduces_rows(division.required(1), "ReduceSum", exponential):
        return False
    power = exponential.producer
    difference = power.required(0).producer if power is not None and _is(power, "Exp") else None
    if difference is None or not _is(difference, "Sub"):
        return False
    return _reduces_rows(difference.required(1), "ReduceMax", difference.required(0))


def _reduces_rows(value: Value, operator: str, source: Value) -> bool:
    """Whether a value is what a reduction makes of the rows of `source`, which it keeps."""
    node, rank = value.producer, source.known_type.rank
    return (
        node is not None
        and _is(node, operator)
        and node.inputs[0] is source
        and rank > 1
        and bool(node.attributes.get("keepdims", 1))
        and reduced_axes(node) == [rank - 1]
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
