"""Constants made at export: from elements to stored bytes and back, without NumPy."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from math import inf, prod

from texelflow.dimensions import Dimension
from texelflow.graph.nodes import FLOATING, ConstantData, Element, TensorType, Value

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
    """Return the little-endian bytes of elements; raise struct.error if a whole number does not fit.

    A floating number is rounded to the nearest, ties to even, and is infinite beyond the largest of its type.
    """
    if dtype == "bfloat16":
        singles = struct.unpack(f"<{len(elements)}I", pack_elements("float32", elements))
        return struct.pack(f"<{len(elements)}H", *map(_upper_half, singles))
    if dtype not in FLOATING:
        convert = bool if dtype == "bool" else int
        return struct.pack(f"<{len(elements)}{_FORMATS[dtype]}", *map(convert, elements))
    try:
        return struct.pack(f"<{len(elements)}{_FORMATS[dtype]}", *elements)
    except OverflowError:
        return b"".join(_pack_or_infinity(dtype, element) for element in elements)


def _upper_half(single: int) -> int:
    """Return the upper half of a float32's bits, rounded: a bfloat16."""
    if single & 0x7FFFFFFF > 0x7F800000:  # NaN, which rounding up could make a zero
        return single >> 16 | 0x40
    return (single + 0x7FFF + (single >> 16 & 1)) >> 16


def _pack_or_infinity(dtype: str, element: float) -> bytes:
    try:
        return struct.pack(f"<{_FORMATS[dtype]}", element)
    except OverflowError:
        return struct.pack(f"<{_FORMATS[dtype]}", inf if element > 0 else -inf)


def signed_bits(dtype: str, number: int) -> int:
    """Return a whole number as the signed one of the same 32 bits, by which shaders hold unsigned ones."""
    return number - 2**32 if dtype in ("uint32", "uint64") and 2**31 <= number < 2**32 else number


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
