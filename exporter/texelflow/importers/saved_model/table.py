"""Sorted tables of keys and values, as LevelDB writes them: the index of a checkpoint.

Source: github.com/google/leveldb, doc/table_format.md.
"""

from __future__ import annotations

from collections.abc import Iterator

from texelflow.importers.saved_model.snappy import uncompress
from texelflow.importers.tensorflow.wire import WireError, varint

_MAGIC = 0xDB4775248B80FB57.to_bytes(8, "little")
_FOOTER = 48
_TRAILER = 5
"""Behind each block: how it is compressed, and a checksum."""

MOST_ENTRIES = 10**6
MOST_IN_KEYS = 2**26
"""Bytes of all keys together: of each only what differs from the one before is stored."""


def read_table(data: memoryview) -> dict[bytes, memoryview]:
    """Return the values of a table by key; raise WireError if it is damaged."""
    if len(data) < _FOOTER or bytes(data[-8:]) != _MAGIC:
        raise WireError("it does not end as a table does: it is cut off, or no index of a checkpoint")
    footer = data[-_FOOTER:]
    _, position = _handle(footer, 0)
    index, _ = _handle(footer, position)
    entries: dict[bytes, memoryview] = {}
    bytes_read, bytes_of_keys = 0, 0
    for _, handle in _entries(_block(data, index)):
        where, _ = _handle(handle, 0)
        bytes_read += where[1] + _TRAILER
        if bytes_read > len(data):
            raise WireError("its blocks lie over each other")
        for key, value in _entries(_block(data, where)):
            entries[key] = value
            bytes_of_keys += len(key)
            if len(entries) > MOST_ENTRIES or bytes_of_keys > MOST_IN_KEYS:
                raise WireError(f"it has more than {MOST_ENTRIES} entries, or their keys are too long")
    return entries


def _handle(data: memoryview, position: int) -> tuple[tuple[int, int], int]:
    offset, position = varint(data, position)
    size, position = varint(data, position)
    return (offset, size), position


def _block(data: memoryview, handle: tuple[int, int]) -> memoryview:
    offset, size = handle
    if offset + size + _TRAILER > len(data):
        raise WireError(f"a block of {size} bytes at {offset} lies outside of its {len(data)} bytes")
    kind, content = data[offset + size], data[offset : offset + size]
    if kind == 0:
        return content
    if kind == 1:
        return memoryview(uncompress(content))
    raise WireError(f"a block is compressed in the way {kind}, which is not known")


def _entries(block: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Yield keys and values: of a key only what differs from the one before is stored."""
    if len(block) < 4:
        raise WireError("a block is cut off")
    restarts = int.from_bytes(block[-4:], "little")
    end = len(block) - 4 * (restarts + 1)
    if end < 0:
        raise WireError("a block is cut off")
    position, key = 0, b""
    while position < end:
        shared, position = varint(block, position)
        other, position = varint(block, position)
        length, position = varint(block, position)
        if shared > len(key) or position + other + length > end:
            raise WireError("an entry lies outside of its block")
        key = key[:shared] + bytes(block[position : position + other])
        position += other
        yield key, block[position : position + length]
        position += length
