"""Pictures resized with NumPy, by the numbers that the page's shader computes with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from texelflow.dimensions import Dimension
from texelflow.pictures import DEFAULT_METHOD, METHODS, ResizeMethod, placements

Floats = NDArray[np.float64]


def resize(
    pixels: Any, height: int, width: int, fit: str, resized: Sequence[int] = (), method: str = DEFAULT_METHOD
) -> Floats:
    """Return a picture as an image of another size; what lies outside of the picture is 0.

    Args:
        pixels: [rows, columns, channels], numbers of 0 to 255.
        height: rows of the image.
        width: columns of the image.
        fit: one of `texelflow.pictures.FITS`.
        resized: width and height, or the shorter side alone, that crops are taken from; else empty.
        method: one of `texelflow.pictures.METHODS`.
    """
    rows, columns = pixels.shape[:2]
    places = placements(fit, resized, (columns, rows), (width, height))
    lines = [
        _Line(_whole(place.step), _whole(place.shift), _whole(place.parts), source, target)
        for place, source, target in zip(places, (columns, rows), (width, height), strict=True)
    ]
    image = _resized(METHODS[method], pixels, lines)
    for axis, line in enumerate(lines):
        outside = (line.numerators < 0) | (line.numerators > 2 * line.parts * line.source)
        image[(slice(None), outside) if axis == 0 else outside] = 0
    return image


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of `source` pixels that becomes one of `target`; see `texelflow.pictures.Placement`."""

    step: int
    shift: int
    parts: int
    source: int
    target: int

    @property
    def numerators(self) -> NDArray[np.int64]:
        return np.asarray(self.step * (2 * np.arange(self.target) + 1) + self.shift)

    @property
    def centers(self) -> Floats:
        return np.asarray(self.numerators / (2 * self.parts))

    @property
    def spacing(self) -> float:
        return self.step / self.parts


def _whole(number: Dimension) -> int:
    assert isinstance(number, int)
    return number


def _resized(method: ResizeMethod, pixels: Any, lines: Sequence[_Line]) -> Floats:
    if method.kernel == "linear":
        return _mixed(pixels, lines, [line.centers - 0.5 for line in lines])
    if method.kernel == "area" and any(line.step < line.parts for line in lines):
        edges = [line.centers - 0.5 * line.spacing for line in lines]
        shares = [
            np.clip((edge % 1 + line.spacing - 1) / line.spacing, 0, 1 - 1e-9)
            for edge, line in zip(edges, lines, strict=True)
        ]
        return _mixed(
            pixels, lines, [np.floor(edge) + share for edge, share in zip(edges, shares, strict=True)]
        )
    across, down = (_weights(method, line) for line in lines)
    image = np.einsum("xw,hwc->hxc", across, pixels, optimize=True)
    if method.rounding == "line":
        image = _rounded(image)
    image = np.einsum("yh,hxc->yxc", down, image, optimize=True)
    return np.asarray(image if method.rounding == "none" else _rounded(image))


def _rounded(values: Floats) -> Floats:
    return np.asarray(np.floor(np.clip(values, 0, 255) + 0.5))


def _mixed(pixels: Any, lines: Sequence[_Line], places: Sequence[Floats]) -> Floats:
    """Return mixtures of the two pixels about each place, in OpenCV's fixed-point numbers."""
    firsts = [np.floor(place).astype(int) for place in places]
    shares = [np.floor((place % 1) * 2048 + 0.5).astype(int) for place in places]
    (left, right), (upper, lower) = (
        (np.clip(first, 0, line.source - 1), np.clip(first + 1, 0, line.source - 1))
        for first, line in zip(firsts, lines, strict=True)
    )
    share_across, share_down = shares[0][None, :, None], shares[1][:, None, None]
    whole = np.rint(pixels).astype(int)
    across = ((2048 - share_across) * whole[:, left] + share_across * whole[:, right]) >> 4
    halves = ((2048 - share_down) * across[upper] >> 16) + (share_down * across[lower] >> 16)
    return np.asarray((halves + 2 >> 2).astype(np.float64))


def _weights(method: ResizeMethod, line: _Line) -> Floats:
    """Return how much each pixel of a line counts in each of the resized line: [target, source]."""
    weights = np.zeros((line.target, line.source))
    each = np.arange(line.target)
    if method.kernel == "nearest":
        weights[each, np.clip(line.numerators // (2 * line.parts), 0, line.source - 1)] = 1
        return weights
    centers = line.centers
    if method.fractions:
        centers = np.floor(centers * method.fractions + 0.5) / method.fractions
    reach = _reach(method, line.spacing)
    first = np.floor(centers - reach + 0.5).astype(int)
    for tap in range(int(np.ceil(2 * reach)) + 1):
        places = first + tap
        counted = _kernel(method, places + 0.5 - centers, line.spacing)
        if not method.repeats_edges:
            counted = np.where((places < 0) | (places >= line.source), 0, counted)
        np.add.at(weights, (each, np.clip(places, 0, line.source - 1)), counted)
    totals = weights.sum(1, keepdims=True)
    return np.asarray(weights / np.where(totals == 0, 1, totals))


def _reach(method: ResizeMethod, spacing: float) -> float:
    """Return how far from its centre a new pixel takes others, in pixels."""
    if method.kernel == "area":
        return 0.5 * spacing + 0.5
    return method.radius * (max(spacing, 1.0) if method.antialias else 1.0)


def _kernel(method: ResizeMethod, offsets: Any, spacing: float) -> Floats:
    """Return the weight of pixels by the distance, in pixels, of their centres from the new pixel's."""
    if method.kernel == "area":
        ends = np.minimum(offsets + 0.5, 0.5 * spacing) - np.maximum(offsets - 0.5, -0.5 * spacing)
        return np.asarray(np.clip(ends, 0, 1))
    x = offsets / (max(spacing, 1.0) if method.antialias else 1.0)
    distance, a = np.abs(x), method.sharpness
    kernels = {
        "box": np.where((x > -0.5) & (x <= 0.5), 1.0, 0.0),
        "triangle": np.maximum(0, 1 - distance),
        "hamming": np.where(distance < 1, np.sinc(x) * (0.54 + 0.46 * np.cos(np.pi * x)), 0),
        "cubic": np.where(
            distance < 1,
            ((a + 2) * distance - (a + 3)) * distance**2 + 1,
            np.where(distance < 2, a * (((distance - 5) * distance + 8) * distance - 4), 0),
        ),
        "lanczos": np.where(distance < 3, np.sinc(x) * np.sinc(x / 3), 0),
    }
    return np.asarray(kernels[method.kernel])
