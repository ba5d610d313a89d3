"""What operators of the domain com.microsoft share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from texelflow.graph import Node, NodeError

MICROSOFT = "com.microsoft"


def require_defaults(node: Node, defaults: Mapping[str, Any]) -> None:
    """Raise NodeError if an attribute that is not supported has another value than its default."""
    for name, default in defaults.items():
        given = node.attributes.get(name, default)
        if given != default:
            raise NodeError(node, f"its attribute {name} is {given!r}; only {default!r} is supported")


def refuse_inputs(node: Node, names: Mapping[int, str]) -> None:
    """Raise NodeError if an input is given that is not supported; `names` says by its number what it is."""
    for index, name in names.items():
        if node.input(index) is not None:
            raise NodeError(node, f"its input {index} ({name}) is not supported")


def refuse_outputs(node: Node, indices: Sequence[int], meaning: str) -> None:
    """Raise NodeError if an output that is not supported is named."""
    for index in indices:
        if index < len(node.outputs) and node.outputs[index].name:
            raise NodeError(node, f"its output {index} ({meaning}) is not supported")


def wanted(node: Node, index: int) -> bool:
    """Return whether the output at `index` is there, and not left out by an empty name."""
    return index < len(node.outputs) and bool(node.outputs[index].name)
