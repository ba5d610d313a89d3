"""When two layouts are the same memory: checked against where docs/bundle-format.md puts each element."""

from __future__ import annotations

import random
from typing import TypeAlias

import numpy as np
import pytest

from texelflow.backends.webgl2.layout.blocking import (
    alias_within,
    axes_within,
    held_axes,
    holds,
    image_axes,
    is_expressible,
    matrix_axes,
    transposed_matrix_axes,
)
from texelflow.backends.webgl2.layout.view import View
from texelflow.backends.webgl2.plan.plan import Axes, Blocking, PlanTensor
from texelflow.dimensions import symbol
from webgl2.view_reading import all_indices, random_change, read

Place: TypeAlias = tuple[int, int, int, int]
"""Batch, channel, row and column."""

SHAPES = ((2, 5, 3, 4), (1, 3, 1, 7), (2, 6, 4), (3, 1, 4), (4, 6), (5,), (2, 3, 2, 2, 3), (6, 1, 1, 2))


def _locations(shape: tuple[int, ...], axes: Axes) -> list[Place]:
    """Batch, channel, row and column of each element of a shape in row-major order, by the axes of each."""
    places = []
    for index in all_indices(shape):
        n, c, h, w = (
            int(np.ravel_multi_index([index[axis] for axis in role], [shape[axis] for axis in role]))
            if role
            else 0
            for role in axes
        )
        places.append((n, c, h, w))
    return places


def _random_axes(source: random.Random, rank: int) -> Axes:
    roles: list[list[int]] = [[], [], [], []]
    for axis in range(rank):
        source.choice(roles).append(axis)
    n, c, h, w = (tuple(role) for role in roles)
    return n, c, h, w


def _expressible_axes(source: random.Random, shape: tuple[int, ...]) -> Axes:
    while True:
        axes = _random_axes(source, len(shape))
        if is_expressible(shape, axes):
            return axes


def _random_view(source: random.Random, shape: tuple[int, ...]) -> View:
    view, array = View.whole(shape), np.arange(int(np.prod(shape))).reshape(shape)
    for _ in range(source.randint(0, 3)):
        changed, other = random_change(source, view, array)
        if changed is not None:
            view, array = changed, other
    return view


def _extents(places: list[Place]) -> tuple[int, ...]:
    return tuple(max(place[role] for place in places) + 1 for role in range(4))


def _found_and_wanted(
    view: View, axes: Axes, tensor: PlanTensor
) -> tuple[list[Place], list[Place], list[Place]]:
    """Places of all elements of a tensor, of those that a view reads, and of these by the view's own axes."""
    assert tensor.axes is not None
    own = _locations(tuple(extent for extent in tensor.shape if isinstance(extent, int)), tensor.axes)
    addresses = read(view, np.arange(len(own))).ravel()
    wanted = _locations(tuple(extent for extent in view.shape if isinstance(extent, int)), axes)
    return own, [own[int(address)] for address in addresses], wanted


def _is_same(view: View, axes: Axes, tensor: PlanTensor) -> bool:
    """Whether each element of the view lies where a tensor of its shape and axes would have it."""
    own, found, wanted = _found_and_wanted(view, axes, tensor)
    if len(wanted) != len(own) or view.bounds is not None:
        return False
    return _extents(wanted) == _extents(own) and found == wanted


def test_a_tensor_holds_what_has_the_same_texels() -> None:
    """What is claimed is true; what is plain, such as the tensor's own axes, is claimed."""
    source = random.Random(5)
    claimed = 0
    for _ in range(6000):
        shape = source.choice(SHAPES)
        tensor = PlanTensor("float32", shape, Blocking(_expressible_axes(source, shape)))
        view = _random_view(source, shape)
        axes = _random_axes(source, len(view.shape))
        if holds(view, axes, tensor):
            claimed += 1
            assert _is_same(view, axes, tensor), (view, axes, tensor)
        assert tensor.axes is not None
        assert holds(View.whole(shape), tensor.axes, tensor)
    assert claimed > 100


def test_axes_found_in_memory_are_right() -> None:
    source = random.Random(6)
    found = 0
    for _ in range(6000):
        shape = source.choice(SHAPES)
        tensor = PlanTensor("float32", shape, Blocking(_expressible_axes(source, shape)))
        view = _random_view(source, shape)
        axes = held_axes(view, tensor)
        if axes is not None:
            found += 1
            assert sorted(axis for role in axes for axis in role) == list(range(len(view.shape)))
            assert _is_same(view, axes, tensor), (view, axes, tensor)
    assert found > 1000


@pytest.mark.parametrize("order", [(0, 2, 3, 1), (0, 3, 1, 2), (1, 0, 3, 2), (3, 2, 1, 0)])
def test_transposed_images_stay_in_place(order: tuple[int, ...]) -> None:
    """A Transpose of a blocked tensor needs no copy: the same axes are found under their new numbers."""
    for shape in ((2, 5, 3, 4), (symbol("n"), 5, symbol("h"), symbol("w"))):
        tensor = PlanTensor("float32", shape, Blocking(image_axes(4)))
        axes = held_axes(View.whole(shape).transpose(order), tensor)
        assert axes is not None
        assert [[order[axis] for axis in role] for role in axes] == [[0], [1], [2], [3]]


def test_tokens_of_an_image_stay_in_place() -> None:
    """[n, c, 1, w] read as [n, w, c] is a matrix of positions by channels, where it lies."""
    n, w = symbol("n"), symbol("w")
    tensor = PlanTensor("float32", (n, 5, 1, w), Blocking(image_axes(4)))
    view = View.whole((n, 5, 1, w)).reshape((n, 5, w))
    assert view is not None
    assert holds(view.transpose((0, 2, 1)), matrix_axes(3), tensor)
    assert holds(view, transposed_matrix_axes(3), tensor)


def test_a_single_column_is_blocked_otherwise() -> None:
    """Tensors of one pixel's width hold one pixel a texel: equal runs alone do not make the same memory."""
    wide = PlanTensor("float32", (2, 5, 3), Blocking(((0,), (1,), (), (2,))))
    assert not holds(View.whole((2, 5, 3)), ((0,), (1,), (2,), ()), wide)
    assert not holds(View.whole((2, 5, 3)).slice(2, 0, 1, 1) or View(()), ((0,), (1,), (), (2,)), wide)


@pytest.mark.parametrize(
    ("shape", "axes", "expected"),
    [
        ((2, 3, 4, 5), ((0,), (1,), (2,), (3,)), True),
        ((2, 3, 4, 5), ((0, 1), (2,), (), (3,)), True),
        ((2, 3, 4, 5), ((0, 2), (1,), (), (3,)), False),
        ((2, 1, 4, 5), ((0, 2), (1,), (), (3,)), True),
        ((2, 3, 4, 5), ((), (1, 0), (2,), (3,)), False),
        ((), ((), (), (), ()), True),
    ],
)
def test_expressible(shape: tuple[int, ...], axes: Axes, expected: bool) -> None:
    """Every role must step through memory by one stride."""
    assert is_expressible(shape, axes) == expected


WIDE_SHAPES = ((2, 24, 3), (1, 16, 1), (3, 4, 16), (2, 2, 3, 8), (1, 32, 2, 2), (48,), (2, 36), (1, 36, 3))


def _is_within(view: View, axes: Axes, tensor: PlanTensor) -> bool:
    """Whether each element of the view lies where its alias says, among the channels of all batches."""
    alias = alias_within(view, axes, tensor)
    assert alias is not None
    own, found, wanted = _found_and_wanted(view, axes, tensor)
    channels = _extents(own)[1]
    return [(n * channels + c, h, w) for n, c, h, w in found] == [
        (alias.start + n * alias.step + c, h, w) for n, c, h, w in wanted
    ]


def _random_part(source: random.Random, shape: tuple[int, ...]) -> View:
    """Return what attention makes of a tensor: an axis sliced or divided, then others changed around."""
    view = View.whole(shape)
    for axis in range(len(shape)):
        extent = view.shape[axis]
        assert isinstance(extent, int)
        if extent % 8 == 0 and extent > 8 and source.random() < 0.7:
            start = source.choice((0, 4, 8, 8))
            part = view.slice(axis, start, 1, source.choice((4, extent - start, 8)))
            view = part if part is not None and source.random() < 0.7 else view
    extent = view.shape[-1]
    if isinstance(extent, int) and extent % 8 == 0 and source.random() < 0.5:
        view = view.reshape((*view.shape[:-1], extent // 8, 8)) or view
    order = list(range(len(view.shape)))
    source.shuffle(order)
    return view.transpose(tuple(order))


def test_aliases_read_what_is_there() -> None:
    """What is claimed to lie among the channels of a tensor does; blocks of 8 channels keep their texels."""
    source = random.Random(7)
    claimed = 0
    for _ in range(8000):
        shape = source.choice(WIDE_SHAPES)
        tensor = PlanTensor("float32", shape, Blocking(_expressible_axes(source, shape)))
        view = _random_part(source, shape)
        axes = axes_within(view, tensor) or _random_axes(source, len(view.shape))
        alias = alias_within(view, axes, tensor)
        if alias is not None:
            claimed += 1
            assert _is_within(view, axes, tensor), (view, axes, tensor)
            assert alias.start % 8 == 0 and alias.step % 8 == 0
    assert claimed > 500


@pytest.mark.parametrize("batch", [1, 3, symbol("n")])
def test_heads_lie_where_they_were_computed(batch: int) -> None:
    """Heads of 32 channels are split off and joined without a copy, keys also as a transposed matrix."""
    length = symbol("length")
    projected = PlanTensor("float32", (batch, length, 96), Blocking(matrix_axes(3)))
    split = View.whole(projected.shape).reshape((batch, length, 3, 32))
    assert split is not None
    for order, axes in (((0, 2, 1, 3), matrix_axes(4)), ((0, 2, 3, 1), transposed_matrix_axes(4))):
        alias = alias_within(split.transpose(order), axes, projected)
        assert alias is not None and (alias.start, alias.step) == (0, 32)
        assert axes_within(split.transpose(order), projected) == axes
    mixed = PlanTensor("float32", (batch, 3, length, 32), Blocking(matrix_axes(4)))
    joined = View.whole(mixed.shape).transpose((0, 2, 1, 3))
    alias = alias_within(joined, ((0,), (2, 3), (), (1,)), mixed)
    assert alias is not None and (alias.start, alias.step) == (0, 96)


def test_heads_of_other_sizes_are_copied() -> None:
    """12 channels end amid the planes of devices with two channel groups a texel group."""
    projected = PlanTensor("float32", (1, 5, 24), Blocking(matrix_axes(3)))
    split = View.whole(projected.shape).reshape((1, 5, 2, 12))
    assert split is not None
    assert alias_within(split.transpose((0, 2, 1, 3)), matrix_axes(4), projected) is None
