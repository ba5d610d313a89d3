"""SavedModels to the Graph: a signature of the graph that serves, its variables from the checkpoint."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from google.protobuf.message import DecodeError

from texelflow.errors import Choice, ExportError
from texelflow.graph import DTYPES, ConstantData, Graph, TensorType, Value
from texelflow.importers.files.mapped_files import map_file
from texelflow.importers.files.producer import producer_of
from texelflow.importers.format import ImportOptions
from texelflow.importers.input_types import DeclaredType
from texelflow.importers.saved_model.checkpoint import Checkpoint
from texelflow.importers.saved_model.restoring import restored_keys
from texelflow.importers.tensorflow.definitions import (
    Definition,
    DefinitionError,
    Definitions,
    read_definitions,
    read_shape,
)
from texelflow.importers.tensorflow.dtypes import dtype_of
from texelflow.importers.tensorflow.effects import VARIABLES
from texelflow.importers.tensorflow.graph import Port, build_graph, chosen_signature
from texelflow.importers.tensorflow.messages import message_class
from texelflow.importers.tensorflow.operators import load
from texelflow.importers.tensorflow.tensors import TensorError
from texelflow.importers.tensorflow.walk import Walk
from texelflow.importers.tensorflow.wire import WireError, messages

FILE_NAME = "saved_model.pb"
DEFAULT = "serving_default"
_HIDDEN = "__saved_model"
"""How signatures are called that are for TensorFlow's own use."""


def read_saved_model(folder: Path, options: ImportOptions) -> Graph:
    """Return the Graph of a signature; inputs and outputs are called as there.

    Raises:
        ExportError: a file is damaged or missing, or has what cannot be imported; `problems` has every
            reason.
    """
    load()
    path = folder / FILE_NAME
    try:
        graph = _serving_graph(map_file(path))
        definitions = read_definitions(next(messages(graph, 2), memoryview(b"")))
        signatures = _signatures(graph)
        restore = [
            message_class("Saver").FromString(bytes(saver)).restore_op_name for saver in messages(graph, 3)
        ]
        producer = _producer(graph)
        keys = restored_keys(definitions, restore[0]) if restore else {}
    except (WireError, DecodeError, DefinitionError, StopIteration) as error:
        raise ExportError(f"{path} is no SavedModel that can be read: {error}") from error
    name = chosen_signature(list(signatures), options.signature, path, DEFAULT)
    inputs, outputs = _ports(signatures[name], path, _numeric(signatures))
    read = _reader(definitions, Checkpoint(path), keys)
    made = build_graph(definitions, inputs, outputs, read, folder, "TensorFlow, SavedModel", options)
    made.producer = producer
    return made


def _serving_graph(content: memoryview) -> memoryview:
    """Return the MetaGraphDef that is tagged `serve`, or else the first."""
    graphs = list(messages(content, 2))
    if not graphs:
        raise DefinitionError("it has no graph")
    for graph in graphs:
        for info in messages(graph, 1):
            if "serve" in message_class("MetaInfo").FromString(bytes(info)).tags:
                return graph
    return graphs[0]


def _producer(graph: memoryview) -> str:
    """Return the TensorFlow that wrote a MetaGraphDef."""
    infos = [message_class("MetaInfo").FromString(bytes(info)) for info in messages(graph, 1)]
    versions = [producer_of(info.tensorflow_version) for info in infos]
    return producer_of(*(f"TensorFlow {version}" for version in versions if version))


def _signatures(graph: memoryview) -> dict[str, Any]:
    """Return the signatures that callers may want, by name."""
    entries = [message_class("SignatureEntry").FromString(bytes(entry)) for entry in messages(graph, 5)]
    named = {entry.key: entry.value for entry in entries if not entry.key.startswith(_HIDDEN)}
    return dict(sorted(named.items()))


def _numeric(signatures: dict[str, Any]) -> list[str]:
    """Return the names of the signatures whose inputs are all numbers."""
    return [
        name
        for name, signature in signatures.items()
        if all(dtype_of(entry.value.dtype) in DTYPES for entry in signature.inputs)
    ]


def _ports(signature: Any, path: Path, numeric: Sequence[str]) -> tuple[list[Port], list[Port]]:
    """Return inputs and outputs of a signature, each by its name, as TensorFlow has them."""
    if any(dtype_of(entry.value.dtype) == "string" for entry in signature.inputs):
        texts = [entry.key for entry in signature.inputs if dtype_of(entry.value.dtype) == "string"]
        others = (
            f"choose another by --signature: {', '.join(numeric)} take numbers"
            if numeric
            else ("export the model without the step that reads them")
        )
        raise ExportError(
            f"{path}: input {texts[0]!r} of the signature takes texts, which is not supported: {others}",
            choice=Choice("signature", tuple(numeric)) if numeric else None,
        )
    ports: tuple[list[Port], list[Port]] = ([], [])
    for found, entries in zip(ports, (signature.inputs, signature.outputs), strict=True):
        for entry in sorted(entries, key=lambda entry: str(entry.key)):
            info = entry.value
            if not info.name:
                raise ExportError(
                    f"{path}: {entry.key!r} is a sparse or composite tensor, which is not supported"
                )
            declared = DeclaredType(dtype_of(info.dtype), read_shape(info.tensor_shape))
            found.append(Port(entry.key, info.name, declared))
    return ports


def _reader(
    definitions: Definitions, checkpoint: Checkpoint, keys: dict[str, str]
) -> Callable[[Definition, Walk], Value | None]:
    """Return what gives variables, each once."""
    made: dict[str, Value] = {}

    def read(node: Definition, walk: Walk) -> Value | None:
        if node.operator not in VARIABLES:
            return None
        if node.name not in made:
            shared = str(node.attributes.get("shared_name") or node.name)
            candidates = [keys.get(node.name), node.name, shared, f"{shared}/.ATTRIBUTES/VARIABLE_VALUE"]
            key = next((key for key in candidates if key is not None and key in checkpoint), None)
            if key is None:
                raise DefinitionError(
                    f"variable {node.name!r} is not in the checkpoint in {checkpoint.folder}: is it complete?"
                )
            try:
                tensor = checkpoint.read(key)
            except TensorError as error:
                raise DefinitionError(
                    f"variable {node.name!r} ({key!r} in the checkpoint): {error}"
                ) from error
            if tensor.dtype not in DTYPES:
                raise DefinitionError(f"variable {node.name!r} has elements of type {tensor.dtype}")
            value = walk.value(node.name)
            value.type = TensorType(tensor.dtype, tensor.shape)
            value.constant = ConstantData([tensor.data])
            made[node.name] = value
        return made[node.name]

    return read
