"""TF.js models to the Graph."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from texelflow.errors import ExportError
from texelflow.graph import DTYPES, Graph, Value
from texelflow.importers.files.producer import producer_of
from texelflow.importers.format import ImportOptions
from texelflow.importers.input_types import DeclaredType
from texelflow.importers.tensorflow.definitions import Definition, DefinitionError, Definitions
from texelflow.importers.tensorflow.graph import (
    PLACEHOLDERS,
    Port,
    build_graph,
    declared_type,
    last_nodes,
    placeholders,
)
from texelflow.importers.tensorflow.operators import load
from texelflow.importers.tensorflow.references import Level
from texelflow.importers.tensorflow.tensors import Tensor
from texelflow.importers.tensorflow.walk import Walk
from texelflow.importers.tfjs.definitions import element_type, read_json_definitions, shape
from texelflow.importers.tfjs.weights import Weight, read_weights
from texelflow.operators.builder import GraphBuilder

_LARGEST = 2**28


def read_tfjs(path: Path, options: ImportOptions) -> Graph:
    """Return the Graph of a model.json; inputs and outputs are called as TF.js calls them, by their nodes.

    Raises:
        ExportError: a file is damaged or missing, or has what cannot be imported; `problems` has every
            reason.
    """
    model = _parse(path)
    topology = model.get("modelTopology")
    if not isinstance(topology, Mapping):
        raise ExportError(f"{path} has no modelTopology: it is no TF.js model, or only its weights")
    try:
        weights = read_weights(model.get("weightsManifest", []), path)
    except ExportError as error:
        raise ExportError(f"{path} cannot be read: {error}", error.problems) from error
    graph = _build(model, topology, weights, path, options)
    maker = producer_of(model.get("generatedBy"))
    # A version alone is that of the TensorFlow that the converter found.
    maker = f"TensorFlow {maker}" if maker[:1].isdecimal() else maker
    graph.producer = producer_of(model.get("convertedBy"), maker)
    return graph


def _build(
    model: Mapping[str, Any],
    topology: Mapping[str, Any],
    weights: Mapping[str, Weight],
    path: Path,
    options: ImportOptions,
) -> Graph:
    if "node" not in topology:
        from texelflow.importers.tfjs.layers import read_layers

        return read_layers(topology, weights, path, options)
    load()
    try:
        definitions = read_json_definitions(topology)
        inputs, outputs = _ports(model, definitions)
    except (DefinitionError, RecursionError) as error:
        raise ExportError(f"{path} is no graph that can be read: {error}") from error
    return build_graph(definitions, inputs, outputs, _reader(weights), path, "TF.js, graph model", options)


def _parse(path: Path) -> Mapping[str, Any]:
    try:
        if path.stat().st_size > _LARGEST:
            raise ExportError(f"{path} has more than {_LARGEST >> 20} MiB; its weights must lie in shards")
        model = json.loads(path.read_bytes())
    except OSError as error:
        raise ExportError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ExportError(f"{path} is no JSON file, or is damaged or cut off ({error})") from error
    if not isinstance(model, dict):
        raise ExportError(f"{path} is no TF.js model: it has no object in it")
    return model


def _ports(model: Mapping[str, Any], definitions: Definitions) -> tuple[list[Port], list[Port]]:
    """Return inputs and outputs: those of the signature, or else Placeholders and what nothing reads."""
    metadata = model.get("userDefinedMetadata")
    signature = metadata.get("signature") if isinstance(metadata, Mapping) else None
    signature = signature or model.get("signature") or {}
    level = Level(definitions.nodes)
    named = [
        [_stem(level, key, info) for key, info in (signature.get(kind) or {}).items()]
        if isinstance(signature, Mapping) and isinstance(signature.get(kind) or {}, Mapping)
        else []
        for kind in ("inputs", "outputs")
    ]
    outputs = [Port(name, reference) for name, reference, _ in named[1]]
    if not outputs:
        outputs = [Port(name, name) for name in last_nodes(definitions)]
    if not named[0]:
        return placeholders(definitions, [port.reference for port in outputs]), outputs
    inputs = []
    for name, reference, info in named[0]:
        node = level.nodes[level.place(reference)[0]]
        if node.operator in PLACEHOLDERS:
            declared = declared_type(node)
        else:
            declared = DeclaredType(element_type(info.get("dtype", "")), _shape_of(info.get("tensorShape")))
        inputs.append(Port(name, reference, declared))
    return inputs, outputs


def _stem(level: Level, key: str, info: object) -> tuple[str, str, Mapping[str, Any]]:
    """Return the name of an input or output in TF.js, its reference, and its description."""
    if not isinstance(info, Mapping):
        raise DefinitionError(f"the signature says {info!r} of {key!r}")
    reference = info.get("name") or key
    if not isinstance(reference, str):
        raise DefinitionError(f"the signature says that {key!r} is {reference!r}")
    level.place(reference)
    return reference.removesuffix(":0"), reference, info


def _shape_of(value: object) -> Sequence[int | None] | None:
    return None if value is None else shape(value)


def _reader(weights: Mapping[str, Weight]) -> Any:
    """Return what gives the constants of a graph, which are the weights of the same names."""
    made: dict[str, Value] = {}

    def read(node: Definition, walk: Walk) -> Value | None:
        weight = weights.get(node.name)
        if weight is None or node.operator == "Placeholder":
            return None
        if node.name in made:
            return made[node.name]
        if weight.dtype not in DTYPES:  # texts, complex numbers
            return walk.constant(node.name, Tensor(weight.dtype, weight.shape, b""))
        builder = GraphBuilder(node.name, node.name)
        value = weight.value(builder, walk.value(node.name).name)
        declared = node.attributes.get("dtype")
        if isinstance(declared, str) and declared != weight.dtype and declared in DTYPES:
            value = builder.cast("typed", value, declared)
        # In front of all, so that branches and loops that share it find it.
        walk.constants += builder.nodes
        made[node.name] = value
        return value

    return read
