"""Constants made at export: from elements to stored bytes and back, without NumPy."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from math import prod

from texelflow.ir import FLOATING, ConstantData, Element, TensorType, Value
from texelflow.symbolic import Dimension

_FORMATS = {
    "float32": "f",
    "float16": "e",
    "float64": "d",
    "int8": "b",
    "uint8": "B",
    "int16": "h",
    "uint16": "H",
    "int32": "i",
    "uint32": "I",
    "int64": "q",
    "uint64": "Q",
    "bool": "?",
}


def pack_elements(dtype: str, elements: Sequence[int | float | bool]) -> bytes:
    """Return the little-endian bytes of elements; raise struct.error or OverflowError if one does not fit."""
    if dtype == "bfloat16":
        singles = struct.pack(f"<{len(elements)}f", *elements)
        return b"".join(singles[i + 2 : i + 4] for i in range(0, len(singles), 4))
    convert = float if dtype in FLOATING else bool if dtype == "bool" else int
    return struct.pack(f"<{len(elements)}{_FORMATS[dtype]}", *map(convert, elements))


def unpack_elements(dtype: str, data: bytes) -> list[Element]:
    """Return the elements of little-endian bytes."""
    if dtype == "bfloat16":
        data = b"".join(b"\0\0" + data[i : i + 2] for i in range(0, len(data), 2))
        return list(struct.unpack(f"<{len(data) // 4}f", data))
    code = _FORMATS[dtype]
    return list(struct.unpack(f"<{len(data) // struct.calcsize(code)}{code}", data))


def constant_value(
    name: str, dtype: str, shape: Sequence[int], elements: Sequence[int | float | bool]
) -> Value:
    """Return a value that is a constant with the given elements, row-major."""
    assert prod(shape) == len(elements)
    dimensions: tuple[Dimension, ...] = tuple(shape)
    value = Value(name, TensorType(dtype, dimensions), elements=list(elements))
    value.constant = ConstantData([pack_elements(dtype, elements)])
    return value


def scalar_value(name: str, dtype: str, element: int | float | bool) -> Value:
    """Return a constant of rank 0."""
    return constant_value(name, dtype, (), [element])


def vector_value(name: str, dtype: str, elements: Sequence[int | float | bool]) -> Value:
    """Return a constant of rank 1."""
    return constant_value(name, dtype, (len(elements),), elements)
