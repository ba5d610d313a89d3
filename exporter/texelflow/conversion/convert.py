"""Converts a model of any format to an ONNX file."""

from __future__ import annotations

import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any

from texelflow.conversion.onnx_model import DOMAINS, onnx_model
from texelflow.conversion.raw_data import LARGEST_INSIDE, RawData
from texelflow.errors import ExportError
from texelflow.graph import Graph, TensorType
from texelflow.importers import read_model
from texelflow.importers.input_types import InputShapes
from texelflow.operators.internal.decode_weights import DOMAIN as INTERNAL
from texelflow.passes import infer_types, remove_dead_nodes


def convert(
    source: Path,
    target: Path,
    input_shapes: InputShapes | None = None,
    *,
    signature: str | None = None,
    force: bool = False,
) -> list[Path]:
    """Write the model in `source` as the ONNX file `target`; return the files written.

    Weights of more than 1 GiB in all are written beside it, to `<target>.data`, since protobuf ends at 2 GiB.

    Args:
        source: a model of any format that can be read.
        target: the file to write. Nothing is left behind if that fails.
        input_shapes: for an input's name its shape, instead of the one that the model declares.
        signature: which of a model's functions is wanted, by name.
        force: replace `target` if it exists.

    Raises:
        ExportError: the model cannot be read, has what ONNX cannot say, or `target` exists.
    """
    beside = target.with_name(f"{target.name}.data")
    for path in (target, beside):
        if path.exists() and not force:
            raise ExportError(f"{path} exists: choose another name, or replace it with --force")
        if path.exists() and not path.is_file():
            raise ExportError(f"{path} is not a file; choose another name")
    graph = read_model(source, input_shapes, signature=signature)
    is_foreign = any(node.domain not in DOMAINS for node in graph.nodes)
    outputs = graph.outputs
    types = _output_types(graph)
    is_unfolded = graph.outputs is not outputs  # a sequence, of which inference makes tensors
    if not is_foreign and not is_unfolded:
        # Inference chooses branches and writes loops out: what is ONNX already is written as it was.
        graph = read_model(source, input_shapes, signature=signature)
    elif any(node.domain not in (*DOMAINS, INTERNAL) for node in graph.nodes):
        # What loops and lists of other formats left, which ONNX does not have.
        remove_dead_nodes.run(graph)
    data = RawData(beside.name)
    model = onnx_model(graph, types, data)
    return _write(model, data, target, beside)


def _output_types(graph: Graph) -> list[TensorType]:
    """Return the types of a model's outputs: as inferred, or as the model declares them.

    Inference makes the nodes of other formats ONNX's; it fails where one of two branches cannot be chosen.
    """
    declared = [value.type for value in graph.outputs]
    try:
        infer_types.run(graph)
    except ExportError:
        known = [type_ for type_ in declared if type_ is not None]
        if len(known) == len(declared):
            return known
        raise
    return [value.known_type for value in graph.outputs]


def _write(model: Any, data: RawData, target: Path, beside: Path) -> list[Path]:
    is_apart = data.size > LARGEST_INSIDE
    data.attach(is_apart)
    token = secrets.token_hex(4)
    made = {path: path.with_name(f".{path.name}.{token}.partial") for path in (target, beside)}
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            if is_apart:
                with made[beside].open("wb") as file:
                    data.write(file)
            made[target].write_bytes(model.SerializeToString())
            if is_apart:
                made[beside].replace(beside)
            made[target].replace(target)
        finally:
            for path in made.values():
                with suppress(OSError):
                    path.unlink(missing_ok=True)
    except OSError as error:
        raise ExportError(f"{target} cannot be written: {error.strerror or error}") from error
    return [target, beside] if is_apart else [target]
