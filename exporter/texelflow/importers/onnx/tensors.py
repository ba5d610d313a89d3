"""Tensors of an ONNX file: their bytes as stored, without NumPy.

A tensor's data lies in `raw_data`, in a typed field, or in a file beside the model (external data).
"""

from __future__ import annotations

import struct
from math import prod
from pathlib import Path
from typing import Any

from google.protobuf.message import DecodeError

from texelflow.errors import ExportError
from texelflow.graph import DTYPES, MOST_AXES, ConstantData, TensorType, Value
from texelflow.graph.constants import pack_elements
from texelflow.graph.onnx_dtypes import ONNX_DTYPES
from texelflow.importers.files.mapped_files import inside, is_file, map_file
from texelflow.importers.onnx.messages import message_class

SHARED = 16
"""How many times the bytes of a data file may be those of tensors."""

_EXTERNAL = 1
_INTEGER_FIELDS = {"int64": "int64_data", "uint32": "uint64_data", "uint64": "uint64_data"}
_BIT_PATTERNS = {"float16": "uint16", "bfloat16": "uint16"}


class TensorError(Exception):
    """A tensor that cannot be read, and why."""


class ExternalFiles:
    """The external data files of a model: mapped into memory once each, never outside the model's folder."""

    def __init__(self, model_file: Path) -> None:
        self._model_file = model_file
        self._mapped: dict[Path, memoryview] = {}
        self._left: dict[Path, int] = {}

    def read(self, location: str, offset: int, length: int) -> memoryview:
        """Return `length` bytes at `offset` of the file; raise TensorError if they are not there."""
        path = self._resolve(location)
        data = self._map(path)
        if offset < 0 or offset + length > len(data):
            raise TensorError(
                f"its data is bytes {offset} to {offset + length} of {location!r}, which has {len(data)};"
                " the file is cut off or belongs to another model"
            )
        self._left[path] = self._left.get(path, SHARED * len(data)) - length
        if self._left[path] < 0:  # a small file could be many weights
            raise TensorError(f"with it the tensors in {location!r} have more than {SHARED} times its bytes")
        return data[offset : offset + length]

    def _resolve(self, location: str) -> Path:
        path = inside(self._model_file, location)
        if path is None:
            raise TensorError(f"its data file {location!r} is not inside the model's folder, as it must be")
        if not is_file(path):
            folder = self._model_file.parent
            raise TensorError(f"its data file {location!r} is not beside the model; put it into {folder}")
        return path

    def _map(self, path: Path) -> memoryview:
        if path not in self._mapped:
            try:
                self._mapped[path] = map_file(path)
            except ExportError as error:
                raise TensorError(f"its data file {error}") from error
        return self._mapped[path]


def read_tensor(tensor: Any, name: str, external: ExternalFiles) -> Value:
    """Return an ONNX TensorProto as a constant called `name`; raise TensorError if it is malformed."""
    dtype = ONNX_DTYPES.get(tensor.data_type, f"type {tensor.data_type}")
    if dtype not in DTYPES:
        raise TensorError(f"its element type {dtype} is not supported")
    shape = tuple(tensor.dims)
    if len(shape) > MOST_AXES:
        raise TensorError(f"it has {len(shape)} axes; at most {MOST_AXES} are supported")
    if any(extent < 0 for extent in shape):
        raise TensorError(f"its shape {list(shape)} has a negative extent")
    expected = prod(shape) * DTYPES[dtype]
    if tensor.data_location == _EXTERNAL:
        data: bytes | memoryview = _external_data(tensor, expected, external)
    elif tensor.raw_data:
        data = tensor.raw_data
    else:
        data = _typed_data(tensor, dtype, expected)
    if len(data) != expected:
        raise TensorError(f"{dtype}{list(shape)} has {expected} bytes, but {len(data)} are stored")
    return Value(name, TensorType(dtype, shape), constant=ConstantData([data]))


def _external_data(tensor: Any, expected: int, external: ExternalFiles) -> memoryview:
    entries = {entry.key: entry.value for entry in tensor.external_data}
    try:
        offset, length = int(entries.get("offset", 0)), int(entries.get("length", expected))
    except ValueError as error:
        raise TensorError(f"its place in the data file is not a number: {error}") from error
    if length != expected:
        raise TensorError(f"it needs {expected} bytes of external data, but {length} are announced")
    return external.read(entries.get("location", ""), offset, length)


def _typed_data(tensor: Any, dtype: str, expected: int) -> bytes:
    if dtype in ("float32", "float64"):
        field = "float_data" if dtype == "float32" else "double_data"
        data = b"".join(getattr(tensor, field))
        return data if len(data) == expected else _unpacked_data(tensor, dtype, field)
    numbers = getattr(tensor, _INTEGER_FIELDS.get(dtype, "int32_data"))
    try:
        return pack_elements(_BIT_PATTERNS.get(dtype, dtype), numbers)
    except (struct.error, OverflowError) as error:
        raise TensorError(f"an element does not fit {dtype}: {error}") from error


def _unpacked_data(tensor: Any, dtype: str, field: str) -> bytes:
    """Read again, typed, elements that are encoded one by one: the declaration as bytes hides those."""
    try:
        typed = message_class("TypedTensor").FromString(tensor.SerializeToString())
    except DecodeError as error:
        raise TensorError(f"its {field} is damaged: {error}") from error
    return pack_elements(dtype, getattr(typed, field))
