"""The structure of a GGUF file, versions 2 and 3: metadata, and where tensors are.

Source: the specification in the repository of ggml, docs/gguf.md. Nothing in a file is trusted: every length
is checked against the bytes that are left before anything is made of it.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from texelflow.errors import ExportError
from texelflow.importers.files.mapped_files import map_file, overlapping

MAGIC = b"GGUF"
"""How a file begins."""

VERSIONS = (2, 3)
MOST_AXES = 4
LONGEST_NAME = 65_535
KEPT_NUMBERS = 4096
"""Longer lists in the metadata are those of a tokenizer."""

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _LIST = 8, 9


@dataclass(frozen=True, slots=True)
class Kind:
    """How elements are stored: the number in a block, and the block's bytes."""

    name: str
    elements: int
    size: int


KINDS = {
    0: Kind("F32", 1, 4),
    1: Kind("F16", 1, 2),
    2: Kind("Q4_0", 32, 18),
    3: Kind("Q4_1", 32, 20),
    6: Kind("Q5_0", 32, 22),
    7: Kind("Q5_1", 32, 24),
    8: Kind("Q8_0", 32, 34),
    12: Kind("Q4_K", 256, 144),
    14: Kind("Q6_K", 256, 210),
    30: Kind("BF16", 1, 2),
}
"""The kinds that can be read, by ggml's numbers."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A tensor as it is stored; its last axis is the one whose elements follow each other."""

    kind: Kind
    shape: tuple[int, ...]
    data: memoryview


@dataclass(frozen=True, slots=True)
class GgufFile:
    """Metadata by key, without long lists, and the tensors by name; of others what kind they are of."""

    metadata: dict[str, Any]
    tensors: dict[str, Stored]
    unknown: dict[str, int]


def read_file(path: Path) -> GgufFile:
    """Return what a file has; raise ExportError if it is damaged, cut, or of another version."""
    reader = _Reader(path)
    if reader.take(4) != MAGIC:
        raise reader.damaged("it does not begin with GGUF")
    version = reader.scalar("I")
    if version not in VERSIONS:
        raise ExportError(f"{path} is of version {version} of GGUF; 2 and 3 can be read: convert it again")
    tensors, entries = reader.count(24), reader.count(13)
    metadata: dict[str, Any] = {}
    for _ in range(entries):
        key = reader.text(LONGEST_NAME)
        metadata[key] = reader.value(reader.scalar("I"), key)
    described = [_tensor(reader) for _ in range(tensors)]
    alignment = metadata.get("general.alignment", 32)
    if not isinstance(alignment, int) or not 1 <= alignment <= 2**20:
        raise reader.damaged(f"its alignment is {alignment!r}")
    start = -(-reader.position // alignment) * alignment
    found: dict[str, Stored] = {}
    unknown: dict[str, int] = {}
    places: list[tuple[int, int, str]] = []
    for name, shape, number, offset in described:
        kind = KINDS.get(number)
        if name in found or name in unknown:
            raise reader.damaged(f"it has two tensors {name!r}")
        if kind is None:
            unknown[name] = number
            continue
        if shape and shape[-1] % kind.elements:
            raise reader.damaged(f"tensor {name!r} is {kind.name}{list(shape)}: a row is not whole blocks")
        size = prod(shape) // kind.elements * kind.size
        if start + offset + size > len(reader.content):
            raise reader.damaged(f"the {size} bytes of tensor {name!r} go beyond its end")
        found[name] = Stored(kind, shape, reader.content[start + offset : start + offset + size])
        places.append((offset, offset + size, name))
    if two := overlapping(places):
        raise reader.damaged(f"tensors {two[0]!r} and {two[1]!r} have the same bytes")
    return GgufFile(metadata, found, unknown)


def _tensor(reader: _Reader) -> tuple[str, tuple[int, ...], int, int]:
    """Return name, shape, kind and offset of a tensor."""
    name = reader.text(LONGEST_NAME)
    axes = reader.scalar("I")
    if axes > MOST_AXES:
        raise reader.damaged(f"tensor {name!r} has {axes} axes")
    extents = [reader.scalar("Q") for _ in range(axes)]
    kind, offset = reader.scalar("I"), reader.scalar("Q")
    return name, tuple(reversed(extents)), kind, offset


class _Reader:
    """Reads a file from its beginning on; raises ExportError where it ends too early."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.content = map_file(path)
        self.position = 0

    def damaged(self, what: str) -> ExportError:
        """Return the error for a file that is not as it should be."""
        return ExportError(f"{self.path} is damaged or cut: {what}; fetch it again")

    def take(self, count: int) -> bytes:
        """Return the next bytes."""
        end = self.position + count
        if end > len(self.content):
            raise self.damaged(f"{count} bytes are needed at {self.position}, and it has {len(self.content)}")
        taken = bytes(self.content[self.position : end])
        self.position = end
        return taken

    def scalar(self, code: str) -> Any:
        """Return the next number."""
        layout = struct.Struct(f"<{code}")
        return layout.unpack(self.take(layout.size))[0]

    def count(self, size: int) -> int:
        """Return the next count, of things that take `size` bytes at least."""
        count = self.scalar("Q")
        if not isinstance(count, int) or count * size > len(self.content) - self.position:
            raise self.damaged(f"{count} entries are announced at {self.position}")
        return count

    def text(self, most: int | None = None) -> str:
        """Return the next text."""
        length = self.count(1)
        if most is not None and length > most:
            raise self.damaged(f"a name of {length} bytes is announced at {self.position}")
        return self.take(length).decode("utf-8", "replace")

    def value(self, kind: int, key: str) -> Any:
        """Return the next value of the metadata; of long lists, and of those of texts, None."""
        if kind in _SCALARS:
            return self.scalar(_SCALARS[kind])
        if kind == _STRING:
            return self.text()
        if kind != _LIST:
            raise self.damaged(f"{key!r} has the unknown type {kind}")
        kind = self.scalar("I")
        if kind == _STRING:
            for _ in range(self.count(8)):
                length = self.count(1)
                self.position += length
            return None
        if kind not in _SCALARS:
            raise self.damaged(f"the list {key!r} has the unknown type {kind}")
        size = struct.calcsize(f"<{_SCALARS[kind]}")
        count = self.count(size)
        if count > KEPT_NUMBERS:
            self.position += count * size
            return None
        return list(struct.unpack(f"<{count}{_SCALARS[kind]}", self.take(count * size)))
