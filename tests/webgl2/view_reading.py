"""What views read, element by element, and random changes of views with NumPy doing the same."""

from __future__ import annotations

import random
from collections.abc import Mapping
from itertools import product
from math import prod

import numpy as np

from texelflow.backends.webgl2.layout.view import View
from texelflow.dimensions import Dimension, substitute
from texelflow.graph import Shape

FILL = -1


def read(view: View, buffer: np.ndarray) -> np.ndarray:
    """Return the elements of a flat buffer that a view without symbols reads."""
    indices = np.indices(tuple(map(_number, view.shape)))
    address = _number(view.offset) + sum(
        _number(stride) * index for stride, index in zip(view.strides, indices, strict=True)
    )
    inside = np.ones(indices.shape[1:], bool)
    for index, limits in zip(indices, view.bounds or (None,) * len(view.shape), strict=True):
        if limits is not None:
            inside &= (_number(limits[0]) <= index) & (index < _number(limits[1]))
    address = np.broadcast_to(address, inside.shape)
    assert np.all((address >= 0) & (address < buffer.size) | ~inside), "an address beyond the buffer"
    return np.where(inside, buffer[np.where(inside, address, 0)], view.fill)


def bound_to(view: View, sizes: Mapping[str, int]) -> View:
    """Return a view with its symbols replaced by numbers."""

    def numbers(dimensions: tuple[Dimension, ...]) -> tuple[Dimension, ...]:
        return tuple(substitute(dimension, sizes) for dimension in dimensions)

    bounds = None
    if view.bounds is not None:
        pairs = [None if limits is None else numbers(limits) for limits in view.bounds]
        bounds = tuple(None if pair is None else (pair[0], pair[1]) for pair in pairs)
    offset = substitute(view.offset, sizes)
    return View(numbers(view.shape), numbers(view.strides), offset, bounds, view.fill)


def random_shape(source: random.Random, largest_rank: int = 4) -> tuple[int, ...]:
    """Return a shape of at most a few hundred elements, extents of 1 among them."""
    return tuple(source.choice((1, 2, 3, 4, 6)) for _ in range(source.randint(0, largest_rank)))


def regrouped(source: random.Random, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return another shape with as many elements."""
    factors = [factor for extent in shape for factor in _prime_factors(extent)]
    groups: list[int] = []
    for factor in factors:
        if groups and source.random() < 0.5:
            groups[-1] *= factor
        else:
            groups.append(factor)
    for _ in range(source.randint(0, 2)):
        groups.insert(source.randint(0, len(groups)), 1)
    return tuple(groups)


def random_change(source: random.Random, view: View, array: np.ndarray) -> tuple[View | None, np.ndarray]:
    """Return a view and an array after the same random change; None where the view refuses it."""
    rank = array.ndim
    kind = source.choice(("transpose", "slice", "expand", "pad", "reshape", "reshape"))
    if kind == "transpose":
        order = tuple(source.sample(range(rank), rank))
        return view.transpose(order), array.transpose(order)
    if kind == "slice" and rank:
        return _sliced(source, view, array)
    if kind == "expand":
        shape = (
            *random_shape(source, 1),
            *(source.choice((extent, 2, 3)) if extent == 1 else extent for extent in array.shape),
        )
        return view.expand(shape), np.broadcast_to(array, shape)
    if kind == "pad" and rank and prod(array.shape) < 500:
        widths = [(source.choice((0, 0, 1, 2)), source.choice((0, 0, 1))) for _ in range(rank)]
        padded = np.pad(array, widths, constant_values=FILL)
        return view.pad(tuple(before for before, _ in widths), padded.shape, FILL), padded
    shape = regrouped(source, array.shape)
    return view.reshape(shape), array.reshape(shape)


def numpy_shares(view: View, shape: Shape) -> bool:
    """Whether NumPy reshapes an array with the view's strides without copying it."""
    lowest = sum(
        min(0, _number(stride) * (_number(extent) - 1))
        for extent, stride in zip(view.shape, view.strides, strict=True)
    )
    array = np.lib.stride_tricks.as_strided(
        np.zeros(4096, np.int8)[-lowest:], tuple(map(_number, view.shape)), tuple(map(_number, view.strides))
    )
    return np.shares_memory(array, array.reshape(tuple(map(_number, shape))))


def all_indices(shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Return the indices of all elements of a shape."""
    return list(product(*(range(extent) for extent in shape)))


def _sliced(source: random.Random, view: View, array: np.ndarray) -> tuple[View | None, np.ndarray]:
    axis = source.randrange(array.ndim)
    extent = array.shape[axis]
    step = source.choice((1, 1, 2, 3, -1, -2))
    start = source.randrange(extent)
    last = extent - 1 if step > 0 else 0
    count = source.randint(1, (last - start) // step + 1)
    taken = np.take(array, [start + index * step for index in range(count)], axis)
    return view.slice(axis, start, step, count), taken


def _prime_factors(number: int) -> list[int]:
    factors = []
    factor = 2
    while number > 1:
        if number % factor:
            factor += 1
        else:
            factors.append(factor)
            number //= factor
    return factors


def _number(dimension: Dimension) -> int:
    assert isinstance(dimension, int)
    return dimension
