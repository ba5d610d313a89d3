"""Blocks of quantised numbers as ggml stores them, to numbers of 8 or 4 bits with a scale for each block.

Nothing is rounded anew: 4 and 8 bits stay so, 5 and 6 bits become 8. Source: the layouts in ggml's
ggml-common.h and what ggml-quants.c reads of them. Bytes at one place of all blocks are taken together, by
strides and tables, so that nothing is done for each number by itself.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import mul, sub

from texelflow.importers.gguf.file import Stored


@dataclass(frozen=True, slots=True)
class Blocks:
    """Numbers as DecodeWeights has them, and float32 scales and offsets of blocks of `block` numbers."""

    numbers: bytes
    bits: int
    block: int
    scales: bytes
    offsets: bytes | None


def read_blocks(stored: Stored) -> Blocks:
    """Return a quantised tensor's numbers; its kind is one of READERS."""
    return READERS[stored.kind.name](_Places(stored.data, stored.kind.size))


def _table(function: Callable[[int], int]) -> bytes:
    return bytes(function(byte) & 255 for byte in range(256))


_LOWER, _UPPER = _table(lambda byte: byte & 15), _table(lambda byte: byte >> 4)
_SHIFTED = _table(lambda byte: byte << 4)
_SIGNED = _table(lambda byte: (byte & 15) ^ 8)


def _less(number: int) -> bytes:
    return _table(lambda byte: byte - number)


def _bits(first: int, count: int, to: int) -> bytes:
    """Return the table that moves `count` bits from `first` on to `to` on."""
    return _table(lambda byte: ((byte >> first) & ((1 << count) - 1)) << to)


class _Places:
    """The bytes of blocks, each by its place in the block."""

    def __init__(self, data: memoryview, size: int) -> None:
        self._data = bytes(data)
        self._size = size
        self.count = len(data) // size

    def __getitem__(self, place: int) -> bytes:
        return self._data[place :: self._size]

    def halves(self, place: int) -> array[float]:
        """Return the numbers of 16 bits at a place, as float32."""
        both = bytearray(2 * self.count)
        both[::2], both[1::2] = self[place], self[place + 1]
        return array("f", struct.unpack(f"<{self.count}e", both))


def _either(one: bytes, other: bytes) -> bytes:
    """Return the bits of both."""
    joined = int.from_bytes(one, "little") | int.from_bytes(other, "little")
    return joined.to_bytes(len(one), "little")


def _together(planes: list[bytes]) -> bytes:
    """Return bytes that are given by their place in a block, block by block."""
    result = bytearray(len(planes) * len(planes[0]))
    for place, plane in enumerate(planes):
        result[place :: len(planes)] = plane
    return bytes(result)


def _paired(planes: list[bytes]) -> bytes:
    """Return numbers of 4 bits, 0 to 15, less 8 and two in a byte."""
    signed = [plane.translate(_SIGNED) for plane in planes]
    return _together(
        [_either(a, b.translate(_SHIFTED)) for a, b in zip(signed[::2], signed[1::2], strict=True)]
    )


def _single(numbers: Iterable[float]) -> bytes:
    singles = numbers if isinstance(numbers, array) else array("f", numbers)
    if sys.byteorder == "big":
        singles.byteswap()
    return singles.tobytes()


def _nibbles(places: _Places, first: int) -> list[bytes]:
    """Return 32 numbers of 4 bits: the lower halves of 16 bytes, then the upper ones."""
    own = [places[first + index] for index in range(16)]
    return [byte.translate(half) for half in (_LOWER, _UPPER) for byte in own]


def _fifths(places: _Places, first: int) -> list[bytes]:
    """Return 32 numbers of 5 bits, whose highest ones lie in 4 bytes before the others."""
    high = [places[first + index // 8].translate(_bits(index % 8, 1, 4)) for index in range(32)]
    return [_either(low, bit) for low, bit in zip(_nibbles(places, first + 4), high, strict=True)]


def _q8_0(places: _Places) -> Blocks:
    numbers = _together([places[2 + index] for index in range(32)])
    return Blocks(numbers, 8, 32, _single(places.halves(0)), None)


def _q4_0(places: _Places) -> Blocks:
    return Blocks(_paired(_nibbles(places, 2)), 4, 32, _single(places.halves(0)), None)


def _q4_1(places: _Places) -> Blocks:
    scales, least = places.halves(0), places.halves(2)
    offsets = [8 * scale + low for scale, low in zip(scales, least, strict=True)]
    return Blocks(_paired(_nibbles(places, 4)), 4, 32, _single(scales), _single(offsets))


def _q5_0(places: _Places) -> Blocks:
    numbers = _together([plane.translate(_less(16)) for plane in _fifths(places, 2)])
    return Blocks(numbers, 8, 32, _single(places.halves(0)), None)


def _q5_1(places: _Places) -> Blocks:
    numbers = _together(_fifths(places, 4))
    return Blocks(numbers, 8, 32, _single(places.halves(0)), _single(places.halves(2)))


def _q4_k(places: _Places) -> Blocks:
    whole, whole_least = places.halves(0), places.halves(2)
    packed = [places[4 + index] for index in range(12)]
    six, low_4, high_4, top = _bits(0, 6, 0), _bits(0, 4, 0), _bits(4, 4, 0), _bits(6, 2, 4)
    scales = array("f", bytes(4 * 8 * places.count))
    offsets = array("f", bytes(4 * 8 * places.count))
    for index in range(8):
        if index < 4:
            scale, least = packed[index].translate(six), packed[index + 4].translate(six)
        else:
            both = packed[index + 4]
            scale = _either(both.translate(low_4), packed[index - 4].translate(top))
            least = _either(both.translate(high_4), packed[index].translate(top))
        scales[index::8] = array("f", map(mul, whole, scale))
        eight = [8 * number for number in scales[index::8]]
        offsets[index::8] = array("f", map(sub, eight, map(mul, whole_least, least)))
    planes = [
        places[16 + 32 * group + index].translate(half)
        for group in range(4)
        for half in (_LOWER, _UPPER)
        for index in range(32)
    ]
    return Blocks(_paired(planes), 4, 32, _single(scales), _single(offsets))


def _q6_k(places: _Places) -> Blocks:
    scales = array("f", bytes(4 * 16 * places.count))
    whole = places.halves(208)
    for index in range(16):
        scales[index::16] = array("f", map(mul, whole, array("b", places[192 + index])))
    planes = []
    for half in range(2):
        for part in range(4):
            nibble, shift = (_LOWER if part < 2 else _UPPER), _bits(2 * part, 2, 4)
            for index in range(32):
                low = places[64 * half + 32 * (part % 2) + index].translate(nibble)
                high = places[128 + 32 * half + index].translate(shift)
                planes.append(_either(low, high).translate(_less(32)))
    return Blocks(_together(planes), 8, 16, _single(scales), None)


READERS: dict[str, Callable[[_Places], Blocks]] = {
    "Q8_0": _q8_0,
    "Q4_0": _q4_0,
    "Q4_1": _q4_1,
    "Q5_0": _q5_0,
    "Q5_1": _q5_1,
    "Q4_K": _q4_k,
    "Q6_K": _q6_k,
}
