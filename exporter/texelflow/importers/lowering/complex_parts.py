"""What does the same with both parts of complex numbers: a node each."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from texelflow.graph import Node, Value
from texelflow.operators.builder import GraphBuilder


def by_parts(node: Node, pairs: Collection[int], attributes: Mapping[str, Any]) -> list[Node]:
    """Return nodes that do for each part what `node` does for complex numbers, and join the parts again.

    Complex numbers are pairs along a last axis: the inputs at the places `pairs`, and all outputs.
    `attributes` are what the nodes of a part have in the place of the node's own.
    """
    builder = GraphBuilder(node.outputs[0].name if node.outputs else node.name, node.name)
    own = {**node.attributes, **attributes}
    made: list[list[Value]] = []
    for place in (0, 1):
        inputs = [
            builder.add("Gather", "part", value, builder.index("place", place), axis=-1)
            if value is not None and index in pairs
            else value
            for index, value in enumerate(node.inputs)
        ]
        outputs = [builder.value("made") for _ in node.outputs]
        builder.nodes.append(Node(node.operator, inputs, outputs, own, node.name, node.domain))
        made.append(outputs)
    for result, *parts in zip(node.outputs, *made, strict=True):
        last = builder.vector("last", [-1])
        upright = [builder.add("Unsqueeze", "upright", part, last) for part in parts]
        builder.add("Concat", result, *upright, axis=-1)
    return builder.nodes
