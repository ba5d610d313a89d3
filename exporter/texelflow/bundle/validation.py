"""Check data against graph.schema.json: the part of JSON Schema that the format uses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

Schema = dict[str, Any]

_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
}


def violations(value: Any, definition: str = "") -> Iterator[str]:
    """Yield, for each place where `value` is not as graph.json must be, the path and what is wrong.

    With `definition`, a value as that definition of the schema describes it.
    """
    if definition:
        return _violations(value, _schema()["definitions"][definition], definition)
    return _violations(value, _schema(), "graph.json")


@cache
def _schema() -> Schema:
    schema: Schema = json.loads((Path(__file__).parent / "graph.schema.json").read_text(encoding="utf-8"))
    return schema


def _violations(value: Any, schema: Schema, path: str) -> Iterator[str]:
    if "$ref" in schema:
        yield from _violations(value, _referred(schema), path)
    elif "anyOf" in schema and isinstance(value, dict):
        yield from _violations(value, _form(value, schema["anyOf"]), path)
    elif "anyOf" in schema:
        if all(any(_violations(value, choice, path)) for choice in schema["anyOf"]):
            yield f"{path}: {_shown(value)} is none of what the format allows here"
    elif "const" in schema:
        if value != schema["const"] or isinstance(value, bool) != isinstance(schema["const"], bool):
            yield f"{path}: {_shown(value)} is not {schema['const']!r}"
    elif "enum" in schema:
        if value not in schema["enum"]:
            yield f"{path}: {_shown(value)} is none of {', '.join(map(str, schema['enum']))}"
    elif not _has_type(value, schema["type"]):
        yield f"{path}: {_shown(value)} is no {schema['type']}"
    elif "minimum" in schema and value < schema["minimum"]:
        yield f"{path}: {_shown(value)} is less than {schema['minimum']}"
    elif "exclusiveMinimum" in schema and not value > schema["exclusiveMinimum"]:
        yield f"{path}: {_shown(value)} is not above {schema['exclusiveMinimum']}"
    elif "maximum" in schema and not value <= schema["maximum"]:
        yield f"{path}: {_shown(value)} is more than {schema['maximum']}"
    elif schema["type"] == "object":
        yield from _object_violations(value, schema, path)
    elif schema["type"] == "array":
        lowest, highest = schema.get("minItems", 0), schema.get("maxItems", len(value))
        if not lowest <= len(value) <= highest:
            yield f"{path}: {len(value)} items, but {lowest} to {highest} are allowed"
        for index, item in enumerate(value):
            yield from _violations(item, schema["items"], f"{path}[{index}]")


def _form(value: dict[str, Any], choices: list[Schema]) -> Schema:
    """Return the choice that an object is meant to be: the one whose first property it has, with its value
    where that is fixed.
    """
    forms = [_referred(choice) for choice in choices]
    return next((form for form in forms if _begins(value, form)), forms[0])


def _begins(value: dict[str, Any], form: Schema) -> bool:
    properties: Schema = form.get("properties", {})
    return any(
        name in value and schema.get("const", value[name]) == value[name]
        for name, schema in islice(properties.items(), 1)
    )


def _referred(schema: Schema) -> Schema:
    found: Schema = (
        _schema()["definitions"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    )
    return found


def _object_violations(value: dict[str, Any], schema: Schema, path: str) -> Iterator[str]:
    properties = schema["properties"]
    for key in schema.get("required", []):
        if key not in value:
            yield f"{path}: {key!r} is missing"
    for key, entry in value.items():
        if key in properties:
            yield from _violations(entry, properties[key], f"{path}.{key}")
        elif schema.get("additionalProperties") is False:
            yield f"{path}: {key!r} is unknown"


def _has_type(value: Any, name: str) -> bool:
    return isinstance(value, _TYPES[name]) and isinstance(value, bool) == (name == "boolean")


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
