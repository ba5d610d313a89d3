"""What a program is given and what it returns: weights, inputs with their sizes, outputs and their names."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from texelflow.importers.input_types import DeclaredType
from texelflow.importers.pytorch.records import ProgramError, listed, record, text, variant
from texelflow.importers.pytorch.tensors import read_meta
from texelflow.importers.pytorch.walk import name_of

_WEIGHTS = {
    "parameter": "parameter_name",
    "buffer": "buffer_name",
    "tensor_constant": "tensor_constant_name",
}
_MUTATIONS = {
    "buffer_mutation": "buffer_name",
    "parameter_mutation": "parameter_name",
    "user_input_mutation": "user_input_name",
}
_DICTIONARIES = frozenset({"builtins.dict", "collections.OrderedDict"})
_SEQUENCES = frozenset({"builtins.tuple", "builtins.list"})
_DEEPEST = 50


@dataclass(slots=True)
class Signature:
    """The inputs and outputs of the graph by the names that they have there."""

    weights: dict[str, str] = field(default_factory=dict)
    """The name of the weight."""

    buffers: set[str] = field(default_factory=set)
    """Those of the weights that the program may change."""

    inputs: dict[str, DeclaredType] = field(default_factory=dict)
    """What users give."""

    outputs: list[tuple[str, Any]] = field(default_factory=list)
    """What users get: what each is called, and the record of its value."""

    mutations: list[tuple[str, str]] = field(default_factory=list)
    """By the name of a buffer, what it is behind a run."""


def read_signature(module: Mapping[str, Any]) -> Signature:
    """Return the signature of a program; raise ProgramError if it cannot be read."""
    graph = record(module.get("graph"), "the graph")
    specs = record(module.get("signature"), "the signature")
    found = Signature()
    for entry in listed(specs.get("input_specs"), "input_specs"):
        kind, spec = variant(entry, "an input")
        spec = record(spec, "an input")
        if kind in _WEIGHTS:
            name = text(record(spec.get("arg"), "an input").get("name"), "the name of an input")
            found.weights[name] = text(spec.get(_WEIGHTS[kind]), "the name of a weight")
            if kind == "buffer":
                found.buffers.add(name)
        elif kind == "user_input":
            _add_input(found, spec.get("arg"), graph)
        elif kind not in ("constant_input", "token", "custom_obj"):  # whoever reads these says so
            raise ProgramError(f"it has an input of a kind that is not known, {kind}")
    names = _names_returned(module)
    results: list[Any] = []
    for entry in listed(specs.get("output_specs"), "output_specs"):
        kind, spec = variant(entry, "an output")
        spec = record(spec, "an output")
        if kind == "user_output":
            results.append(spec.get("arg"))
        elif kind in _MUTATIONS:
            name = text(record(spec.get("arg"), "an output").get("name"), "the name of an output")
            if kind != "user_input_mutation":
                found.mutations.append((text(spec.get(_MUTATIONS[kind]), "the name of a buffer"), name))
        elif kind != "token":
            raise ProgramError(
                f"it has an output of a kind that is not supported, {kind}: export it for inference"
            )
    if len(names) != len(results):
        names = [""] * len(results)
    for name, result in zip(names, results, strict=True):
        kind, _ = variant(result, "an output")
        if kind in ("as_tensor", "as_sym_int", "as_sym_float", "as_sym_bool"):
            found.outputs.append((name or name_of(result), result))
    return found


def _add_input(found: Signature, argument: Any, graph: Mapping[str, Any]) -> None:
    kind, content = variant(argument, "an input")
    if kind == "as_tensor":
        name = name_of(argument)
        meta = read_meta(record(graph.get("tensor_values"), "tensor_values").get(name), f"input {name!r}")
        found.inputs[name] = DeclaredType(meta.dtype, meta.sizes)
    elif kind == "as_sym_int" and "as_name" in record(content, "an input"):
        found.inputs[name_of(argument)] = DeclaredType("int64", ())
    elif kind in ("as_sym_float", "as_sym_bool"):
        raise ProgramError(f"input {name_of(argument)!r} is a number of Python: make it a tensor")


def _names_returned(module: Mapping[str, Any]) -> list[str]:
    """Return what outputs are called where a dictionary is returned, and empty texts for the others."""
    for entry in module.get("module_call_graph") or []:
        if isinstance(entry, Mapping) and entry.get("fqn") == "":
            signature = entry.get("signature")
            spec = signature.get("out_spec") if isinstance(signature, Mapping) else None
            try:
                _, tree = json.loads(spec) if isinstance(spec, str) else (0, None)
                return _leaves(tree, (), 0)
            except (ValueError, TypeError, RecursionError, AttributeError, KeyError):
                return []
    return []


def _leaves(tree: Any, path: tuple[str, ...], depth: int) -> list[str]:
    if depth > _DEEPEST:
        raise ValueError
    children: Sequence[Any] = tree["children_spec"]
    if tree["type"] is None:
        return [".".join(path)]
    if tree["type"] in _DICTIONARIES:
        keys = [str(key) for key in json.loads(tree["context"])]
    elif tree["type"] in _SEQUENCES and path:
        keys = [str(index) for index in range(len(children))]
    else:
        keys = [""] * len(children)
    paths = [(*path, key) if key else path for key in keys]
    return [
        name
        for child, inner in zip(children, paths, strict=True)
        for name in _leaves(child, inner, depth + 1)
    ]
