"""Storing float32 weights in half the bytes, without NumPy."""

from __future__ import annotations

import struct
from math import inf, isfinite

from texelflow.graph import ConstantData

_LARGEST = 65504.0
_OVERFLOW = 65520.0  # what is smaller rounds to the largest
_CHUNK = 65536


def to_float16(data: ConstantData) -> tuple[ConstantData, int]:
    """Return float32 elements rounded to float16, and how many finite ones had to be clamped to ±65504.

    Infinities and NaN stay what they are.
    """
    content = memoryview(data.tobytes())
    parts: list[bytes | memoryview] = []
    clamped = 0
    for start in range(0, len(content), 4 * _CHUNK):
        chunk = content[start : start + 4 * _CHUNK]
        count = len(chunk) // 4
        numbers = struct.unpack(f"<{count}f", chunk)
        try:
            parts.append(struct.pack(f"<{count}e", *numbers))
        except OverflowError:
            clamped += sum(_OVERFLOW <= abs(number) < inf for number in numbers)
            bounded = [_clamp(number) for number in numbers]
            parts.append(struct.pack(f"<{count}e", *bounded))
    return ConstantData(parts), clamped


def _clamp(number: float) -> float:
    return max(-_LARGEST, min(_LARGEST, number)) if isfinite(number) else number
