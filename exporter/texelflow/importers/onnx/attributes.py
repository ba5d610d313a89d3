"""Attributes of ONNX nodes as plain Python: int, float, str, lists of them; a tensor is a constant Value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from texelflow.importers.onnx.tensors import ExternalFiles, TensorError, read_tensor

SUBGRAPH = 5
"""The type of an attribute that is a graph; the importer of nodes reads those of branches itself."""

_UNSUPPORTED = {
    SUBGRAPH: "a subgraph (control flow)",
    10: "subgraphs (control flow)",
    11: "a sparse tensor",
    12: "sparse tensors",
    14: "types",
}


class AttributeReadError(Exception):
    """An attribute that cannot be read, and why."""


def read_attributes(
    protos: Iterable[Any], title: str, bindings: Mapping[str, Any], external: ExternalFiles
) -> dict[str, Any]:
    """Return attributes by name.

    Args:
        protos: AttributeProtos.
        title: the node's name, with which the names of its tensors begin.
        bindings: inside a function its attributes by name, which an attribute of the body may refer to.
        external: where tensors with external data lie.

    Raises:
        AttributeReadError: an attribute is of a kind that is not supported, or malformed.
    """
    attributes: dict[str, Any] = {}
    for attribute in protos:
        if not attribute.ref_attr_name:
            attributes[attribute.name] = _read_attribute(attribute, f"{title}/{attribute.name}", external)
        elif attribute.ref_attr_name in bindings:
            attributes[attribute.name] = bindings[attribute.ref_attr_name]
    return attributes


def _read_attribute(attribute: Any, value_name: str, external: ExternalFiles) -> Any:
    kind = attribute.type
    if kind in _UNSUPPORTED:
        raise AttributeReadError(
            f"its attribute {attribute.name!r} is {_UNSUPPORTED[kind]}, which is not supported"
        )
    try:
        match kind:
            case 1:
                return attribute.f
            case 2:
                return attribute.i
            case 3:
                return attribute.s.decode()
            case 4:
                return read_tensor(attribute.t, value_name, external)
            case 6:
                return list(attribute.floats)
            case 7:
                return list(attribute.ints)
            case 13:  # of an optional value, which says it itself if it is there
                return None
            case 8:
                return [text.decode() for text in attribute.strings]
            case 9:
                return [
                    read_tensor(tensor, f"{value_name}_{index}", external)
                    for index, tensor in enumerate(attribute.tensors)
                ]
    except (TensorError, UnicodeDecodeError) as error:
        raise AttributeReadError(f"its attribute {attribute.name!r}: {error}") from error
    raise AttributeReadError(f"its attribute {attribute.name!r} has the unknown type {kind}")
