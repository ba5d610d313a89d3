"""Multiplies the left operand of a matrix product by what the right one is multiplied by.

PyTorch's exporter scales both queries and keys by the root of the scale of an attention. So each run would
copy all keys of a cache, and store other keys twice; queries are scaled anyway.

Rules:
1. MatMul(a, b), where b is a view (`VIEWS`, or none) of Mul(x, s) or Div(x, s) for one number s, becomes
   MatMul(Mul(a, s), b'), where b' is that view of x.
2. Nothing else reads what leads from the multiplication to the product.
3. x is what a view, a Concat or the caller makes: no kernel that computes x could multiply it, too.
"""

from __future__ import annotations

from texelflow.dimensions import proved_equal
from texelflow.graph import Graph, Node, TensorType, Value

VIEWS = frozenset({"Transpose", "Reshape", "Unsqueeze", "Squeeze", "Flatten", "Expand"})


def run(graph: Graph) -> int:
    """Move factors; return how many."""
    consumers = graph.consumers()
    outputs = set(graph.outputs)
    moved: dict[Node, Node] = {}
    gone: set[Node] = set()
    for node in graph.nodes:
        if (node.domain, node.operator) != ("", "MatMul") or node.inputs[0] is node.inputs[1]:
            continue
        reader, place = node, 1
        while True:
            value = reader.inputs[place]
            made = None if value is None else value.producer
            if value is None or made is None or made.domain or value in outputs:
                break
            if consumers[value] != [reader]:
                break
            if made.operator in ("Mul", "Div") and (parts := _parts(made)) is not None:
                reader.inputs[place], factor = parts
                gone.add(made)
                moved[node] = _scaled(node, made, factor)
                break
            if made.operator not in VIEWS:
                break
            reader, place = made, 0
    kept = [node for node in graph.nodes if node not in gone]
    graph.nodes = [part for node in kept for part in ([moved[node], node] if node in moved else [node])]
    return len(moved)


def _parts(node: Node) -> tuple[Value, Value] | None:
    """Return x and s of a Mul or Div (rules 1 and 3), or None."""
    pairs = [(node.required(0), node.required(1))]
    if node.operator == "Mul":
        pairs.append((node.required(1), node.required(0)))
    for x, factor in pairs:
        made = x.producer
        if made is not None and (made.domain or made.operator not in VIEWS | {"Concat"}):
            continue
        is_number = all(proved_equal(extent, 1) for extent in factor.shape)
        keeps_shape = is_number and len(factor.shape) <= len(x.shape)
        if keeps_shape and x.constant is None and x.known_type.is_floating:
            return x, factor
    return None


def _scaled(node: Node, multiplication: Node, factor: Value) -> Node:
    """Return what multiplies a product's left operand, which the product then reads."""
    left = node.required(0)
    result = Value(f"{multiplication.outputs[0].name}/moved", TensorType(left.dtype, left.shape))
    node.inputs[0] = result
    return Node(multiplication.operator, [left, factor], [result], {}, multiplication.name)
