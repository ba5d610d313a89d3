"""Sparse constants, as DENSIFY makes them dense.

A tensor's axes, and those of its blocks behind them, are levels in the order of `traversal_order`. A dense
level has all its entries; a compressed one (CSR) has for each entry of the level before it where its own
begin in a list of indices.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from texelflow.graph import MOST_AXES
from texelflow.importers.tflite.flatbuffer import DamagedError, Table
from texelflow.importers.tflite.model import Tensor

_INDEX_CODES = {1: "i", 2: "H", 3: "B"}
"""Of the vectors that indices are in, by the number of their type."""

RATIO, ALLOWANCE = 100, 2**24
"""A constant may have so many times the bytes that are stored once it is dense, and so many more."""


@dataclass(frozen=True, slots=True)
class _Level:
    """A dense level of `size` entries, or one that has `indices` between two of its `segments`."""

    size: int
    segments: Sequence[int] = ()
    indices: Sequence[int] = ()


def dense_bytes(tensor: Tensor, content: memoryview, bits: int) -> bytes:
    """Return the bytes of a sparse constant with all its zeros.

    Raises:
        DamagedError: what says where its elements are does not fit its shape or its bytes.
    """
    table = tensor.sparsity
    assert table is not None
    if bits < 8:
        raise DamagedError(f"constant {tensor.name!r} is sparse and of {bits} bits, which is not supported")
    size, rank = bits // 8, len(tensor.shape)
    order = table.numbers(0, "i") or ()
    blocks = table.numbers(1, "i") or ()
    levels = [_level(each, tensor) for each in table.tables(2)]
    if (
        len(blocks) > MOST_AXES
        or sorted(order) != list(range(rank + len(blocks)))
        or len(levels) != len(order)
    ):
        raise DamagedError(f"constant {tensor.name!r} is sparse along axes {list(order)} of {rank}")
    largest = RATIO * len(content) + ALLOWANCE
    if any(not 0 <= axis < rank for axis in blocks) or prod(tensor.shape) * size > largest:
        raise DamagedError(
            f"constant {tensor.name!r} is sparse, of blocks along {list(blocks)}, or too large"
        )
    extents = {axis: level.size for axis, level in zip(order, levels, strict=True)}
    for axis in range(rank):
        if not extents[axis] and levels[order.index(axis)].segments:
            # Writers leave out how long a compressed axis is: it has what its blocks leave of the shape.
            block = prod(extents[rank + i] for i, of in enumerate(blocks) if of == axis)
            extents[axis] = tensor.shape[axis] // max(1, block)
            level = levels[order.index(axis)]
            levels[order.index(axis)] = _Level(extents[axis], level.segments, level.indices)
    strides = [prod(tensor.shape[axis + 1 :]) for axis in range(rank)]
    steps = [0] * len(order)
    for axis in range(rank):
        steps[axis] = strides[axis] * prod(extents[rank + i] for i, of in enumerate(blocks) if of == axis)
        if extents[axis] * steps[axis] != strides[axis] * tensor.shape[axis]:
            raise DamagedError(f"constant {tensor.name!r} is sparse: its blocks do not fill axis {axis}")
    for index, axis in enumerate(blocks):
        inner = prod(extents[rank + i] for i, of in enumerate(blocks) if of == axis and i > index)
        steps[rank + index] = strides[axis] * inner
    places = _places(tensor, levels, [steps[axis] for axis in order])
    if len(places) * size != len(content):
        raise DamagedError(
            f"constant {tensor.name!r} is sparse, with {len(places)} elements in {len(content)} bytes"
        )
    result = bytearray(prod(tensor.shape) * size)
    for index, place in enumerate(places):
        result[place * size : place * size + size] = content[index * size : index * size + size]
    return bytes(result)


def _level(table: Table, tensor: Tensor) -> _Level:
    if not table.number(0, "b"):
        size = int(table.number(1, "i"))
        if size < 0:
            raise DamagedError(f"constant {tensor.name!r} is sparse, with {size} entries along an axis")
        return _Level(size)
    found = []
    for kind, slot in ((2, 3), (4, 5)):
        code, vector = _INDEX_CODES.get(int(table.number(kind, "B"))), table.table(slot)
        numbers = vector.numbers(0, code) if code and vector is not None else ()
        found.append(numbers or ())
    return _Level(int(table.number(1, "i")), *found)


def _places(tensor: Tensor, levels: Sequence[_Level], steps: Sequence[int]) -> list[int]:
    """Return where the elements lie, in the order that they are stored in."""
    places, most = [0], prod(tensor.shape)
    for level, step in zip(levels, steps, strict=True):
        if not level.segments:
            if len(places) * level.size > most:
                raise DamagedError(f"constant {tensor.name!r} is sparse, of more elements than its shape has")
            places = [place + index * step for place in places for index in range(level.size)]
            continue
        bounds = level.segments
        if len(bounds) != len(places) + 1 or any(a > b for a, b in itertools.pairwise(bounds)):
            raise DamagedError(f"constant {tensor.name!r} is sparse, with segments that do not fit")
        extent = level.size
        if bounds[0] < 0 or bounds[-1] > len(level.indices) or bounds[-1] > most:
            raise DamagedError(f"constant {tensor.name!r} is sparse, with segments outside of its indices")
        if any(not 0 <= index < extent for index in level.indices):
            raise DamagedError(f"constant {tensor.name!r} is sparse, with indices outside of {extent}")
        places = [
            place + index * step
            for number, place in enumerate(places)
            for index in level.indices[bounds[number] : bounds[number + 1]]
        ]
    return places
