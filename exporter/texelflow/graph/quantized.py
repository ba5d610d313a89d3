"""Rounding floats to whole numbers of 8 or 4 bits with a scale for each row or block, without NumPy.

Of 8 bits: a row's scale is its largest magnitude / 127, numbers are -127 to 127. Of 4 bits: a block's scale
is its number of the largest magnitude / -8, numbers are -8 to 7: the whole range is used, as in GGML's Q4_0.
Scales are rounded to float32 first. What is done for each number is done by built-in functions over whole
rows, so that 25 million take tens of seconds.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from math import isfinite
from operator import mul, sub

from texelflow.graph.nodes import ConstantData

BLOCK = 32
"""Numbers of 4 bits that share a scale."""

SMALLEST_SCALE = 2.0**-126
"""Numbers so small that their scale were less are rounded to zero: GPUs flush what is smaller."""


@dataclass(slots=True)
class Rounded:
    """Numbers of few bits, their scales, and how far they are from what they were rounded from.

    `numbers` are int8, or bytes of two numbers of 4 bits, the first in the lower half; `scales` float32, row
    by row. `largest` is the largest magnitude of the weights, `worst` and `mean` are differences from them.
    """

    numbers: bytes
    scales: bytes
    largest: float
    worst: float
    mean: float


class NotFiniteError(ValueError):
    """Weights with infinities or NaN, which no whole numbers stand for."""


def floats_of(dtype: str, data: ConstantData) -> array[float]:
    """Return the elements of a constant of float32, float16 or bfloat16."""
    content = data.tobytes()
    if dtype == "float16":
        return array("f", struct.unpack(f"<{len(content) // 2}e", content))
    if dtype == "bfloat16":
        upper = bytearray(2 * len(content))
        upper[2::4], upper[3::4] = content[::2], content[1::2]
        content = bytes(upper)
    floats = array("f", content)
    if sys.byteorder == "big":
        floats.byteswap()
    return floats


def to_8_bits(floats: array[float], rows: Sequence[Sequence[slice]]) -> Rounded:
    """Return numbers of 8 bits in the order of the floats; each row is where its slices are.

    Raises:
        NotFiniteError: some are infinite or NaN.
    """
    numbers = array("b", bytes(len(floats)))
    rounding = _Rounding(_EVERY)
    for row in rows:
        values = array("f")
        for part in row:
            values += floats[part]
        rounded = rounding.row(values, [max(max(values), -min(values)) / 127], len(values))
        first = 0
        for part in row:
            count = len(range(*part.indices(len(floats))))
            numbers[part] = rounded[first : first + count]
            first += count
    return rounding.result(numbers.tobytes())


def to_4_bits(floats: array[float], rows: Iterable[slice]) -> Rounded:
    """Return numbers of 4 bits, row after row, each row in whole bytes; blocks of BLOCK are along a row.

    Raises:
        NotFiniteError: some are infinite or NaN.
    """
    numbers: list[bytes] = []
    rounding = _Rounding(_UP_TO_7)
    for row in rows:
        values = floats[row]
        scales = []
        for first in range(0, len(values), BLOCK):
            part = values[first : first + BLOCK]
            highest, lowest = max(part), min(part)
            scales.append((highest if highest > -lowest else lowest) / -8)
        numbers.append(in_halves(rounding.row(values, scales, BLOCK).tobytes()))
    return rounding.result(b"".join(numbers))


def in_halves(numbers: bytes) -> bytes:
    """Return numbers of 4 bits, a byte each, two in a byte, the first in the lower half."""
    masked = (numbers + b"\0" * (len(numbers) % 2)).translate(_LOWER)
    lower, upper = masked[::2], masked[1::2].translate(_UPPER)
    both = int.from_bytes(lower, "little") | int.from_bytes(upper, "little")
    return both.to_bytes(len(lower), "little")


_LOWER = bytes(number & 15 for number in range(256))
_UPPER = bytes(number << 4 & 255 for number in range(256))
_EVERY = bytes(range(256))
_UP_TO_7 = bytes(7 if number == 8 else number for number in range(256))


class _Rounding:
    """Rounds row by row, and sums up what that changes; `limited` has for each byte what it becomes."""

    def __init__(self, limited: bytes) -> None:
        self._limited = limited
        self._scales = array("f")
        self._largest = self._worst = self._total = 0.0
        self._count = 0

    def row(self, values: array[float], scales: Sequence[float], block: int) -> array[int]:
        """Return the values, each divided by the scale of its block and rounded half to even."""
        singles = array("f", scales)  # the nearest float32
        if not all(map(isfinite, singles)):
            raise NotFiniteError
        inverses = [1.0 / scale if abs(scale) >= SMALLEST_SCALE else 0.0 for scale in singles]
        self._scales.extend(
            scale if inverse else 1.0 for scale, inverse in zip(singles, inverses, strict=True)
        )
        scaled = list(map(mul, values, _repeated(inverses, block)))
        rounded = array("b")
        try:
            rounded.frombytes(array("b", list(map(round, scaled))).tobytes().translate(self._limited))
        except ValueError as error:  # NaN
            raise NotFiniteError from error
        changes = list(map(abs, map(sub, scaled, rounded)))
        self._count += len(values)
        for scale, inverse, first in zip(singles, inverses, range(0, len(values), block), strict=True):
            part = changes[first : first + block]
            if not inverse:
                part, scale = [abs(value) for value in values[first : first + block]], 1.0
            self._worst = max(self._worst, max(part) * abs(scale))
            self._total += sum(part) * abs(scale)
        self._largest = max(self._largest, max(values), -min(values))
        return rounded

    def result(self, numbers: bytes) -> Rounded:
        """Return all that was rounded; `numbers` are those of the rows in the wanted order."""
        if sys.byteorder == "big":
            self._scales.byteswap()
        mean = self._total / max(1, self._count)
        return Rounded(numbers, self._scales.tobytes(), self._largest, self._worst, mean)


def _repeated(numbers: Sequence[float], times: int) -> Iterable[float]:
    """Return each number repeated a number of times."""
    if len(numbers) == 1:
        return repeat(numbers[0])
    return chain.from_iterable(map(repeat, numbers, repeat(times)))
