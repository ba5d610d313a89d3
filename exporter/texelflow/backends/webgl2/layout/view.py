"""Views: an affine way to read the elements of a buffer, without moving them.

A view of shape (d₀ … dᵣ) reads element (i₀ … iᵣ) at `offset + Σ iₖ·strides[k]` of the buffer's row-major
order. Where `bounds[k]` = (low, high) is given, coordinates outside low ≤ iₖ < high read `fill` instead
(padding). Transpose, Slice, Expand, Squeeze, Pad and most Reshapes only make another view; one copy
materialises a whole chain of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

from texelflow.dimensions import Dimension, equal, floor_divide, product, proved_equal, remainder, select
from texelflow.graph import Shape

Bounds: TypeAlias = tuple[Dimension, Dimension]
Run: TypeAlias = tuple[Dimension, Dimension]
"""An extent and its stride."""


def row_major_strides(shape: Shape) -> tuple[Dimension, ...]:
    """Return the strides, in elements, of a row-major array."""
    strides: list[Dimension] = []
    stride: Dimension = 1
    for extent in reversed(shape):
        strides.append(stride)
        stride = stride * extent
    return tuple(reversed(strides))


def merged_runs(runs: list[Run]) -> list[Run]:
    """Join neighbouring axes that step through the buffer as one; extents of 1 vanish."""
    merged: list[Run] = []
    for extent, stride in runs:
        if proved_equal(extent, 1):
            continue
        if merged and proved_equal(merged[-1][1], extent * stride):
            merged[-1] = (merged[-1][0] * extent, stride)
        else:
            merged.append((extent, stride))
    return merged


@dataclass(frozen=True, slots=True)
class View:
    """An affine reading of a buffer; see the module's text."""

    shape: Shape
    strides: tuple[Dimension, ...]
    offset: Dimension = 0
    bounds: tuple[Bounds | None, ...] | None = None
    fill: float = 0.0

    @staticmethod
    def whole(shape: Shape) -> View:
        """Return the view that reads a buffer of this shape in its own order."""
        return View(shape, row_major_strides(shape))

    @property
    def is_row_major(self) -> bool:
        """Whether the view reads consecutive elements in order (from `offset` on)."""
        runs = merged_runs(list(zip(self.shape, self.strides, strict=True)))
        return self.bounds is None and (not runs or (len(runs) == 1 and proved_equal(runs[0][1], 1)))

    def is_whole(self, size: Dimension) -> bool:
        """Whether the view reads all elements of a buffer of `size` elements in their order."""
        return proved_equal(self.offset, 0) and self.is_row_major and proved_equal(product(self.shape), size)

    def transpose(self, permutation: tuple[int, ...]) -> View:
        """Return the view with axis k taken from axis permutation[k]."""
        return replace(
            self,
            shape=tuple(self.shape[axis] for axis in permutation),
            strides=tuple(self.strides[axis] for axis in permutation),
            bounds=None if self.bounds is None else tuple(self.bounds[axis] for axis in permutation),
        )

    def slice(self, axis: int, start: Dimension, step: Dimension, count: Dimension) -> View | None:
        """Return `count` entries of an axis from `start` by `step`, which may be negative.

        None for a step other than 1 along a padded axis.
        """
        bounds = self.bounds
        if bounds is not None and (limits := bounds[axis]) is not None:
            if not proved_equal(step, 1):
                return None
            shifted: Bounds = (limits[0] - start, limits[1] - start)
            bounds = (*bounds[:axis], shifted, *bounds[axis + 1 :])
        return replace(
            self,
            shape=(*self.shape[:axis], count, *self.shape[axis + 1 :]),
            strides=(*self.strides[:axis], self.strides[axis] * step, *self.strides[axis + 1 :]),
            offset=self.offset + start * self.strides[axis],
            bounds=bounds,
        )

    def expand(self, shape: Shape) -> View | None:
        """Return the view broadcast to `shape`; None where a padded axis might be repeated.

        An axis that is as long or 1, which only the sizes of a run decide, gets a stride that says which.
        """
        missing = len(shape) - len(self.shape)
        strides: list[Dimension] = [0] * missing
        for axis, (extent, stride) in enumerate(zip(self.shape, self.strides, strict=True)):
            kept = proved_equal(extent, shape[missing + axis])
            if not kept and self.bounds is not None and self.bounds[axis] is not None:
                return None
            strides.append(stride if kept else select(equal(extent, 1), 0, stride))
        bounds = None if self.bounds is None else (*[None] * missing, *self.bounds)
        return replace(self, shape=shape, strides=tuple(strides), bounds=bounds)

    def pad(self, before: tuple[Dimension, ...], shape: Shape, fill: float) -> View | None:
        """Return the view inside a larger `shape`, `before` entries in.

        None if it is padded already with another value.
        """
        if self.bounds is not None:
            return None
        offset = self.offset
        bounds: list[Bounds | None] = []
        for low, extent, padded, stride in zip(before, self.shape, shape, self.strides, strict=True):
            offset = offset - low * stride
            bounds.append(
                None if proved_equal(low, 0) and proved_equal(padded, extent) else (low, low + extent)
            )
        return View(shape, self.strides, offset, tuple(bounds), fill)

    def reshape(self, shape: Shape) -> View | None:
        """Return the view in another shape of as many elements, or None unless its strides express that.

        Consecutive elements take every shape, even where symbols do not prove that it has as many.
        """
        if self.bounds is not None:
            return None
        if any(proved_equal(extent, 0) for extent in shape):
            return View.whole(shape)  # no element is ever read
        if self.is_row_major:
            return replace(self, shape=shape, strides=row_major_strides(shape))
        runs = [
            (extent, stride)
            for extent, stride in zip(self.shape, self.strides, strict=True)
            if not proved_equal(extent, 1)
        ]
        strides: list[Dimension] = []
        position = 0
        left: Dimension = 1  # part of the current run that is not yet given to an axis of the new shape
        stride: Dimension = 0
        for extent in reversed(shape):
            if proved_equal(extent, 1):
                strides.append(1)
                continue
            if proved_equal(left, 1):
                if position == len(runs):
                    return None
                left, stride = runs[-1 - position]
                position += 1
            while not proved_equal(left, extent) and not proved_equal(remainder(left, extent), 0):
                if position == len(runs) or not proved_equal(runs[-1 - position][1], left * stride):
                    return None
                left = left * runs[-1 - position][0]
                position += 1
            strides.append(stride)
            stride = stride * extent
            left = 1 if proved_equal(left, extent) else floor_divide(left, extent)
        if not proved_equal(left, 1) or position != len(runs):
            return None
        return replace(self, shape=shape, strides=tuple(reversed(strides)))
