"""What the upgrades from older opsets share."""

from __future__ import annotations

from typing import Any

from texelflow.graph import Node, Value
from texelflow.graph.constants import constant_value


def set_input(node: Node, index: int, value: Value | None) -> None:
    """Make `value` the input at `index`; inputs between that do not exist yet are omitted ones."""
    node.inputs.extend([None] * (index + 1 - len(node.inputs)))
    node.inputs[index] = value


def attribute_to_input(node: Node, name: str, index: int, dtype: str = "int64") -> None:
    """Turn an attribute, if the node has it, into a constant input: of rank 1 for a list, else of rank 0."""
    content: Any = node.attributes.pop(name, None)
    if content is None:
        return
    is_list = isinstance(content, (list, tuple))
    elements = list(content) if is_list else [content]
    shape = [len(elements)] if is_list else []
    set_input(node, index, constant_value(f"{node.outputs[0].name}/{name}", dtype, shape, elements))
