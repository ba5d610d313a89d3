"""What a bundle says of the numbers of its inputs and outputs: labels, and what they are in a task.

What the user says comes first, then what the files beside the model say, then what the model itself says.
Nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from texelflow.bundle.tokenizer import TOKENIZER
from texelflow.errors import ExportError
from texelflow.graph import Graph, Value
from texelflow.huggingface_files.beside import TOKENS, tokenizer_files
from texelflow.huggingface_files.model_config import read_model_config
from texelflow.options import Options
from texelflow.options.roles import OF_INPUTS

Meaning = dict[str, Any]


def meanings(source: Path, graph: Graph, options: Options, labels: list[str] | None) -> dict[Value, Meaning]:
    """Return the labels and role of each input and output, as graph.json has them.

    Args:
        source: the model's file.
        graph: the model, with types.
        options: `meanings` has what the user told.
        labels: those that the user gave.

    Raises:
        ExportError: the user named no input or output, or gave an input a role of outputs.
    """
    config, told = read_model_config(source, graph), _told(graph, options.meanings)
    roles = {**graph.roles, **config.roles, **told, **_text(source, graph, told)}
    names = {**graph.labels, **config.labels}
    if labels is not None:
        labelled = [value for value, role in roles.items() if _has_labels(role)] or _labelled(graph, labels)
        names = dict.fromkeys(labelled, labels)
    for value in graph.outputs:
        if value not in roles and (texts := names.get(value)):
            roles.update(_classes(graph, value, len(texts)))
    found: dict[Value, Meaning] = {}
    for value in (*graph.inputs, *graph.outputs):
        meaning: Meaning = {
            **({"labels": names[value]} if value in names else {}),
            **({"role": roles[value]} if value in roles else {}),
        }
        if meaning:
            found[value] = meaning
    return found


def _text(source: Path, graph: Graph, told: Mapping[Value, Meaning]) -> dict[Value, Meaning]:
    """Return the input of tokens of a model with a tokenizer beside it, whatever files the user tells."""
    files = [path.name for path in tokenizer_files(source, [value.name for value in graph.inputs])]
    given = [value for value, role in told.items() if role["kind"] == "text"]
    if given and not files:
        raise ExportError(f"{given[0].name!r} is told to be text, but {source} has no {TOKENIZER} beside it")
    named = sorted(graph.inputs, key=lambda value: (value.name != TOKENS, TOKENS not in value.name))
    return {value: {"kind": "text", "files": files} for value in given or named[:1] if files}


def _labelled(graph: Graph, labels: list[str]) -> list[Value]:
    """Return the outputs that labels name the classes of; the first where no shape tells."""
    # Some models have a class more, which is no label: the background.
    for count in (len(labels), len(labels) + 1):
        if found := [value for value in graph.outputs if count in value.shape]:
            return found
    return graph.outputs[:1]


def _has_labels(role: Mapping[str, Any]) -> bool:
    kind, part = role["kind"], role.get("part", "points" if role["kind"] == "keypoints" else "")
    return kind in ("classes", "mask", "ctc") or part in (
        *("scores", "labels", "table", "heatmaps"),
        *(("points",) if kind == "keypoints" else ()),
    )


def _classes(graph: Graph, value: Value, count: int) -> dict[Value, Meaning]:
    """Return the role of an output that has one row of numbers, one for each label."""
    extent = value.shape[-1] if len(value.shape) in (1, 2) else None
    if not isinstance(extent, int) or not extent == count > 1:
        return {}
    if not value.dtype.startswith(("float", "bfloat")):
        return {}
    return {value: {"kind": "classes", **({"activation": "none"} if value in graph.probabilities else {})}}


def _told(graph: Graph, told: Mapping[str, Mapping[str, Any]]) -> dict[Value, Meaning]:
    """Return the roles that the user gave, by inputs and outputs instead of their names."""
    inputs = {value.name: value for value in graph.inputs}
    outputs = {value.name: value for value in graph.outputs}
    found: dict[Value, Meaning] = {}
    for name, role in told.items():
        of_input = role["kind"] in OF_INPUTS
        value = (inputs if of_input else outputs).get(name)
        if value is None:
            side, names = ("input", inputs) if of_input else ("output", outputs)
            raise ExportError(
                f"the meaning {role['kind']} is told of {name!r}, which is no {side}; "
                f"the {side}s are {', '.join(names) or 'none'}"
            )
        found[value] = dict(role)
    return found
