"""Merges constants and nodes that are the same.

Rules:
1. Two constants with the same element type, shape and bytes are one; so are two values known as expressions.
2. Two nodes with the same operator, attributes and inputs (after merging those) are one.
3. Nodes that draw random numbers, or from which a run learns sizes, are left alone.
4. A node that makes a graph output is not merged into an earlier one: the output keeps its name.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Hashable
from typing import Any

from texelflow.graph import Graph, Node, Value
from texelflow.operators import symbols_bound_by
from texelflow.passes.substitution import Substitution

_RANDOM = frozenset(
    {"Bernoulli", "Dropout", "Multinomial"}
    | {f"Random{distribution}{like}" for distribution in ("Normal", "Uniform") for like in ("", "Like")}
)


def run(graph: Graph) -> int:
    """Merge what is the same; return how many nodes were removed."""
    substitution = Substitution()
    _merge_constants(graph, substitution)
    outputs = set(graph.outputs)
    first: dict[Hashable, Node] = {}
    nodes: list[Node] = []
    for node in graph.nodes:
        substitution.rewrite(node)
        known = None
        if node.operator not in _RANDOM and not symbols_bound_by(node):  # rule 3
            known = first.setdefault(_node_key(node), node)
        if known is None or known is node or any(value in outputs for value in node.outputs):  # rule 4
            nodes.append(node)
        else:
            for value, earlier in zip(node.outputs, known.outputs, strict=True):
                substitution.replace(value, earlier)
    return substitution.finish(graph, nodes)


def _merge_constants(graph: Graph, substitution: Substitution) -> None:
    """Apply rule 1; bytes are only hashed where two constants have the same type."""
    inputs = set(graph.inputs)
    known = [value for value in graph.values() if value.producer is None and value not in inputs]
    alike = Counter(value.type for value in known)
    first: dict[Hashable, Value] = {}
    for value in known:
        if alike[value.type] > 1:
            earlier = first.setdefault(_value_key(value), value)
            if earlier is not value:
                substitution.replace(value, earlier)


def _value_key(value: Value) -> Hashable:
    if value.constant is None:
        return value.type, tuple(map(repr, value.elements or []))
    digest = hashlib.sha256()
    for part in value.constant.parts:
        digest.update(part)
    return value.type, digest.digest()


def _node_key(node: Node) -> Hashable:
    attributes = tuple(sorted((name, _attribute_key(item)) for name, item in node.attributes.items()))
    inputs = tuple(node.inputs)
    return node.domain, node.operator, attributes, inputs, len(node.outputs)


def _attribute_key(attribute: Any) -> str:
    """Return a text that differs where attributes do, 1 and 1.0, 0.0 and -0.0 included."""
    return repr(_value_key(attribute)) if isinstance(attribute, Value) else repr(attribute)
