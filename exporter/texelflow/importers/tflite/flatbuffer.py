"""FlatBuffers, as little of them as a reader of untrusted files needs.

A reader of our own, rather than the package flatbuffers: that one trusts offsets (it reads where they point,
or raises what Python raises there), and generated classes cost more than this file. Here every offset, length
and count is checked against the file, and how much is read of it is limited, since tables may be shared.

A table is a signed offset back to its vtable, which has the table's size and where each field is: numbers in
the table itself; strings, vectors and tables at an unsigned offset from the field, always behind it, so that
nothing refers to itself (https://flatbuffers.dev/internals).
"""

from __future__ import annotations

import struct
from typing import Any

MOST_RECORDS = 4_000_000
"""Elements of vectors that are read of a file, and tables and strings: a small one may refer to few often."""

OF_TABLE = 16
"""As so many elements of a vector a table counts, which takes as much memory and time."""


class DamagedError(Exception):
    """A file that is not a FlatBuffer, or refers to bytes outside of it."""


class Content:
    """The bytes of a file, read within its bounds."""

    __slots__ = ("_left", "data")

    def __init__(self, data: memoryview) -> None:
        self.data = data
        self._left = MOST_RECORDS

    def root(self) -> Table:
        """Return the table that the file starts with."""
        return Table(self, self.forward(0))

    def unpack(self, code: str, at: int) -> Any:
        """Return the number of a struct format at a place."""
        try:
            return struct.unpack_from(f"<{code}", self.data, at)[0]
        except struct.error:
            raise DamagedError(f"byte {at} is read, but it ends at {len(self.data)}: it is cut off") from None

    def forward(self, at: int) -> int:
        """Return where the offset at a place points; it is behind the place."""
        offset = self.unpack("I", at)
        if not offset or at + offset >= len(self.data):
            raise DamagedError(f"the offset {offset} at byte {at} points outside of it")
        return at + int(offset)

    def count(self, records: int) -> None:
        """Count records; raise DamagedError for too many."""
        self._left -= records
        if self._left < 0:
            raise DamagedError(f"it has more than {MOST_RECORDS} records")

    def vector(self, at: int, size: int) -> tuple[int, int]:
        """Return the place of a vector's first element, and the number of its elements, `size` bytes each."""
        length = int(self.unpack("I", at))
        if at + 4 + length * size > len(self.data):
            raise DamagedError(f"the {length} elements at byte {at} end outside of it")
        return at + 4, length


class Table:
    """A record; fields are known by their slots. What the file leaves out has its default."""

    __slots__ = ("_at", "_content", "_fields", "_vtable")

    def __init__(self, content: Content, at: int) -> None:
        content.count(OF_TABLE)
        self._content, self._at = content, at
        self._vtable = at - int(content.unpack("i", at))
        if self._vtable < 0:
            raise DamagedError(f"the table at byte {at} has its fields outside of it")
        size = int(content.unpack("H", self._vtable))
        if size < 4 or size % 2:
            raise DamagedError(f"the table at byte {at} has fields of {size} bytes")
        self._fields = (size - 4) // 2

    def has(self, slot: int) -> bool:
        """Whether the file has the field."""
        return self._field(slot) is not None

    def number(self, slot: int, code: str, default: int | float = 0) -> Any:
        """Return a number of a struct format."""
        at = self._field(slot)
        return default if at is None else self._content.unpack(code, at)

    def table(self, slot: int) -> Table | None:
        """Return a table."""
        at = self._field(slot)
        return None if at is None else Table(self._content, self._content.forward(at))

    def tables(self, slot: int) -> list[Table]:
        """Return the tables of a vector."""
        found = self._vector(slot, 4)
        if found is None:
            return []
        first, length = found
        self._content.count(length)
        return [Table(self._content, self._content.forward(first + 4 * index)) for index in range(length)]

    def numbers(self, slot: int, code: str) -> tuple[Any, ...] | None:
        """Return the numbers of a vector, each of a struct format."""
        size = struct.calcsize(f"<{code}")
        found = self._vector(slot, size)
        if found is None:
            return None
        first, length = found
        self._content.count(length)
        return struct.unpack_from(f"<{length}{code}", self._content.data, first)

    def content(self, slot: int) -> memoryview:
        """Return the bytes of a vector of bytes, or of a string, without copying them."""
        found = self._vector(slot, 1)
        if found is None:
            return memoryview(b"")
        first, length = found
        return self._content.data[first : first + length]

    def text(self, slot: int) -> str:
        """Return a string; invalid UTF-8 in it is replaced."""
        content = bytes(self.content(slot))
        self._content.count(OF_TABLE + len(content) // 16)
        return content.decode("utf-8", "replace")

    def _field(self, slot: int) -> int | None:
        if slot >= self._fields:
            return None
        offset = int(self._content.unpack("H", self._vtable + 4 + 2 * slot))
        return self._at + offset if offset else None

    def _vector(self, slot: int, size: int) -> tuple[int, int] | None:
        at = self._field(slot)
        return None if at is None else self._content.vector(self._content.forward(at), size)
