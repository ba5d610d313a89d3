"""Tensors as PyTorch stores them: a storage, and where in it the elements lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product as combinations
from math import prod
from typing import Any, Literal

from texelflow.graph import DTYPES, ConstantData, TensorType, Value
from texelflow.importers.pytorch.records import ProgramError, listed, record, variant, whole

SCALAR_TYPES = {
    1: "uint8",
    2: "int8",
    3: "int16",
    4: "int32",
    5: "int64",
    6: "float16",
    7: "float32",
    8: "float64",
    9: "complex32",
    10: "complex64",
    11: "complex128",
    12: "bool",
    13: "bfloat16",
    28: "uint16",
    29: "float8_e4m3fn",
    30: "float8_e5m2",
    31: "float8_e4m3fnuz",
    32: "float8_e5m2fnuz",
}
"""Element types by their numbers in torch/_export/serde/schema.py."""

STRIDED = 7
"""The only layout that is read: others are sparse."""

_STANDING_FOR: dict[int, Literal["B", "H", "I", "Q"]] = {1: "B", 2: "H", 4: "I", 8: "Q"}
_MOST_RUNS = 2**20


def scalar_type(content: Any, what: str) -> str:
    """Return an element type by its number; raise ProgramError if it is not known."""
    number = whole(content, what)
    if number not in SCALAR_TYPES:
        raise ProgramError(f"{what} has the element type {number}, which is not known")
    return SCALAR_TYPES[number]


@dataclass(frozen=True, slots=True)
class Meta:
    """What a file says of a tensor: element type, extents (numbers, or texts of expressions), layout."""

    dtype: str
    sizes: tuple[int | str, ...]
    strides: tuple[int | str, ...]
    offset: int | str


def read_meta(content: Any, what: str) -> Meta:
    """Return what a record says of a tensor; raise ProgramError if it is damaged, or sparse."""
    meta = record(content, what)
    layout = meta.get("layout", STRIDED)
    if layout != STRIDED:
        raise ProgramError(f"{what} has the layout {layout!r}: only dense tensors are supported")
    sizes, strides = (
        tuple(read_extent(size, what) for size in listed(meta.get(key), f"{key} of {what}"))
        for key in ("sizes", "strides")
    )
    if len(strides) != len(sizes):
        raise ProgramError(f"{what} has {len(sizes)} sizes and {len(strides)} strides")
    offset = read_extent(meta.get("storage_offset", {"as_int": 0}), what)
    return Meta(scalar_type(meta.get("dtype"), what), sizes, strides, offset)


def read_extent(content: Any, what: str) -> int | str:
    """Return a size: a number, or the text of an expression; raise ProgramError if it is neither."""
    kind, found = variant(content, f"a size of {what}")
    if kind == "as_int":
        return whole(found, f"a size of {what}")
    expression: Mapping[str, Any] = record(found, f"a size of {what}")
    return str(expression.get("expr_str", ""))


def stored_tensor(
    name: str, storage: memoryview, dtype: str, sizes: Sequence[int], strides: Sequence[int], offset: int
) -> Value:
    """Return a constant of elements of a storage, row-major; a slice of it where they lie so.

    Raises:
        ProgramError: the type is not supported, or the elements are not within the storage.
    """
    if dtype == "complex64":  # pairs along one more axis
        pairs = (*sizes, 2), (*(2 * stride for stride in strides), 1)
        return stored_tensor(name, storage, "float32", *pairs, 2 * offset)
    if dtype not in DTYPES:
        raise ProgramError(f"weight {name!r} is of {dtype}, which is not supported")
    size, count = DTYPES[dtype], prod(sizes)
    last = offset + sum((extent - 1) * stride for extent, stride in zip(sizes, strides, strict=True))
    if min(sizes, default=0) < 0 or min(strides, default=0) < 0 or offset < 0:
        raise ProgramError(f"weight {name!r} has negative sizes, strides or offset")
    if count and (last + 1) * size > len(storage):
        raise ProgramError(
            f"weight {name!r}, {dtype}{list(sizes)}, needs {(last + 1) * size} bytes; {len(storage)} are"
            " stored"
        )
    if count > 4096 and count * size > 16 * len(storage):
        raise ProgramError(f"weight {name!r}, {dtype}{list(sizes)}, has more elements than are stored")
    value = Value(name, TensorType(dtype, tuple(sizes)))
    if not count:
        value.constant = ConstantData([b""])
    elif _is_dense(sizes, strides):
        value.constant = ConstantData([storage[offset * size : (offset + count) * size]])
    else:
        value.constant = ConstantData([_gathered(name, storage, size, sizes, strides, offset)])
    return value


def _is_dense(sizes: Sequence[int], strides: Sequence[int]) -> bool:
    expected = 1
    for extent, stride in zip(reversed(sizes), reversed(strides), strict=True):
        if extent != 1 and stride != expected:
            return False
        expected *= extent
    return True


def _gathered(
    name: str, storage: memoryview, size: int, sizes: Sequence[int], strides: Sequence[int], offset: int
) -> bytes:
    """Return elements that lie apart, row-major."""
    elements = storage[: len(storage) // size * size].cast("B").cast(_STANDING_FOR[size])
    *outer, extent = sizes
    *steps, stride = strides
    if prod(outer) > _MOST_RUNS:
        raise ProgramError(f"weight {name!r} lies in too many pieces: store it contiguous()")
    parts = []
    for place in combinations(*map(range, outer)):
        first = offset + sum(index * step for index, step in zip(place, steps, strict=True))
        if stride:
            parts.append(elements[first : first + (extent - 1) * stride + 1 : stride].tobytes())
        else:
            parts.append(elements[first : first + 1].tobytes() * extent)
    return b"".join(parts)
