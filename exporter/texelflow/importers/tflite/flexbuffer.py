"""FlexBuffers, as far as options of custom operators are maps of numbers (https://flatbuffers.dev/internals).

A map's values and their types follow its start; before it are its size and where its keys are.
"""

from __future__ import annotations

import struct

from texelflow.importers.tflite.flatbuffer import DamagedError

_MAP = 9
_INTEGERS = {1: "bhiq", 2: "BHIQ", 26: "BHIQ"}
_FLOATS = {1: "e", 2: "f", 3: "d"}
_INDIRECT = {6: 1, 7: 2, 8: 3}
_FLOAT = 3
MOST_ENTRIES = 1000


def read_map(data: memoryview) -> dict[str, int | float]:
    """Return the numbers of a map by name, without its other values.

    Raises:
        DamagedError: it is no map, or a part of it lies outside.
    """
    try:
        width, kind = data[-1], data[-2]
        if kind >> 2 != _MAP or width not in (1, 2, 4, 8):
            raise DamagedError("its options are no map")
        root = len(data) - 2 - width
        return _entries(data, root - _unsigned(data, root, width), 1 << (kind & 3))
    except (IndexError, struct.error):
        raise DamagedError("its options are cut off") from None


def _entries(data: memoryview, start: int, width: int) -> dict[str, int | float]:
    size, key_width = (_unsigned(data, start - back * width, width) for back in (1, 2))
    keys = start - 3 * width - _unsigned(data, start - 3 * width, width)
    if size > MOST_ENTRIES or key_width not in (1, 2, 4, 8):
        raise DamagedError(f"its options have {size} entries")
    found: dict[str, int | float] = {}
    for index in range(size):
        place = keys + index * key_width
        name = _key(data, place - _unsigned(data, place, key_width))
        kind = data[start + size * width + index]
        number = _number(data, start + index * width, kind >> 2, width, 1 << (kind & 3))
        if number is not None:
            found[name] = number
    return found


def _number(data: memoryview, at: int, kind: int, width: int, inner: int) -> int | float | None:
    if kind in _INDIRECT:
        at, kind, width = at - _unsigned(data, at, width), _INDIRECT[kind], inner
    if kind in _INTEGERS:
        code = _INTEGERS[kind][width.bit_length() - 1]
        return int(_unpacked(data, at, code))
    if kind == _FLOAT:
        float_code = _FLOATS.get(width.bit_length() - 1)
        return None if float_code is None else float(_unpacked(data, at, float_code))
    return None


def _unsigned(data: memoryview, at: int, width: int) -> int:
    return int(_unpacked(data, at, "BHIQ"[width.bit_length() - 1]))


def _unpacked(data: memoryview, at: int, code: str) -> int | float:
    if at < 0:
        raise DamagedError("its options are cut off")
    number: int | float = struct.unpack_from(f"<{code}", data, at)[0]
    return number


def _key(data: memoryview, at: int) -> str:
    if at < 0:
        raise DamagedError("its options are cut off")
    return bytes(data[at : at + 64]).split(b"\0")[0].decode("utf-8", "replace")
