"""The wire format of protobuf, field by field, so that what is long stays a slice of the mapped file."""

from __future__ import annotations

from collections.abc import Iterator

_LONGEST_VARINT = 10
_FIXED = {1: 8, 5: 4}


class WireError(Exception):
    """Bytes that are not a protobuf message, and why."""


def fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Yield number and content of each field of a message: a varint, or the bytes of any other.

    Raises:
        WireError: the bytes are no message.
    """
    position = 0
    while position < len(data):
        tag, position = varint(data, position)
        number, kind = tag >> 3, tag & 7
        if not number:
            raise WireError("a field has the number 0")
        if kind == 0:
            content, position = varint(data, position)
            yield number, content
            continue
        if kind == 2:
            length, position = varint(data, position)
        elif kind in _FIXED:
            length = _FIXED[kind]
        else:
            raise WireError(f"field {number} is of the wire type {kind}")
        if length > len(data) - position:
            raise WireError(f"field {number} has {length} bytes, where {len(data) - position} are left")
        yield number, data[position : position + length]
        position += length


def varint(data: memoryview, position: int) -> tuple[int, int]:
    """Return the varint at a position, and the position behind it; raise WireError if it does not end."""
    result = 0
    for index in range(_LONGEST_VARINT):
        if position >= len(data):
            raise WireError("a number is cut off")
        byte = data[position]
        position += 1
        result |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return result & 0xFFFFFFFFFFFFFFFF, position
    raise WireError("a number has more than 10 bytes")


def messages(data: memoryview, number: int) -> Iterator[memoryview]:
    """Yield the content of each field of a number that has bytes."""
    for found, content in fields(data):
        if found == number and isinstance(content, memoryview):
            yield content
