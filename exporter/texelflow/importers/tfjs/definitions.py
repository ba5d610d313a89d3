"""A GraphDef as TF.js writes it in JSON: names in lower camel case, numbers of 64 bits as texts."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from texelflow.importers.tensorflow.definitions import (
    Call,
    Definition,
    DefinitionError,
    Definitions,
    Function,
    Placeholder,
)
from texelflow.importers.tensorflow.dtypes import dtype_of


def read_json_definitions(topology: Mapping[str, Any]) -> Definitions:
    """Return a GraphDef; raise DefinitionError if it is damaged."""
    library = _mapping(topology.get("library") or {})
    functions = [_function(item) for item in _items(library, "function")]
    nodes = [_node(item) for item in _items(topology, "node")]
    return Definitions(nodes, {function.name: function for function in functions})


def _function(item: Mapping[str, Any]) -> Function:
    signature = item.get("signature")
    if not isinstance(signature, Mapping):
        raise DefinitionError("a function has no signature")
    returns = item.get("ret") or {}
    controls = item.get("controlRet") or {}
    return Function(
        _text(signature.get("name")),
        [_text(argument.get("name")) for argument in _items(signature, "inputArg")],
        [_text(argument.get("name")) for argument in _items(signature, "outputArg")],
        [_node(node) for node in _items(item, "nodeDef")],
        {str(name): _text(place) for name, place in _mapping(returns).items()},
        [_text(name) for name in _mapping(controls).values()],
    )


def _node(item: Mapping[str, Any]) -> Definition:
    inputs = item.get("input") or []
    if not isinstance(inputs, list):
        raise DefinitionError(f"the inputs of a node are {_shown(inputs)}")
    attributes = {
        str(name): attribute(content)
        for name, content in _mapping(item.get("attr") or {}).items()
        if not str(name).startswith("_")
    }
    if _text(item.get("op")).startswith("FusedBatchNorm"):
        attributes["is_training"] = False  # TF.js never trains by it, whatever the attribute says
    return Definition(
        _text(item.get("name")), _text(item.get("op")), [_text(name) for name in inputs], attributes
    )


def attribute(content: object) -> Any:
    """Return an AttrValue; None if it is of no kind that is known."""
    for kind, value in _mapping(content).items():
        if kind == "list":
            listed = _mapping(value).items()
            return [
                _content(name, each) for name, items in listed if isinstance(items, list) for each in items
            ]
        return _content(str(kind), value)
    return None


def _content(kind: str, value: Any) -> Any:
    try:
        if kind == "s":
            return _bytes(value)
        if kind == "i":
            return int(value)
        if kind == "f":
            return float(value)
        if kind == "b":
            return bool(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise DefinitionError(f"an attribute is {_shown(value)}: {error}") from error
    if kind == "type":
        return element_type(value)
    if kind == "shape":
        return shape(value)
    if kind == "func":
        attributes = _mapping(_mapping(value).get("attr") or {})
        return Call(_text(_mapping(value).get("name")), {str(k): attribute(v) for k, v in attributes.items()})
    if kind == "placeholder":
        return Placeholder(_text(value))
    return None


def element_type(value: object) -> str:
    """Return an element type by its name or number."""
    if isinstance(value, str) or type(value) is int:
        return dtype_of(value)
    raise DefinitionError(f"an element type is {_shown(value)}")


def shape(value: object) -> tuple[int | None, ...] | None:
    """Return a TensorShapeProto: None for a free extent, and if even the rank is unknown."""
    fields = _mapping(value)
    if fields.get("unknownRank"):
        return None
    try:
        extents = [int(_mapping(item).get("size", 0)) for item in _items(fields, "dim")]
    except (TypeError, ValueError, OverflowError) as error:
        raise DefinitionError(f"a shape is {_shown(value)}: {error}") from error
    return tuple(extent if extent >= 0 else None for extent in extents)


def _bytes(value: object) -> str:
    """Return a text, written as the numbers of its bytes or in base64."""
    if isinstance(value, list):
        return bytes(value).decode("utf-8", "replace")
    try:
        return base64.b64decode(_text(value), validate=True).decode("utf-8", "replace")
    except binascii.Error:
        return _text(value)


def _items(content: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    items = content.get(key) or []
    if not isinstance(items, list) or not all(isinstance(item, Mapping) for item in items):
        raise DefinitionError(f"its {key} is no list of objects")
    return items


def _mapping(content: object) -> Mapping[str, Any]:
    if not isinstance(content, Mapping):
        raise DefinitionError(f"{_shown(content)} stands where an object is expected")
    return content


def _text(content: object) -> str:
    if not isinstance(content, str):
        raise DefinitionError(f"{_shown(content)} stands where a text is expected")
    return content


def _shown(content: object) -> str:
    return repr(content)[:80]
