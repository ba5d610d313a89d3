"""The definitions of a graph: nodes and functions, whatever file they come from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.message import DecodeError

from texelflow.importers.tensorflow.dtypes import dtype_of
from texelflow.importers.tensorflow.messages import message_class
from texelflow.importers.tensorflow.tensors import Tensor, TensorError, read_tensor
from texelflow.importers.tensorflow.wire import WireError, fields, messages


class DefinitionError(Exception):
    """A graph that cannot be read, and why."""


class LimitError(DefinitionError):
    """A graph that asks for more than is read of any, wherever that is."""


@dataclass(frozen=True, slots=True)
class Call:
    """The function that an attribute names, and what its attributes are."""

    function: str
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Placeholder:
    """An attribute that has the value of one of the function's, of this name."""

    name: str


@dataclass(frozen=True, slots=True)
class Damaged:
    """A tensor that cannot be read, and why; it matters only if it is used."""

    reason: str


@dataclass(slots=True)
class Definition:
    """A node as the file has it.

    `inputs` are references (`name`, `name:1`, in functions `name:output:0`; `^name` waits for a node).
    Attributes are numbers, texts (of types the Graph's names), shapes (None for a free extent, or if even the
    rank is unknown), Tensor, Call, or lists of these.
    """

    name: str
    operator: str
    inputs: list[str]
    attributes: dict[str, Any]


@dataclass(slots=True)
class Function:
    """A function: `returns` are the references of its results by name, `controls` nodes that it waits for."""

    name: str
    inputs: list[str]
    outputs: list[str]
    nodes: list[Definition]
    returns: Mapping[str, str]
    controls: list[str]


@dataclass(slots=True)
class Definitions:
    """A graph with its functions by name, which may be read when they are asked for."""

    nodes: list[Definition]
    functions: Mapping[str, Function]


class _StoredFunctions(Mapping[str, Function]):
    """The functions of a GraphDef: most of a SavedModel's are for training, and are never asked for."""

    def __init__(self, stored: dict[str, memoryview]) -> None:
        self._stored = stored
        self._read: dict[str, Function] = {}

    def __getitem__(self, name: str) -> Function:
        if name not in self._read:
            try:
                self._read[name] = _read_function(self._stored[name])
            except (WireError, DecodeError, RecursionError) as error:
                raise DefinitionError(f"function {name!r} is damaged ({error})") from error
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._stored)

    def __len__(self) -> int:
        return len(self._stored)


def read_definitions(graph: memoryview) -> Definitions:
    """Return a GraphDef; raise DefinitionError if it is damaged."""
    try:
        nodes: list[Definition] = []
        functions: dict[str, memoryview] = {}
        for number, content in fields(graph):
            if number == 1 and not isinstance(content, int):
                nodes.append(_read_node(content))
            elif number == 2 and not isinstance(content, int):
                functions.update({_name_of(function): function for function in messages(content, 1)})
    except (WireError, DecodeError, RecursionError) as error:
        raise DefinitionError(f"it is damaged or cut off ({error})") from error
    return Definitions(nodes, _StoredFunctions(functions))


def _name_of(function: memoryview) -> str:
    """Return the name of a FunctionDef, which is in its signature."""
    signature = next(messages(function, 1), memoryview(b""))
    return bytes(next(messages(signature, 1), b"")).decode("utf-8", "replace")


_NODE_FIELDS = (1, 2, 3, 5)
"""Of a NodeDef: name, operator, inputs, attributes."""


def _read_node(content: memoryview) -> Definition:
    """Return a NodeDef; the tensors among its attributes stay where they lie."""
    tensors: dict[str, Tensor | Damaged] = {}
    kept: list[bytes | memoryview] = []
    for number, part in fields(content):
        if number == 5 and not isinstance(part, int):
            found = _tensor_attribute(part)
            if found is not None:
                tensors[found[0]] = found[1]
                continue
        if number in _NODE_FIELDS and not isinstance(part, int):
            kept += [_head(number, len(part)), part]
    node = message_class("Node").FromString(b"".join(kept))
    return Definition(node.name, node.op, list(node.input), {**read_attributes(node.attr), **tensors})


def _head(number: int, length: int) -> bytes:
    """Return what the wire has in front of a field of bytes."""
    result, rest = [number << 3 | 2], length
    while rest > 0x7F:
        result.append(rest & 0x7F | 0x80)
        rest >>= 7
    return bytes([*result, rest])


def _tensor_attribute(entry: memoryview) -> tuple[str, Tensor | Damaged] | None:
    """Return name and tensor of an attribute, or None if it is none."""
    name, tensor = "", None
    for number, part in fields(entry):
        if number == 1 and not isinstance(part, int):
            name = bytes(part).decode("utf-8", "replace")
        elif number == 2 and not isinstance(part, int):
            tensor = next(messages(part, 8), None)
    if tensor is None:
        return None
    try:
        return name, read_tensor(tensor)
    except TensorError as error:
        return name, Damaged(str(error))


def read_attributes(entries: Iterable[Any]) -> dict[str, Any]:
    """Return attributes by name, without those that are only for TensorFlow's own use."""
    return {entry.key: _attribute(entry.value) for entry in entries if not entry.key.startswith("_")}


def _attribute(value: Any) -> Any:
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    if kind == "list":
        found = [(name, getattr(value.list, name)) for name in ("s", "i", "f", "b", "type", "shape", "func")]
        return [_content(name, item) for name, items in found for item in items]
    return _content(kind, getattr(value, kind))


def _content(kind: str, content: Any) -> Any:
    if kind == "s":
        return content.decode("utf-8", "replace")
    if kind == "type":
        return dtype_of(content)
    if kind == "shape":
        return read_shape(content)
    if kind == "func":
        return Call(content.name, read_attributes(content.attr))
    if kind == "placeholder":
        return Placeholder(content)
    return content


def read_shape(shape: Any) -> tuple[int | None, ...] | None:
    """Return a TensorShapeProto: None for a free extent, and if even the rank is unknown."""
    if shape.unknown_rank:
        return None
    return tuple(extent.size if extent.size >= 0 else None for extent in shape.dim)


def _read_function(content: memoryview) -> Function:
    nodes = [_read_node(node) for node in messages(content, 3)]
    head = message_class("FunctionHead").FromString(
        b"".join(
            part
            for number, data in fields(content)
            if number in (1, 4, 6) and not isinstance(data, int)
            for part in (_head(number, len(data)), data)
        )
    )
    return Function(
        head.signature.name,
        [argument.name for argument in head.signature.input_arg],
        [argument.name for argument in head.signature.output_arg],
        nodes,
        {entry.key: entry.value for entry in head.ret},
        [entry.value for entry in head.control_ret],
    )
