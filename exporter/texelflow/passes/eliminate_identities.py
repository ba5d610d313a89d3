"""Removes nodes whose output is their first input, bit for bit.

Rules; a node is an identity if it is
 1. Identity, or Concat, Sum, Max, Min or Mean of one input;
 2. Dropout outside training, its mask unread;
 3. Cast or CastLike to the type of its input;
 4. Transpose with the axes in their order;
 5. Reshape, Flatten, Squeeze, Unsqueeze, Expand or Tile to a shape provably the same;
 6. Pad by zeros only;
 7. Slice with steps of 1 to a shape provably the same;
 8. Mul or Div by a scalar 1; Sub of a scalar 0, but not of -0.0; Add of a scalar 0 to integers, since
    -0.0 + 0.0 is 0.0;
 9. Split into one part.
Its consumers read its input instead, except:
10. A graph output keeps its name: the node that makes the input makes the output instead. If that input is a
    graph input or output or a constant, the identity stays.
"""

from __future__ import annotations

from collections.abc import Callable

from texelflow.dimensions import same_shape
from texelflow.graph import FLOATING, Graph, Node, Value
from texelflow.passes.substitution import Substitution


def run(graph: Graph) -> int:
    """Remove identities; return how many."""
    substitution = Substitution()
    outputs = set(graph.outputs)
    read = {value for node in graph.nodes for value in node.inputs} | outputs
    nodes: list[Node] = []
    for node in graph.nodes:
        substitution.rewrite(node)
        source = _identity_source(node, read)
        result = node.outputs[0]
        if source is None:
            nodes.append(node)
        elif result not in outputs:
            substitution.replace(result, source)
        elif source.producer is not None and source not in outputs:
            _take_place(result, source)  # rule 10
            substitution.replace(source, result)
        else:
            nodes.append(node)
    return substitution.finish(graph, nodes)


def _take_place(result: Value, source: Value) -> None:
    """Make the producer of `source` produce `result` instead."""
    producer = source.producer
    assert producer is not None
    producer.outputs[producer.outputs.index(source)] = result
    result.producer = producer
    result.type, result.elements = source.type, source.elements


def _identity_source(node: Node, read: set[Value | None]) -> Value | None:
    """Return the input that the node's only output read by others equals, if it is an identity."""
    rule = _RULES.get(node.operator) if not node.domain else None
    if rule is None or any(value in read for value in node.outputs[1:]):
        return None
    candidates = node.inputs[:2] if node.operator in ("Mul", "Add") else node.inputs[:1]
    return next((value for value in candidates if value is not None and rule(node, value)), None)


def _always(node: Node, source: Value) -> bool:
    return True


def _has_one_input(node: Node, source: Value) -> bool:
    return len(node.inputs) == 1


def _drops_nothing(node: Node, source: Value) -> bool:
    training = node.input(2)
    return training is None or training.scalar is False


def _keeps_element_type(node: Node, source: Value) -> bool:
    return node.outputs[0].dtype == source.dtype


def _keeps_order(node: Node, source: Value) -> bool:
    order = list(range(source.known_type.rank))
    return list(node.attributes.get("perm", reversed(order))) == order


def _keeps_shape(node: Node, source: Value) -> bool:
    return same_shape(node.outputs[0].shape, source.shape)


def _pads_nothing(node: Node, source: Value) -> bool:
    pads = node.input(1)
    return pads is not None and pads.elements is not None and not any(pads.elements)


def _slices_everything(node: Node, source: Value) -> bool:
    steps = node.input(4)
    forward = steps is None or (steps.elements is not None and set(steps.elements) <= {1})
    return forward and _keeps_shape(node, source)


def _applies_neutral_scalar(node: Node, source: Value) -> bool:
    if node.operator == "Add" and node.outputs[0].dtype in FLOATING:
        return False
    other = node.input(1 if source is node.input(0) else 0)
    neutral = 1 if node.operator in ("Mul", "Div") else 0
    if other is None or other.number != neutral or str(other.number) == "-0.0":
        return False
    return _keeps_type(node, source)


def _keeps_type(node: Node, source: Value) -> bool:
    return _keeps_element_type(node, source) and _keeps_shape(node, source)


def _makes_one_part(node: Node, source: Value) -> bool:
    return len(node.outputs) == 1


_RULES: dict[str, Callable[[Node, Value], bool]] = {
    "Identity": _always,
    "Concat": _has_one_input,
    "Sum": _has_one_input,
    "Max": _has_one_input,
    "Min": _has_one_input,
    "Mean": _has_one_input,
    "Dropout": _drops_nothing,
    "Cast": _keeps_element_type,
    "CastLike": _keeps_element_type,
    "Transpose": _keeps_order,
    "Reshape": _keeps_shape,
    "Flatten": _keeps_shape,
    "Squeeze": _keeps_shape,
    "Unsqueeze": _keeps_shape,
    "Expand": _keeps_shape,
    "Tile": _keeps_shape,
    "Pad": _pads_nothing,
    "Slice": _slices_everything,
    "Mul": _applies_neutral_scalar,
    "Div": _applies_neutral_scalar,
    "Sub": _applies_neutral_scalar,
    "Add": _applies_neutral_scalar,
    "Split": _makes_one_part,
}
