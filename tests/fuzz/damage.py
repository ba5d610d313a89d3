"""Seeded damage to bytes, and to documents that stay well-formed."""

from __future__ import annotations

import random
from typing import Any

WORDS = (0, 1, 2, 255, 256, 65_535, 2**24, 2**31 - 1, 2**31, 2**32 - 1)
"""Numbers that lengths and offsets of 32 bits may be."""


def damaged_bytes(source: random.Random, content: bytes) -> bytes:
    """Return the content with bits flipped, its end cut, lengths at extremes, or pieces overwritten, swapped,
    repeated or lost.
    """
    data = bytearray(content)
    for _ in range(source.choice((1, 1, 1, 2, 4))):
        if not data:
            break
        first, last = sorted(source.randrange(len(data) + 1) for _ in range(2))
        last = min(last, first + 40)
        kind = source.randrange(8)
        if kind == 0:
            data[source.randrange(len(data))] ^= 1 << source.randrange(8)
        elif kind == 1:
            data[source.randrange(len(data))] = source.choice((0, 1, 127, 128, 255))
        elif kind == 2:
            del data[source.randrange(len(data)) :]
        elif kind == 3:
            data[first:last] = source.randbytes(last - first)
        elif kind == 4:
            other = source.randrange(len(data) + 1)
            data[other:other] = data[first:last]
        elif kind == 5:
            del data[first:last]
        elif kind == 6:
            place = source.randrange(len(data)) // 4 * 4
            data[place : place + 4] = source.choice(WORDS).to_bytes(4, source.choice(("little", "big")))
        else:
            half = (first + last) // 2
            data[first:last] = data[half:last] + data[first:half]
    return bytes(data)


def damage_document(source: random.Random, document: dict[str, Any], protected: frozenset[str]) -> None:
    """Replace, remove or repeat one value anywhere in a JSON document, but not below `protected` keys."""
    holder: Any = document
    while True:
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        keys = [key for key in keys if key not in protected]
        if not keys:
            return
        key = source.choice(keys)
        value = holder[key]
        if not isinstance(value, (dict, list)) or not value or source.random() < 0.2:
            break
        holder = value
    kind = source.randrange(6)
    if kind == 0:
        del holder[key]
    elif kind == 1 and isinstance(holder, list):
        holder.insert(source.randrange(len(holder) + 1), value)
    elif kind == 2 and isinstance(value, int):
        holder[key] = value + source.choice((-1, 1))
    else:
        wild: list[Any] = [
            None,
            True,
            -1,
            0,
            1,
            7,
            2**31,
            1.5,
            1e300,
            "",
            "x",
            "__proto__",
            [],
            {},
            [["+"]],
            ["//", 1, 0],
        ]
        holder[key] = source.choice(wild)
