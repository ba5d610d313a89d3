"""Tensors of a GraphDef: their bytes as the file stores them."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from texelflow.graph import DTYPES, MOST_AXES
from texelflow.graph.constants import pack_elements
from texelflow.importers.tensorflow.dtypes import dtype_of
from texelflow.importers.tensorflow.wire import WireError, fields, varint

_RAW_FIELDS = {5, 6}
"""float_val and double_val: numbers as they lie in memory."""
_WHOLE_FIELDS = {7, 10, 11, 13, 16, 17}
"""int_val, int64_val, bool_val, half_val, uint32_val, uint64_val: varints."""
_TEXTS = 8
_BIT_PATTERNS = {"float16": "uint16", "bfloat16": "uint16"}


class TensorError(Exception):
    """A tensor that cannot be read, and why."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor: the little-endian bytes of its elements, row-major, or of one that all of them are.

    Of texts there are no bytes, since they cannot be computed with, but the `texts`.
    """

    dtype: str
    shape: tuple[int, ...]
    data: bytes | memoryview
    texts: tuple[str, ...] = ()

    @property
    def is_uniform(self) -> bool:
        """Whether the bytes are those of one element, where there are several, or none."""
        return self.dtype in DTYPES and len(self.data) == DTYPES[self.dtype] and prod(self.shape) != 1


def read_tensor(message: memoryview) -> Tensor:
    """Return a TensorProto, a slice of the mapped file where it holds the bytes.

    Raises:
        TensorError: the bytes do not fit the shape and type.
        WireError: it is damaged.
    """
    dtype, content = "type 0", memoryview(b"")
    shape: tuple[int, ...] = ()
    raw: list[memoryview] = []
    whole: list[int] = []
    texts: list[str] = []
    for number, found in fields(message):
        if isinstance(found, int):
            if number == 1:
                dtype = dtype_of(found)
            elif number in _WHOLE_FIELDS:
                whole.append(found)
        elif number == 2:
            shape = _shape(found)
        elif number == 4:
            content = found
        elif number == _TEXTS:
            texts.append(bytes(found).decode("utf-8", "replace"))
        elif number in _RAW_FIELDS:
            raw.append(found)
        elif number in _WHOLE_FIELDS:
            position = 0
            while position < len(found):
                element, position = varint(found, position)
                whole.append(element)
    if dtype not in DTYPES:
        return Tensor(dtype, shape, b"", tuple(texts))
    if whole and not len(content):
        content = memoryview(_packed(dtype, whole))
    elif raw and not len(content):
        content = raw[0] if len(raw) == 1 else memoryview(b"".join(raw))
    return checked(dtype, shape, content)


def checked(dtype: str, shape: tuple[int, ...], data: memoryview | bytes) -> Tensor:
    """Return a tensor whose last elements are left out where they repeat; raise TensorError if it cannot be.

    Without elements all are zero.
    """
    size, count = DTYPES[dtype], prod(shape)
    if len(data) == count * size:
        return Tensor(dtype, shape, data)
    if not len(data):
        data = bytes(size)
    if len(data) % size or len(data) > count * size:
        raise TensorError(f"{dtype}{list(shape)} has {count * size} bytes, but {len(data)} are stored")
    if len(data) > size:
        if count > 16 * len(data):
            raise TensorError(
                f"{dtype}{list(shape)} has {count} elements, but {len(data) // size} are stored"
            )
        data = bytes(data) + bytes(data[-size:]) * (count - len(data) // size)
    return Tensor(dtype, shape, data)


def _packed(dtype: str, elements: Sequence[int]) -> bytes:
    """Return whole numbers, signed ones in 64 bits, or the bit patterns of floats, as bytes."""
    stored = _BIT_PATTERNS.get(dtype, dtype)
    if stored in ("float32", "float64"):
        raise TensorError(f"{dtype} is stored as whole numbers")
    if stored.startswith("int"):
        elements = [element - 2**64 if element >= 2**63 else element for element in elements]
    try:
        return pack_elements(stored, elements)
    except struct.error as error:
        raise TensorError(f"an element does not fit {dtype}: {error}") from error


def _shape(message: memoryview) -> tuple[int, ...]:
    extents = []
    for number, found in fields(message):
        if number == 2 and not isinstance(found, int):
            extent = 0
            for inner, size in fields(found):
                if inner == 1 and isinstance(size, int):
                    extent = size
            if extent >= 2**63:
                raise TensorError("an extent of its shape is negative")
            extents.append(extent)
    if len(extents) > MOST_AXES:
        raise TensorError(f"it has {len(extents)} axes; at most {MOST_AXES} are supported")
    return tuple(extents)


__all__ = ["Tensor", "TensorError", "WireError", "checked", "read_tensor"]
