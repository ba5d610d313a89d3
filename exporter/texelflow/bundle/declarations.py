"""Writes model.d.ts, which tells TypeScript the names and types of a bundle's inputs and outputs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from texelflow.dimensions.text import format_expression

FILE_NAME = "model.d.ts"

_TEMPLATE = """\
// Inputs and outputs of the model {name}, for TypeScript. Written by {generator}.
//
//     import type {{ Signature }} from "./model";
//     const model = await loadModel<Signature>("…");

export interface Signature {{
  inputs: {inputs};
  outputs: {outputs};
}}
"""


def declarations(graph_file: Mapping[str, Any], *others: Mapping[str, Any]) -> str:
    """Return the text of model.d.ts for a graph.json; `others` are those of other cases of the same model.

    An extent is a number, or the name or formula of a dimension that runs choose. `image` says whether an
    input takes pictures.
    """
    inputs = {
        _text(value["name"]): {**_signature(value), "image": _input_image(value)}
        for value in graph_file["inputs"]
    }
    outputs = {
        _text(same[0]["name"]): _signature(*same)
        for same in zip(graph_file["outputs"], *(other["outputs"] for other in others), strict=True)
    }
    return _TEMPLATE.format(
        name=_text(graph_file["name"]),
        generator=_text(graph_file["generator"]).strip('"'),
        inputs=_object(inputs),
        outputs=_object(outputs),
    )


def _input_image(value: Mapping[str, Any]) -> str:
    return "true" if "image" in value else "false"


def _signature(value: Mapping[str, Any], *others: Mapping[str, Any]) -> dict[str, str]:
    """Return what is said of an input or output, whose shape may be another in other cases."""
    shapes = dict.fromkeys(_shape(each) for each in (value, *others))
    return {"dtype": _text(value["dtype"]), "shape": " | ".join(shapes)}


def _shape(value: Mapping[str, Any]) -> str:
    shape = [extent if isinstance(extent, int) else format_expression(extent) for extent in value["shape"]]
    return f"[{', '.join(map(_text, shape))}]"


def _object(members: Mapping[str, Mapping[str, str]]) -> str:
    if not members:
        return "{}"
    lines = (
        f"    {name}: {{ {'; '.join(f'{key}: {text}' for key, text in member.items())} }};"
        for name, member in members.items()
    )
    return "{\n" + "\n".join(lines) + "\n  }"


def _text(value: str | int) -> str:
    """Return a literal that has one line, and no character that shows code as other code than it is."""
    text = json.dumps(value, ensure_ascii=False)
    return "".join(each if each.isprintable() else json.dumps(each)[1:-1] for each in text)
