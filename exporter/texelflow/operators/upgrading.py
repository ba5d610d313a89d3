"""Helpers for upgrading operators from older opsets."""

from __future__ import annotations

from typing import Any

from texelflow.graph import Node, Value
from texelflow.graph.constants import constant_value
from texelflow.operators.decomposition import Decomposition


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
    set_input(node, index, constant_value(_input_name(node, name), dtype, shape, elements))


def _input_name(node: Node, attribute: str) -> str:
    return f"{node.outputs[0].name}/{attribute}"


def inputs_like_first(node: Node, attributes: dict[int, str]) -> list[Node]:
    """Return the node with casts of what `attribute_to_input` made float32 inputs of, by index.

    ONNX wants them of the first input's type, which nobody knew then.
    """
    source = node.required(0)
    steps = Decomposition(node)
    for index, name in attributes.items():
        made = node.input(index)
        if made is None or made.name != _input_name(node, name):
            continue
        if source.type is None or source.dtype != made.dtype:
            node.inputs[index] = steps.add("CastLike", name, made, source)
    return [*steps.nodes, node]
