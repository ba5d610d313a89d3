"""Messages of protobuf as records, without their schema: by field number a list of what it has.

A field's content is a number, a float (of 32 bits), a text, a message, `{"packed": numbers}`, `{"fixed64":
number}` or bytes: whatever its bytes can be read as, so that they can be written again the same.
"""

from __future__ import annotations

import struct
from typing import Any

MOST_FIELDS = 200
MOST_PACKED = 64
MASK = 2**64 - 1


class _NoMessageError(Exception):
    """Bytes that are no message."""


def _varint(number: int) -> bytes:
    number &= MASK
    result = bytearray()
    while number > 0x7F:
        result.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*result, number])


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    number, shift = 0, 0
    while True:
        if at >= len(data) or shift > 63:
            raise _NoMessageError
        number |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            return number & MASK, at


def decode(data: bytes) -> dict[str, list[Any]]:
    """Return the record of a message that is one."""
    record: dict[str, list[Any]] = {}
    at = 0
    while at < len(data):
        tag, at = _read_varint(data, at)
        number, kind = tag >> 3, tag & 7
        content: Any
        if not 0 < number < MOST_FIELDS:
            raise _NoMessageError
        if kind == 0:
            content, at = _read_varint(data, at)
            content -= 2**64 if content >= 2**63 else 0
        elif kind == 2:
            length, at = _read_varint(data, at)
            if at + length > len(data):
                raise _NoMessageError
            content, at = _guess(data[at : at + length]), at + length
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
            if at + size > len(data):
                raise _NoMessageError
            part, at = data[at : at + size], at + size
            content = (
                {"fixed64": int.from_bytes(part, "little")} if kind == 1 else struct.unpack("<f", part)[0]
            )
        else:
            raise _NoMessageError
        record.setdefault(str(number), []).append(content)
    return record


def _guess(data: bytes) -> Any:
    """Return what bytes are: a text, a message, packed numbers, or only bytes."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = "\0"
    if text.isprintable():
        return text
    try:
        record = decode(data)
        if encode(record) == data:
            return record
    except (_NoMessageError, OverflowError):
        pass
    try:
        at, numbers = 0, []
        while at < len(data) and len(numbers) <= MOST_PACKED:
            number, at = _read_varint(data, at)
            numbers.append(number - 2**64 if number >= 2**63 else number)
        if at == len(data) and len(numbers) <= MOST_PACKED and b"".join(map(_varint, numbers)) == data:
            return {"packed": numbers}
    except _NoMessageError:
        pass
    return data


def encode(record: Any) -> bytes:
    """Return the bytes of a message, lengths as they are then; what is no record, as bytes that it may be."""
    if isinstance(record, bytes | str):
        return record if isinstance(record, bytes) else record.encode("utf-8", "replace")
    if isinstance(record, list):
        return b"".join(map(encode, record))
    if not isinstance(record, dict):
        return b"" if record is None else _varint(int(record) if _is_whole(record) else 0)
    if "packed" in record:
        numbers = record["packed"] if isinstance(record["packed"], list) else [record["packed"]]
        return b"".join(_varint(number) for number in numbers if isinstance(number, int))
    result = []
    for key, contents in sorted(
        record.items(), key=lambda item: int(item[0]) if str(item[0]).isdecimal() else 0
    ):
        number = int(key) if str(key).isdecimal() else 1
        for content in contents if isinstance(contents, list) else [contents]:
            result.append(_field(number, content))
    return b"".join(result)


def _is_whole(number: Any) -> bool:
    return isinstance(number, int) or (isinstance(number, float) and abs(number) < 2**62)


def _field(number: int, content: Any) -> bytes:
    if content is None:
        return b""
    if isinstance(content, int):
        return _varint(number << 3) + _varint(content)
    if isinstance(content, float):
        try:
            return _varint(number << 3 | 5) + struct.pack("<f", content)
        except OverflowError:
            return _varint(number << 3 | 1) + struct.pack("<d", content)
    if isinstance(content, dict) and isinstance(content.get("fixed64"), int):
        return _varint(number << 3 | 1) + (content["fixed64"] & MASK).to_bytes(8, "little")
    data = encode(content)
    return _varint(number << 3 | 2) + _varint(len(data)) + data
