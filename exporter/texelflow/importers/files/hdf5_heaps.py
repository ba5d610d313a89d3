"""Looks at the heaps of an HDF5 file, where texts of any length lie, before its library does.

The library goes from object to object by their sizes, without an end where a size is 0 (or, with the object's
head, 2⁶⁴). See "Global Heap" in the HDF5 file format specification.
"""

from __future__ import annotations

import mmap
import struct
from pathlib import Path

_HEAP = b"GCOL\x01\0\0\0"
_HEAD = 16
"""Bytes in front of a heap's objects, and of each object."""

MOST_OBJECTS = 1_000_000
"""Of all heaps; heaps that lie over each other would have any number."""


def damage_of_heaps(source: Path | bytes) -> str | None:
    """Say what is wrong with the heaps of a file; None where nothing is.

    Raises:
        OSError: the file cannot be read.
    """
    if isinstance(source, bytes):
        return _damage_of(source)
    with source.open("rb") as file:
        try:
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError:  # it is empty
            return None
        with content:
            return _damage_of(content)


def _damage_of(content: bytes | mmap.mmap) -> str | None:
    objects = 0
    heap = content.find(_HEAP)
    while heap >= 0:
        (size,) = struct.unpack_from("<8xQ", content, heap) if heap + _HEAD <= len(content) else (0,)
        end = min(heap + size, len(content))
        place = heap + _HEAD
        while place + _HEAD <= end:
            index, length = struct.unpack_from("<H6xQ", content, place)
            # Of free space the size counts its head, too; what it holds is filled up to words.
            taken = length if index == 0 else _HEAD + length + -length % 8
            objects += 1
            if taken == 0 or taken > end - place:
                return f"a heap at byte {heap} has an object of {length} bytes"
            if objects > MOST_OBJECTS:
                return f"its heaps have more than {MOST_OBJECTS} objects"
            place += taken
        heap = content.find(_HEAP, heap + 1)
    return None
