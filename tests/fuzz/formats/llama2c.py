"""Checkpoints of llama2.c: seven whole numbers and float32 weights, as many as the numbers say."""

from __future__ import annotations

import random
import struct
from math import prod
from typing import Any

from fuzz.format import Files, Format

ENTRY = "model.bin"
HEADERS = ((8, 12, 2, 2, 1, 16, 10), (12, 20, 1, 3, 3, -11, 4))
LARGEST = 2**18


def _size(numbers: list[int]) -> int:
    """Return how many weights a header asks for, written down from the program that reads them."""
    width, inner, layers, heads, key_heads, vocabulary, context = numbers
    head = abs(width // heads) if heads else 0
    matrices = (width * width * 2, width * key_heads * head * 2, width * inner * 3, width * 2)
    shared = (
        abs(vocabulary) * width,
        width,
        context * head // 2 * 2,
        abs(vocabulary) * width * (vocabulary < 0),
    )
    return layers * sum(matrices) + sum(shared)


def _weights(numbers: list[int]) -> bytes:
    choose = random.Random(prod(numbers))
    return b"".join(struct.pack("<f", choose.uniform(-1, 1)) for _ in range(_size(numbers)))


def _seeds() -> list[Files]:
    return [{ENTRY: struct.pack("<7i", *numbers) + _weights(list(numbers))} for numbers in HEADERS]


def _decode(files: Files) -> Any:
    content = files[ENTRY]
    return {"header": list(struct.unpack("<7i", content[:28])), "weights": content[28:], "repaired": True}


def _encode(records: Any) -> Files:
    numbers, weights = records["header"], records["weights"]
    size = 4 * _size(numbers) if len(numbers) == 7 else 0
    if records["repaired"] and 0 <= size <= 4 * LARGEST:
        weights = (weights + bytes(size))[:size]
    return {ENTRY: struct.pack(f"<{len(numbers)}i", *numbers) + weights}


def _header(choose: random.Random, records: Any) -> None:
    """Another size, to which the weights fit."""
    place = choose.randrange(7)
    records["header"][place] = choose.choice((1, 2, 3, 4, 6, 8, 16, 40, -3, 0))


FORMAT = Format(ENTRY, ("llama2c",), _seeds, _decode, _encode, changes=(_header, _header, _header))
