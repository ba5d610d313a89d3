"""Generated pictures and the sizes that they are resized to, with what libraries make of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

RECORDED = Path(__file__).parent / "resized_pictures.json"
"""By record_resized_pictures.py: the red channel for each method and each of SIZES."""

Size = tuple[int, int]

SIZES: list[tuple[Size, Size]] = [
    ((97, 61), (5, 4)),
    ((13, 11), (17, 14)),
    ((13, 11), (16, 4)),
    ((13, 11), (4, 16)),
    ((13, 11), (7, 6)),
    ((16, 12), (8, 6)),
]
"""Width and height of a picture and of what it becomes: much smaller, larger, both ways, by half."""


def picture(width: int, height: int) -> np.ndarray:
    """Return a picture with edges and slopes, [rows, columns, 3] of uint8."""
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    red = (x * x * 7 + y * 53 + x * y * 31) % 256
    green = (x * 255 // max(1, width - 1) + 40 * (y % 3)) % 256
    blue = ((x // 3 + y // 2) % 2) * 255
    return np.stack([red, green, blue], 2).astype(np.uint8)
