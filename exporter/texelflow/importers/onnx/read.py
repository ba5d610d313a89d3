"""ONNX files to the Graph: ModelProto of opset 7 to the newest, upgraded to the pinned one.

Only the file's structure is dealt with here; what an operator's older forms mean is its own `upgrade`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from google.protobuf.message import DecodeError

from texelflow.dimensions import symbol
from texelflow.errors import ExportError
from texelflow.graph import DTYPES, Graph, Node, TensorType, Value
from texelflow.graph.onnx_dtypes import ONNX_DTYPES
from texelflow.graph.problems import Problems
from texelflow.importers.files.producer import producer_of
from texelflow.importers.input_types import DeclaredType, InputShapes, resolve_input_types
from texelflow.importers.onnx.messages import message_class
from texelflow.importers.onnx.names import Scope, read_initializers
from texelflow.importers.onnx.nodes import NodeImporter, default_domain
from texelflow.importers.onnx.tensors import ExternalFiles

OLDEST_OPSET = 7
NEWEST_OPSET = 28
"""Since the pinned opset, the operators known here gained element types, not meanings."""

_LARGEST_FILE = 2**31 - 1


def read_onnx(path: Path, input_shapes: InputShapes) -> Graph:
    """Return the Graph of an ONNX file.

    Args:
        path: a regular file; data files that it names must lie in its folder.
        input_shapes: for an input's name its shape, instead of the one declared.

    Raises:
        ExportError: the file is damaged or no ONNX model, or has what cannot be imported; `problems` has
            every reason.
    """
    model = _parse(path)
    problems = Problems()
    opsets = {default_domain(entry.domain): entry.version for entry in model.opset_import}
    if not OLDEST_OPSET <= opsets.get("", NEWEST_OPSET) <= NEWEST_OPSET:
        raise ExportError(
            f"{path} is of opset {opsets['']}; {OLDEST_OPSET} to {NEWEST_OPSET} can be read."
            " Convert it with onnx.version_converter, or export it again from its framework"
        )
    graph = _read_graph(model, opsets, path, input_shapes, problems)
    graph.producer = producer_of(f"{model.producer_name} {producer_of(model.producer_version)}")
    problems.raise_for(str(path))
    return graph


def _parse(path: Path) -> Any:
    try:
        size = path.stat().st_size
        if size > _LARGEST_FILE:
            raise ExportError(
                f"{path} has {size / 2**30:.1f} GiB; protobuf ends at 2 GiB. Save the model with its weights"
                " beside it: onnx.save(model, path, save_as_external_data=True)"
            )
        content = path.read_bytes()
    except OSError as error:
        raise ExportError(f"{path} cannot be read: {error.strerror}") from error
    if not content:
        raise ExportError(f"{path} is empty")
    try:
        model = message_class("Model").FromString(content)
    except DecodeError as error:
        raise ExportError(f"{path} is not an ONNX model, or is damaged or cut off ({error})") from error
    if not model.HasField("graph") or not model.opset_import:
        raise ExportError(f"{path} is not an ONNX model, or is cut off: it has no graph or no opset_import")
    return model


def _read_graph(
    model: Any, opsets: Mapping[str, int], path: Path, input_shapes: InputShapes, problems: Problems
) -> Graph:
    proto = model.graph
    external = ExternalFiles(path)
    for sparse in proto.sparse_initializer:
        problems.add(f"initializer {sparse.values.name!r} is a sparse tensor, which is not supported")
    scope: Scope = read_initializers(proto, external, problems)
    inputs = _read_inputs(proto, input_shapes, problems)
    scope.update({value.name: value for value in inputs})
    importer = NodeImporter(model.functions, external, problems)
    importer.add_nodes(proto.node, scope, opsets)
    outputs = _read_outputs(proto, scope, importer.nodes, problems)
    importer.check_outputs(outputs)
    if not input_shapes:
        _declare_types(proto, outputs)
    return Graph(path.stem, inputs, outputs, importer.nodes, str(path), opsets.get("", NEWEST_OPSET))


def _read_inputs(proto: Any, input_shapes: InputShapes, problems: Problems) -> list[Value]:
    # Before IR version 4 initializers are listed among the inputs too.
    initializers = {tensor.name for tensor in proto.initializer}
    declared: dict[str, DeclaredType] = {}
    for item in proto.input:
        if item.name in initializers:
            continue
        if item.name in declared:
            problems.add(f"there are two inputs called {item.name!r}")
        type_ = _declared_type(item)
        if type_ is None:
            problems.add(f"input {item.name!r} is not a tensor; sequences and maps are not supported")
        elif type_.dtype not in DTYPES:
            problems.add(f"input {item.name!r} has elements of type {type_.dtype}, which is not supported")
        else:
            declared[item.name] = type_
    types = resolve_input_types(declared, input_shapes, problems)
    return [Value(item.name, types.get(item.name)) for item in proto.input if item.name not in initializers]


def _read_outputs(proto: Any, scope: Scope, nodes: list[Node], problems: Problems) -> list[Value]:
    """Return the graph's outputs; one that is an input or a constant is made by an Identity of its own.

    An output may be listed twice: runs return it by its name, once.
    """
    if not proto.output:
        problems.add("the model has no outputs")
    outputs: list[Value] = []
    for name in dict.fromkeys(item.name for item in proto.output):
        value = scope.get(name)
        if value is None:
            problems.add(f"output {name!r} is produced by no node")
            continue
        if value.producer is None or value.name != name:
            value = Value(name)
            nodes.append(Node("Identity", [scope[name]], [value], name=f"Identity_of_{name}"))
        outputs.append(value)
    return outputs


def _declared_type(item: Any) -> DeclaredType | None:
    """Return the type of a ValueInfoProto, or None if it is not a tensor."""
    kind = item.type
    if kind.HasField("optional_type"):  # one that each run gives
        kind = kind.optional_type.elem_type
    if not kind.HasField("tensor_type"):
        return None
    tensor = kind.tensor_type
    dtype = ONNX_DTYPES.get(tensor.elem_type, f"type {tensor.elem_type}")
    if not tensor.HasField("shape"):
        return DeclaredType(dtype, None)
    fields = [extent.WhichOneof("value") for extent in tensor.shape.dim]
    return DeclaredType(
        dtype,
        [
            getattr(extent, field) if field else None
            for extent, field in zip(tensor.shape.dim, fields, strict=True)
        ],
    )


def _declare_types(proto: Any, outputs: list[Value]) -> None:
    """Give the outputs the types that the file declares, for shape inference to check."""
    declared = {item.name: _declared_type(item) for item in proto.output}
    for value in outputs:
        type_ = declared.get(value.name)
        if type_ is not None and type_.dtype in DTYPES and type_.shape is not None:
            extents = [extent if isinstance(extent, int) and extent > 0 else None for extent in type_.shape]
            value.type = TensorType(
                type_.dtype,
                tuple(
                    symbol(f"{value.name}_{axis}") if extent is None else extent
                    for axis, extent in enumerate(extents)
                ),
            )
