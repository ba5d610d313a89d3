"""TensorFlow Lite files to the Graph.

An operation becomes a node of the domain `tflite`, which shape inference expands to ONNX's operators once
the types of its inputs are known (`operators/`): so what depends on ranks, sizes or small known numbers is
decided by those that hold, not by what the file says of them.
"""

from __future__ import annotations

from pathlib import Path

from texelflow.errors import ExportError
from texelflow.graph import Graph, Node, TensorType, Value
from texelflow.graph.problems import Problems
from texelflow.importers.files.mapped_files import map_file
from texelflow.importers.files.producer import producer_of
from texelflow.importers.format import ImportOptions
from texelflow.importers.input_types import DeclaredType, InputShapes, resolve_input_types
from texelflow.importers.tflite.flatbuffer import Content, DamagedError
from texelflow.importers.tflite.metadata import NAME as METADATA
from texelflow.importers.tflite.metadata import read_labels, read_metadata
from texelflow.importers.tflite.model import Model, Signature, Tensor, read_file
from texelflow.importers.tflite.operators import load_operators
from texelflow.importers.tflite.operators.detection import roles_of
from texelflow.importers.tflite.subgraphs import SubgraphReader
from texelflow.importers.tflite.tensors import TYPES


def read_tflite(path: Path, options: ImportOptions) -> Graph:
    """Return the Graph of a .tflite file.

    Inputs and outputs are those of the first subgraph, called as its tensors; or those of a signature that is
    asked for, called as it calls them. What variables remember are inputs and outputs behind them
    (`Graph.states`).

    Raises:
        ExportError: the file is damaged, or has what cannot be imported; `problems` has every reason.
    """
    try:
        model = read_file(map_file(path))
        return _read_model(model, path, options)
    except DamagedError as error:
        raise ExportError(f"{path} is damaged, or cannot be read: {error}") from None


def _read_model(model: Model, path: Path, options: ImportOptions) -> Graph:
    load_operators()
    problems = Problems()
    signature = _signature(model, path, options.signature)
    subgraph = model.subgraphs[signature.subgraph]
    tensors = [subgraph.tensors[position] for position in signature.inputs.values()]
    inputs = _inputs(dict(zip(signature.inputs, tensors, strict=True)), options.input_shapes, problems)
    reader = SubgraphReader(model, problems)
    scope = {position: inputs[name] for name, position in signature.inputs.items()}
    made = reader.read(signature.subgraph, scope)
    nodes = made.nodes
    outputs = []
    positions: dict[int, Value] = {}
    for name, position in signature.outputs.items():
        value = positions.get(position) or made.values.get(position)
        if value is None:
            problems.add(f"output {name!r} is produced by no operation")
            continue
        if value.producer is None or value in outputs:
            value = Value(name)
            nodes.append(Node("Identity", [made.values[position]], [value], name=f"Identity_of_{name}"))
        value.name = name
        positions.setdefault(position, value)
        outputs.append(value)
    problems.raise_for(str(path))
    states = reader.finish_states(nodes)
    graph = Graph(path.stem, [*inputs.values(), *states.values()], [*outputs, *states], nodes, str(path))
    graph.states = states
    if not signature.subgraph:
        _describe(graph, model, signature, path)
    for node in nodes:
        graph.roles.update((value, role) for value, role in roles_of(node).items() if value in outputs)
    graph.format = "TensorFlow Lite"
    graph.producer = producer_of(model.description.removesuffix("."), _converter(model))
    return graph


def _converter(model: Model) -> str:
    """Return the TensorFlow that converted a file, where it says it.

    Source: tensorflow/compiler/mlir/lite/schema/conversion_metadata.fbs.
    """
    content = model.metadata.get("CONVERSION_METADATA", memoryview(b""))
    try:
        environment = Content(content).root().table(0)
        version = environment.text(0) if environment else ""
    except DamagedError:  # it is no part of the model
        return ""
    return f"TensorFlow {version}" if version else ""


def _describe(graph: Graph, model: Model, signature: Signature, path: Path) -> None:
    """Note what the metadata says of the first subgraph."""
    first, values = model.subgraphs[0], {value.name: value for value in (*graph.inputs, *graph.outputs)}
    inputs, outputs = read_metadata(model.metadata.get(METADATA, memoryview(b"")))
    for positions, names, facts in (
        (first.inputs, signature.inputs, inputs),
        (first.outputs, signature.outputs, outputs),
    ):
        by_position = {position: values.get(name) for name, position in names.items()}
        for position, fact in zip(positions, facts, strict=False):
            value = by_position.get(position)
            if value is None:
                continue
            if positions is first.inputs and graph.image is None:
                graph.image = fact.image(value.name, value.dtype)
            if positions is first.inputs and (role := fact.sound(value.dtype, value.shape)):
                graph.roles[value] = role
            labels = read_labels(path, fact.labels) if fact.labels is not None else None
            if labels is not None and value in graph.outputs:
                graph.labels[value] = labels


def _signature(model: Model, path: Path, wanted: str | None) -> Signature:
    """Return the signature of a name; without one all of the first subgraph, by its tensors' names."""
    if wanted is not None:
        for signature in model.signatures:
            if signature.name == wanted:
                return signature
        names = ", ".join(signature.name for signature in model.signatures)
        raise ExportError(
            f"{path} has no signature {wanted!r}; "
            + (f"there are {names}" if names else "it has none: leave --signature away")
        )
    first = model.subgraphs[0]
    maps: list[dict[str, int]] = []
    for positions in (first.inputs, first.outputs):
        names_of: dict[str, int] = {}
        for position in dict.fromkeys(positions):
            name = first.tensors[position].name or f"tensor_{position}"
            if name in names_of:
                name = f"{name}:{position}"
            names_of[name] = position
        maps.append(names_of)
    return Signature("", maps[0], maps[1], 0)


def _inputs(tensors: dict[str, Tensor], shapes: InputShapes, problems: Problems) -> dict[str, Value]:
    declared = {}
    for name, tensor in tensors.items():
        dtype = TYPES.get(tensor.dtype)
        if dtype is None or tensor.dtype == "COMPLEX64":
            problems.add(f"input {name!r} has elements of type {tensor.dtype}, which is not supported")
            continue
        declared[name] = DeclaredType(dtype, [None if extent < 0 else extent for extent in tensor.shape])
    types = resolve_input_types(declared, shapes, problems)
    return {name: Value(name, types.get(name, TensorType("float32", ()))) for name in tensors}
