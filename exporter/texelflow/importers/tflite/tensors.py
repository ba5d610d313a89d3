"""Tensors of TensorFlow Lite as values: element types, constants, numbers of few bits, sparse weights."""

from __future__ import annotations

from math import prod

from texelflow.graph import DTYPES, ConstantData, TensorType, Value
from texelflow.importers.tflite.flatbuffer import DamagedError
from texelflow.importers.tflite.model import Tensor
from texelflow.importers.tflite.sparsity import dense_bytes

TYPES = {
    "FLOAT32": "float32",
    "FLOAT16": "float16",
    "BFLOAT16": "bfloat16",
    "FLOAT64": "float64",
    "INT8": "int8",
    "INT16": "int16",
    "INT32": "int32",
    "INT64": "int64",
    "UINT8": "uint8",
    "UINT16": "uint16",
    "UINT32": "uint32",
    "UINT64": "uint64",
    "BOOL": "bool",
    "INT4": "int8",
    "INT2": "int8",
    "UINT4": "uint8",
    "COMPLEX64": "float32",
}
"""Element types of values; numbers of few bits take 8, and complex ones are pairs along a last axis."""

_BITS = {"INT4": 4, "UINT4": 4, "INT2": 2}

LIMITS = {
    "INT8": (-128, 127),
    "UINT8": (0, 255),
    "INT16": (-32768, 32767),
    "INT4": (-8, 7),
    "UINT4": (0, 15),
    "INT2": (-2, 1),
}
"""The smallest and the largest number of the types that quantised tensors have."""


def is_quantised(tensor: Tensor) -> bool:
    """Whether the numbers of a tensor stand for others."""
    return tensor.quantisation is not None and tensor.dtype in LIMITS


def constant(tensor: Tensor, content: memoryview, name: str) -> Value:
    """Return a constant, a value called `name`.

    Raises:
        DamagedError: its bytes do not fit its shape, or its type is not supported.
    """
    dtype = TYPES.get(tensor.dtype)
    if dtype is None:
        raise DamagedError(
            f"constant {tensor.name!r} has elements of type {tensor.dtype}, which is not supported"
        )
    if -1 in tensor.shape:
        raise DamagedError(f"constant {tensor.name!r} has a free extent: {list(tensor.shape)}")
    shape = (*tensor.shape, 2) if tensor.dtype == "COMPLEX64" else tensor.shape
    count, bits = prod(shape), _BITS.get(tensor.dtype, 8 * DTYPES[dtype])
    data: bytes | memoryview = content
    if tensor.sparsity is not None:
        data = dense_bytes(tensor, content, bits)
    if len(data) != -(-count * bits // 8):
        raise DamagedError(
            f"constant {tensor.name!r}, {tensor.dtype}{list(tensor.shape)}, has {len(data)} bytes;"
            f" {-(-count * bits // 8)} are needed"
        )
    if bits < 8:
        data = _unpacked(bytes(data), bits, count, signed=tensor.dtype.startswith("INT"))
    return Value(name, TensorType(dtype, shape), ConstantData([data]))


def _unpacked(data: bytes, bits: int, count: int, signed: bool) -> bytes:
    """Return numbers of few bits, the first in the lowest ones of a byte, as bytes."""
    parts = 8 // bits
    result = bytearray(parts * len(data))
    for part in range(parts):
        numbers = (byte >> part * bits & (1 << bits) - 1 for byte in range(256))
        table = bytes(
            (number - (1 << bits) & 255) if signed and number >> bits - 1 else number for number in numbers
        )
        result[part::parts] = data.translate(table)
    return bytes(result[:count])
