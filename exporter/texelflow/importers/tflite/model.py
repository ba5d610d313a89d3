"""A TensorFlow Lite model as its file has it: subgraphs of operations on tensors, signatures, buffers.

The slots are those of the public schema (tensorflow/compiler/mlir/lite/schema/schema.fbs, version 3).
Everything that refers to something else is checked here: readers of a Model may index.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isfinite

from texelflow.graph import MOST_AXES
from texelflow.importers.tflite.builtins import BUILTINS
from texelflow.importers.tflite.flatbuffer import Content, DamagedError, Table
from texelflow.importers.tflite.options import enumerated

VERSION = 3
_BLOCKWISE = 2
"""Of QuantizationParameters.details: what is said there in place of scales."""


@dataclass(frozen=True, slots=True)
class Quantisation:
    """What whole numbers stand for: (number - zero point) · scale; several are along an axis."""

    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    axis: int


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor of a subgraph; -1 in its `shape` is an extent that is free."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    buffer: int
    quantisation: Quantisation | None
    is_variable: bool
    sparsity: Table | None


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator at work. `inputs` and `outputs` are positions of tensors, -1 where one is omitted."""

    name: str
    is_custom: bool
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Table | None
    custom_options: memoryview
    version: int


@dataclass(frozen=True, slots=True)
class Subgraph:
    """Operations in the order that they are to be run in."""

    name: str
    tensors: list[Tensor]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    operations: list[Operation]


@dataclass(frozen=True, slots=True)
class Signature:
    """A function: names of its own for inputs and outputs of a subgraph, with their positions."""

    name: str
    inputs: dict[str, int]
    outputs: dict[str, int]
    subgraph: int


@dataclass(slots=True)
class Model:
    """All of a file. `buffers` are bytes of it, empty where a tensor is none of its constants."""

    subgraphs: list[Subgraph] = field(default_factory=list)
    signatures: list[Signature] = field(default_factory=list)
    buffers: list[memoryview] = field(default_factory=list)
    metadata: dict[str, memoryview] = field(default_factory=dict)
    description: str = ""


def read_file(data: memoryview) -> Model:
    """Return what a file has.

    Raises:
        DamagedError: it is cut off, or a part refers to what is not there.
    """
    content = Content(data)
    root = content.root()
    version = root.number(0, "I")
    if version != VERSION:
        raise DamagedError(f"it is of version {version} of the schema; {VERSION} can be read")
    model = Model(buffers=[_buffer(table, data) for table in root.tables(4)], description=root.text(3))
    codes = [_operator_code(table) for table in root.tables(1)]
    model.subgraphs = [_subgraph(table, codes, model, data) for table in root.tables(2)]
    if not model.subgraphs:
        raise DamagedError("it has no subgraph")
    model.signatures = [_signature(table, model) for table in root.tables(7)]
    for entry in root.tables(6):
        _in(entry.number(1, "I"), model.buffers, "a buffer of metadata")
        model.metadata[entry.text(0)] = model.buffers[entry.number(1, "I")]
    return model


def _buffer(table: Table, data: memoryview) -> memoryview:
    # Of files beyond 2 GB the bytes lie behind the FlatBuffer; an offset of 1 stands for none yet.
    offset, size = table.number(1, "Q"), table.number(2, "Q")
    if offset <= 1:
        return table.content(0)
    return _part(data, offset, size, "a buffer")


def _part(data: memoryview, offset: int, size: int, what: str) -> memoryview:
    if offset + size > len(data):
        raise DamagedError(f"{what} is bytes {offset} to {offset + size} of it, which has {len(data)}")
    return data[offset : offset + size]


def _operator_code(table: Table) -> tuple[str, bool, int]:
    """Return the name of an operator, whether it is custom, and its version."""
    # Files of before 2020 have the code in one byte; later ones have the larger of both in force.
    code = max(int(table.number(0, "b")), int(table.number(3, "i")))
    _in(code, BUILTINS, "an operator")
    name, version = BUILTINS[code], int(table.number(2, "i", 1))
    return (table.text(1), True, version) if name == "CUSTOM" else (name, False, version)


def _subgraph(
    table: Table, codes: Sequence[tuple[str, bool, int]], model: Model, data: memoryview
) -> Subgraph:
    tensors = [_tensor(each, model.buffers) for each in table.tables(0)]
    name = table.text(4)
    inputs, outputs = (_positions(table, slot, tensors, "an input or output") for slot in (1, 2))
    if -1 in inputs or -1 in outputs:
        raise DamagedError(f"an input or output of subgraph {name!r} is no tensor")
    operations = []
    for each in table.tables(3):
        _in(each.number(0, "I"), codes, "an operation")
        operator, is_custom, version = codes[each.number(0, "I")]
        reads, makes = (_positions(each, slot, tensors, operator) for slot in (1, 2))
        second = each.table(12)
        options = each.table(4) if second is None else second
        offset, size = each.number(9, "Q"), each.number(10, "Q")
        custom = each.content(5) if offset <= 1 else _part(data, offset, size, "options")
        operations.append(Operation(operator, is_custom, reads, makes, options, custom, version))
    return Subgraph(name, tensors, inputs, outputs, operations)


def _positions(table: Table, slot: int, tensors: Sequence[Tensor], what: str) -> tuple[int, ...]:
    numbers = table.numbers(slot, "i") or ()
    for number in numbers:
        if number != -1:
            _in(number, tensors, f"a tensor of {what}")
    return numbers


def _tensor(table: Table, buffers: Sequence[memoryview]) -> Tensor:
    name, buffer = table.text(3), int(table.number(2, "I"))
    _in(buffer, buffers, f"the buffer of tensor {name!r}")
    shape, signature = table.numbers(0, "i") or (), table.numbers(7, "i")
    if signature and len(signature) == len(shape):
        shape = signature
    if len(shape) > MOST_AXES:
        raise DamagedError(f"tensor {name!r} has {len(shape)} axes; at most {MOST_AXES} are supported")
    if any(extent < -1 for extent in shape):
        raise DamagedError(f"tensor {name!r} has the shape {list(shape)}")
    if table.has(10) and table.number(10, "I"):
        raise DamagedError(
            f"tensor {name!r} lies in another file, which is not supported: store the weights in the model"
        )
    dtype = enumerated("dtype", int(table.number(1, "b")), f"the type of tensor {name!r}")
    quantisation = _quantisation(table.table(4), name, shape)
    return Tensor(name, dtype, shape, buffer, quantisation, bool(table.number(5, "?")), table.table(6))


def _quantisation(table: Table | None, name: str, shape: Sequence[int]) -> Quantisation | None:
    if table is None:
        return None
    if table.number(4, "B") >= _BLOCKWISE:
        raise DamagedError(
            f"tensor {name!r} has scales for blocks, which is not supported: quantise by channel"
        )
    scales = table.numbers(2, "f")
    if not scales:
        return None
    zero_points = table.numbers(3, "q") or (0,)
    axis = int(table.number(6, "i"))
    if len(zero_points) == 1:
        zero_points *= len(scales)
    if len(zero_points) != len(scales) or not all(map(isfinite, scales)):
        raise DamagedError(
            f"tensor {name!r} has {len(scales)} scales and {len(zero_points)} zero points, or a scale that "
            "is no number"
        )
    if len(scales) > 1 and not (0 <= axis < len(shape) and shape[axis] == len(scales)):
        raise DamagedError(f"tensor {name!r} of shape {list(shape)} has {len(scales)} scales for axis {axis}")
    return Quantisation(scales, zero_points, axis)


def _signature(table: Table, model: Model) -> Signature:
    name, index = table.text(2), int(table.number(4, "I"))
    _in(index, model.subgraphs, f"signature {name!r}")
    tensors = model.subgraphs[index].tensors
    maps = []
    for slot in (0, 1):
        entries = {each.text(0): int(each.number(1, "I")) for each in table.tables(slot)}
        for position in entries.values():
            _in(position, tensors, f"a tensor of signature {name!r}")
        maps.append(entries)
    return Signature(name, maps[0], maps[1], index)


def _in(position: int, items: Sequence[object], what: str) -> None:
    if not 0 <= position < len(items):
        raise DamagedError(f"{what} is number {position} of {len(items)}")
