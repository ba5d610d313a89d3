"""Multiplies the left operand of a matrix product by what the right one is multiplied by.

PyTorch's exporter scales both queries and keys by the root of the scale of an attention. So each run would
copy all keys of a cache, and store other keys twice; queries are scaled anyway.

Rules:
1. MatMul(a, b), where b is a view (`VIEWS`, or none) of Mul(x, s) or Div(x, s) for one number s, becomes
   MatMul(Mul(a, s), b'), where b' is that view of x.
2. Nothing else reads what leads from the multiplication to the product.
3. x is what a view, a Concat or the caller makes: no kernel that computes x could multiply it, too.
4. Where a is a view, and nothing else reads it, what it is a view of is multiplied, as it may be already.
"""

from __future__ import annotations

from collections.abc import Callable

from texelflow.dimensions import proved_equal
from texelflow.graph import Graph, Node, TensorType, Value

VIEWS = frozenset({"Transpose", "Reshape", "Unsqueeze", "Squeeze", "Flatten", "Expand"})


def run(graph: Graph) -> int:
    """Move factors; return how many."""
    consumers = graph.consumers()
    outputs = set(graph.outputs)

    def only(value: Value, reader: Node) -> bool:
        return value not in outputs and consumers[value] == [reader]

    moved: dict[Node, list[Node]] = {}
    gone: set[Node] = set()
    for node in graph.nodes:
        if (node.domain, node.operator) != ("", "MatMul") or node.inputs[0] is node.inputs[1]:
            continue
        reader, place = node, 1
        while True:
            value = reader.inputs[place]
            made = None if value is None else value.producer
            if value is None or made is None or made.domain or not only(value, reader):
                break
            if made.operator in ("Mul", "Div") and (parts := _parts(made)) is not None:
                reader.inputs[place], factor = parts
                gone.add(made)
                multiplied, reader = _multiplied(node, made, factor, only)
                moved.setdefault(reader, []).append(multiplied)
                break
            if made.operator not in VIEWS:
                break
            reader, place = made, 0
    kept = [node for node in graph.nodes if node not in gone]
    graph.nodes = [part for node in kept for part in (*moved.get(node, []), node)]
    return len(gone)


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


def _multiplied(
    reader: Node, multiplication: Node, factor: Value, only: Callable[[Value, Node], bool]
) -> tuple[Node, Node]:
    """Let a node read its first input, or what that is a view of (rule 4), multiplied.

    Return the node that multiplies, and the one that reads its result.
    """
    value = reader.required(0)
    while factor.producer is None and only(value, reader):
        made = value.producer
        if made is None or made.domain or made.operator not in VIEWS:
            break
        below = made.required(0)
        if len(below.shape) < len(factor.shape):
            break
        reader, value = made, below
    name = f"{multiplication.outputs[0].name}/moved"
    result = Value(name, TensorType(value.dtype, value.shape))
    reader.inputs[0] = result
    return Node(multiplication.operator, [value, factor], [result], {}, multiplication.name), reader
