"""Snappy's format of compressed blocks (github.com/google/snappy, format_description.txt)."""

from __future__ import annotations

from texelflow.importers.tensorflow.wire import WireError, varint

LARGEST = 2**26


def uncompress(data: memoryview) -> bytes:
    """Return what a block was; raise WireError if it is damaged."""
    length, position = varint(data, 0)
    if length > LARGEST:
        raise WireError(f"a block of {length} bytes is longer than {LARGEST}")
    result = bytearray()
    while position < len(data):
        tag = data[position]
        position += 1
        kind = tag & 3
        if kind == 0:
            size = (tag >> 2) + 1
            if size > 60:
                count = size - 60
                size = int.from_bytes(data[position : position + count], "little") + 1
                position += count
            piece = data[position : position + size]
            if len(piece) != size:
                raise WireError("a block is cut off")
            result += piece
            position += size
        else:
            count = (1, 2, 4)[kind - 1]
            offset = int.from_bytes(data[position : position + count], "little")
            size = (tag >> 2) + 1
            if kind == 1:
                offset |= tag >> 5 << 8
                size = (tag >> 2 & 7) + 4
            position += count
            if not 0 < offset <= len(result):
                raise WireError("a block copies from in front of itself")
            start = len(result) - offset
            pattern = bytes(result[start : start + size])
            result += (pattern * (size // len(pattern) + 1))[:size]
        if len(result) > length:
            break
    if len(result) != length:
        raise WireError(f"a block has {len(result)} bytes, where {length} are announced")
    return bytes(result)
