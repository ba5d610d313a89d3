"""Variations of the 8x8 digits, so that drawings made with a mouse or a finger look familiar to the network.

The data set counted the ink of 32x32 bitmaps in 4x4 squares. Each variation goes back to about that size,
is turned, slanted, stretched, thickened or thinned and placed as the page places a drawing, and is counted
again.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Array = npt.NDArray[np.float32]

SIDE = 8
FINE = 4
"""Fine pixels along the side of one pixel of the data set."""
INK = 0.35
"""A fine pixel above this counts as part of the digit when its bounding box is measured."""


FINE_SIDE = (SIDE + 4) * FINE
"""Side of an enlarged digit, which has a margin to turn in."""


def enlarge(image: Array) -> Array:
    """[8, 8] to [48, 48]: four times finer, with a margin of two pixels of the data set."""
    enlarged = ndimage.zoom(np.pad(image, 2), FINE, order=3, mode="grid-constant", grid_mode=True)
    return np.asarray(np.clip(enlarged, 0, 1), np.float32)


def _bounds(ink: npt.NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """First and last-plus-one row, first and last-plus-one column with ink."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return rows[0], rows[-1] + 1, columns[0], columns[-1] + 1


def vary(fine: Array, generator: np.random.Generator) -> Array:
    """One random variation of an enlarged digit: [48, 48] to [8, 8], float32, values from 0 to 1."""
    angle = np.deg2rad(generator.normal(0, 7))
    slant = generator.normal(0, 0.12)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turn = turn @ np.array([[1.0, 0.0], [slant, 1.0]])
    centre = (np.array(fine.shape) - 1) / 2
    turned = ndimage.affine_transform(fine, turn, centre - turn @ centre, order=1)

    # Softening before the cut moves the outline: a low threshold thickens the strokes, a high one thins them.
    soft = ndimage.gaussian_filter(turned, generator.uniform(0.6, 1.4))
    threshold = generator.uniform(0.22, 0.6) * min(1.0, float(soft.max()))
    inked = 1 / (1 + np.exp(-(soft - threshold) * generator.uniform(8, 20)))

    top, bottom, left, right = _bounds(inked > INK)
    full = SIDE * FINE
    height = full * generator.uniform(0.9, 1.06)
    vertical = height / (bottom - top)
    natural = (right - left) * vertical * np.exp(generator.normal(0, 0.16))
    horizontal = min(natural, full * 1.02) / (right - left)
    middle = np.array([(top + bottom - 1) / 2, (left + right - 1) / 2])
    scale = np.diag([1 / vertical, 1 / horizontal])
    target = (full - 1) / 2 + np.array([generator.normal(0, 0.7), generator.normal(0, 1.8)])
    placed = ndimage.affine_transform(
        inked, scale, middle - scale @ target, output_shape=(full, full), order=1
    )
    counted = placed.reshape(SIDE, FINE, SIDE, FINE).mean(axis=(1, 3))
    return np.asarray(np.clip(counted, 0, 1), np.float32)
