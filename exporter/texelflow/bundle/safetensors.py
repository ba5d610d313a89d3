"""Weight files: safetensors (github.com/huggingface/safetensors), split to a size that downloads well.

A file is eight bytes with the length of the header, little-endian; the header, a JSON object padded with
spaces to a multiple of eight; and the tensors, one after another. Within the header offsets count from the
end of the header.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from texelflow.bundle.types import BundleFile
from texelflow.graph import DTYPES, ConstantData

FILE_LIMIT = 16 * 2**20
"""Most bytes of tensors in one file; only a tensor whose single row is longer exceeds it."""

_NAMES = {
    "float32": "F32",
    "float16": "F16",
    "bfloat16": "BF16",
    "float64": "F64",
    "int8": "I8",
    "uint8": "U8",
    "int16": "I16",
    "uint16": "U16",
    "int32": "I32",
    "uint32": "U32",
    "int64": "I64",
    "uint64": "U64",
    "bool": "BOOL",
}


@dataclass(frozen=True, slots=True)
class WeightEntry:
    """A tensor to store: its key, element type (an ONNX name in lower case), shape and bytes."""

    key: str
    dtype: str
    shape: tuple[int, ...]
    data: ConstantData

    def __post_init__(self) -> None:
        expected = prod(self.shape) * DTYPES[self.dtype]
        if self.data.bytes_count != expected:
            raise ValueError(f"{self.key}: {expected} bytes expected, {self.data.bytes_count} given")

    @property
    def bytes_count(self) -> int:
        """Size in bytes."""
        return self.data.bytes_count


def split_rows(entry: WeightEntry, limit: int = FILE_LIMIT) -> list[WeightEntry]:
    """Return the entry in parts along axis 0, each of at most `limit` bytes, or of one longer row."""
    if entry.bytes_count <= limit or not entry.shape or entry.shape[0] <= 1:
        return [entry]
    row_bytes = entry.bytes_count // entry.shape[0]
    rows = max(1, limit // row_bytes)
    count = -(-entry.shape[0] // rows)
    parts = []
    for index in range(count):
        start, stop = index * rows, min((index + 1) * rows, entry.shape[0])
        data = ConstantData(list(_slices(entry.data, start * row_bytes, stop * row_bytes)))
        key = f"{entry.key}.part-{index + 1:05}-of-{count:05}"
        parts.append(WeightEntry(key, entry.dtype, (stop - start, *entry.shape[1:]), data))
    return parts


def group_into_files(entries: Sequence[WeightEntry], limit: int = FILE_LIMIT) -> list[list[WeightEntry]]:
    """Return the entries file by file, each of at most `limit` bytes unless it has only one entry.

    Entries come by descending size of their elements, so that each is aligned, and else in the order given.
    """
    files: list[list[WeightEntry]] = []
    filled = 0
    for entry in sorted(entries, key=lambda entry: -DTYPES[entry.dtype]):
        if not files or filled + entry.bytes_count > limit:
            files.append([])
            filled = 0
        files[-1].append(entry)
        filled += entry.bytes_count
    return files


def write_safetensors(path: Path, entries: Sequence[WeightEntry]) -> BundleFile:
    """Write entries, whose keys differ, to a file; return its name, size and hash. Raises OSError."""
    header = _header(entries)
    digest = hashlib.sha256()
    size = 0
    with path.open("xb") as file:
        for part in (header, *(part for entry in entries for part in entry.data.parts)):
            file.write(part)
            digest.update(part)
            size += len(part)
    return {"name": path.name, "bytes": size, "sha256": digest.hexdigest()}


def _header(entries: Sequence[WeightEntry]) -> bytes:
    fields: dict[str, Any] = {}
    offset = 0
    for entry in entries:
        end = offset + entry.bytes_count
        if entry.key in fields:
            raise ValueError(f"two weights have the key {entry.key!r}")
        fields[entry.key] = {
            "dtype": _NAMES[entry.dtype],
            "shape": list(entry.shape),
            "data_offsets": [offset, end],
        }
        offset = end
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text


def _slices(data: ConstantData, start: int, stop: int) -> Iterator[memoryview]:
    """Yield the bytes from `start` to `stop`, without copying."""
    position = 0
    for part in data.parts:
        first, last = max(start - position, 0), min(stop - position, len(part))
        if first < last:
            yield memoryview(part)[first:last]
        position += len(part)
