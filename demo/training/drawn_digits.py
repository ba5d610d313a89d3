"""Digits drawn from lines, for the hands that the data set lacks: a 1 with a flag and a foot, an open 4.

The page's visitors write in more ways than the few writers of the data set. Each shape below is a list of
strokes in a unit square, y downwards; corners of curved strokes are rounded off.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
Stroke = tuple[str, list[tuple[float, float]]]

CURVED, STRAIGHT = "curved", "straight"

SHAPES: list[tuple[int, list[Stroke]]] = [
    (0, [(CURVED, [(0.5, 0.1), (0.2, 0.15), (0.2, 0.85), (0.5, 0.92), (0.8, 0.85), (0.8, 0.15),
                   (0.5, 0.1)])]),
    (1, [(STRAIGHT, [(0.5, 0.1), (0.5, 0.9)])]),
    (1, [(STRAIGHT, [(0.3, 0.32), (0.52, 0.1), (0.52, 0.9)])]),
    (1, [(STRAIGHT, [(0.34, 0.28), (0.52, 0.1), (0.52, 0.9)]), (STRAIGHT, [(0.3, 0.9), (0.74, 0.9)])]),
    (2, [(CURVED, [(0.2, 0.3), (0.25, 0.1), (0.75, 0.08), (0.78, 0.4), (0.45, 0.65), (0.2, 0.9)]),
         (STRAIGHT, [(0.2, 0.9), (0.8, 0.9)])]),
    (3, [(CURVED, [(0.22, 0.2), (0.4, 0.05), (0.78, 0.12), (0.76, 0.42), (0.45, 0.48)]),
         (CURVED, [(0.45, 0.48), (0.82, 0.5), (0.85, 0.85), (0.5, 0.97), (0.2, 0.82)])]),
    (3, [(STRAIGHT, [(0.22, 0.1), (0.75, 0.1), (0.45, 0.42)]),
         (CURVED, [(0.45, 0.42), (0.85, 0.42), (0.85, 0.85), (0.5, 0.97), (0.2, 0.82)])]),
    (4, [(STRAIGHT, [(0.62, 0.92), (0.62, 0.08), (0.15, 0.62), (0.85, 0.62)])]),
    (4, [(STRAIGHT, [(0.25, 0.08), (0.22, 0.52), (0.8, 0.52)]), (STRAIGHT, [(0.7, 0.08), (0.68, 0.92)])]),
    (4, [(STRAIGHT, [(0.42, 0.08), (0.18, 0.6), (0.82, 0.6)]), (STRAIGHT, [(0.62, 0.35), (0.58, 0.92)])]),
    (5, [(STRAIGHT, [(0.74, 0.1), (0.32, 0.1), (0.28, 0.44)]),
         (CURVED, [(0.28, 0.44), (0.55, 0.34), (0.85, 0.5), (0.78, 0.88), (0.45, 0.95), (0.22, 0.85)])]),
    (6, [(CURVED, [(0.65, 0.08), (0.4, 0.2), (0.22, 0.55), (0.25, 0.9), (0.55, 0.98), (0.8, 0.8), (0.68, 0.5),
                   (0.4, 0.52), (0.25, 0.7)])]),
    (7, [(STRAIGHT, [(0.2, 0.1), (0.78, 0.1), (0.42, 0.92)])]),
    (7, [(STRAIGHT, [(0.2, 0.1), (0.78, 0.1), (0.42, 0.92)]), (STRAIGHT, [(0.32, 0.5), (0.74, 0.5)])]),
    (8, [(CURVED, [(0.5, 0.48), (0.22, 0.4), (0.25, 0.08), (0.5, 0.05), (0.75, 0.08), (0.78, 0.4),
                   (0.5, 0.48)]),
         (CURVED, [(0.5, 0.48), (0.18, 0.55), (0.18, 0.9), (0.5, 0.97), (0.82, 0.9), (0.82, 0.55),
                   (0.5, 0.48)])]),
    (9, [(CURVED, [(0.74, 0.3), (0.62, 0.05), (0.26, 0.1), (0.24, 0.45), (0.5, 0.55), (0.74, 0.3)]),
         (STRAIGHT, [(0.74, 0.3), (0.66, 0.92)])]),
    (9, [(CURVED, [(0.74, 0.3), (0.62, 0.05), (0.26, 0.1), (0.24, 0.45), (0.5, 0.55), (0.74, 0.3)]),
         (CURVED, [(0.74, 0.3), (0.74, 0.85), (0.5, 0.97), (0.28, 0.88)])]),
]  # fmt: skip


def _rounded(points: Array) -> Array:
    """Cuts the corners of a polyline four times (Chaikin 1974), keeping its ends."""
    for _ in range(4):
        cut = np.stack(
            [0.75 * points[:-1] + 0.25 * points[1:], 0.25 * points[:-1] + 0.75 * points[1:]], axis=1
        )
        points = np.concatenate([points[:1], cut.reshape(-1, 2), points[-1:]])
    return points


def _distance(pixels: Array, start: Array, end: Array) -> Array:
    """Distance of `pixels` [N, 2] from the line between two points."""
    along = end - start
    share = np.clip((pixels - start) @ along / max(float(along @ along), 1e-9), 0, 1)
    return np.asarray(np.linalg.norm(pixels - start - share[:, None] * along, axis=1), np.float32)


def draw(strokes: list[Stroke], side: int, generator: np.random.Generator) -> Array:
    """One unsteady drawing of a shape: [side, side] float32, 0 for paper and 1 for ink."""
    steps = (np.arange(side) + 0.5) / side * 1.5 - 0.25
    pixels = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2).astype(np.float32)
    nearest = np.full(len(pixels), np.inf, np.float32)
    # Points of one shape that lie together move together, so that joined strokes stay joined.
    moved: dict[tuple[float, float], tuple[float, float]] = {}
    for kind, corners in strokes:
        for corner in corners:
            if corner not in moved:
                dx, dy = generator.normal(0, 0.035, 2)
                moved[corner] = (corner[0] + dx, corner[1] + dy)
        points = np.array([moved[corner] for corner in corners], np.float32)
        points = _rounded(points) if kind == CURVED else points
        for start, end in pairwise(points):
            nearest = np.minimum(nearest, _distance(pixels, start, end))
    width = generator.uniform(0.1, 0.17)
    ink = np.clip((width / 2 - nearest) * side / 1.5 + 0.5, 0, 1)
    return np.asarray(ink.reshape(side, side), np.float32)


def drawings(each: int, side: int, generator: np.random.Generator) -> tuple[Array, npt.NDArray[np.int64]]:
    """`each` drawings of every shape: images [N, side, side] and their classes [N]."""
    images = [draw(strokes, side, generator) for _, strokes in SHAPES for _ in range(each)]
    classes = [digit for digit, _ in SHAPES for _ in range(each)]
    return np.stack(images), np.array(classes, np.int64)
