"""Slices, pads, repetitions and gathers."""

from __future__ import annotations

from typing import Any

import numpy as np

from free_sizes.random_graphs import DeadEndError, Growing, combine, constantly, known, move
from free_sizes.random_moves.choosing import any_float, broadcast, image, integer_input, named, operand
from free_sizes.random_moves.extents import arithmetic, computed, concatenated, extents_of, shape_of


def sliced(extent: int, start: int, end: int, step: int) -> int:
    return len(range(extent)[slice(start, None if end < -99 else end, step)])


@move("Slice", cost=1)
def slice_by_numbers(growing: Growing) -> None:
    source = any_float(growing)
    axis = int(growing.random.integers(source.rank))
    start, end, step = growing.one_of(
        (
            (1, 100, 1),
            (0, -1, 1),
            (0, 3, 1),
            (-2, 100, 1),
            (0, 100, 2),
            (1, -1, 1),
            (-1, -100, -1),
            (-1, -100, -2),
        )
    )
    extent = combine(lambda number: sliced(number, start, end, step), source.shape[axis])
    bounds = [growing.integers(number) for number in (start, end, axis, step)]
    shape = (*source.shape[:axis], extent, *source.shape[axis + 1 :])
    growing.node("Slice", [source, *bounds[: 3 if step == 1 else 4]], shape)


@move("Slice", "Shape", cost=6)
def slice_to_a_length(growing: Growing) -> None:
    """The part of one value, or of a table, that is as long as another."""
    other = any_float(growing)
    axis = int(growing.random.integers(other.rank))
    end = extents_of(growing, other, axis, axis + 1)
    if growing.chance(0.4):
        end = computed(growing, end)
    assert end.elements is not None
    if growing.chance(0.6):
        width = known(other.shape[-1]) if axis != other.rank - 1 else None
        table = growing.weights(*((24,) if axis == other.rank - 1 else (24, width or 3)))
        part = combine(lambda number: min(max(number, 0), 24), end.elements[0])
        growing.demand([number >= 0 for number in end.elements[0]])
        cut = growing.node("Slice", [table, growing.integers(0), end], (part, *table.shape[1:]))
        if axis == other.rank - 1 or (axis == other.rank - 2 and width):
            growing.node("Add", [other, cut], broadcast(growing, other.shape, cut.shape))
        return
    source = any_float(growing)
    place = int(growing.random.integers(source.rank))
    growing.demand([number >= 0 for number in end.elements[0]])
    if growing.chance(0.5):
        extent = combine(lambda number, limit: min(number, limit), source.shape[place], end.elements[0])
        bounds = [growing.integers(0), end]
    else:
        extent = combine(lambda number, limit: max(number - limit, 0), source.shape[place], end.elements[0])
        bounds = [end, growing.integers(2**63 - 1)]
    shape = (*source.shape[:place], extent, *source.shape[place + 1 :])
    growing.node("Slice", [source, *bounds, growing.integers(place)], shape)


@move("Pad", cost=1)
def pad(growing: Growing) -> None:
    source = any_float(growing)
    before = [int(number) for number in growing.random.integers(0, 3, source.rank)]
    after = [int(number) for number in growing.random.integers(-1, 3, source.rank)]
    mode = growing.one_of(("constant", "constant", "edge", "reflect"))
    if mode == "reflect":
        before, after = ([max(min(number, 1), 0) for number in side] for side in (before, after))
        for low, high, extent in zip(before, after, source.shape, strict=True):
            growing.demand([not (low or high) or number >= 2 for number in extent])
    if mode == "edge":
        growing.demand([all(extent[case] for extent in source.shape) for case in range(len(growing.alive))])
    if mode != "constant":
        after = [max(number, 0) for number in after]
    shape = [
        combine(lambda number, low=low, high=high: number + low + high, extent)
        for low, high, extent in zip(before, after, source.shape, strict=True)
    ]
    growing.node("Pad", [source, growing.integers(*before, *after)], shape, mode=mode)


@move("Pad", "Mod", "Shape", cost=8)
def pad_to_a_multiple(growing: Growing) -> None:
    source = image(growing, 4)
    tail = extents_of(growing, source, 2, 4)
    unit = int(growing.one_of((4, 8, 3)))
    turned = growing.node(
        "Neg", [tail], tail.shape, "int64", [combine(lambda n: -n, e) for e in tail.elements or ()]
    )
    missing = arithmetic(growing, "Mod", turned, growing.constant(unit, "int64"))
    pads = concatenated(growing, growing.integers(0, 0, 0, 0, 0, 0), missing)
    shape = (
        *source.shape[:2],
        *(combine(lambda n: -(-n // unit) * unit, extent) for extent in source.shape[2:]),
    )
    growing.node("Pad", [source, pads], shape)


@move("Tile", cost=1)
def tile(growing: Growing) -> None:
    source = any_float(growing)
    repeats = [int(growing.one_of((1, 1, 2, 3))) for _ in source.shape]
    shape = [
        combine(lambda n, times=times: n * times, e) for times, e in zip(repeats, source.shape, strict=True)
    ]
    growing.node("Tile", [source, growing.integers(*repeats)], shape)


@move("Tile", "Shape", "Concat", cost=7)
def tile_by_a_length(growing: Growing) -> None:
    source, other = any_float(growing, 1, 3), any_float(growing)
    axis = int(growing.random.integers(other.rank))
    times = extents_of(growing, other, axis, axis + 1)
    assert times.elements is not None
    ones = growing.integers(*[1] * (source.rank - 1))
    repeats = concatenated(growing, times, ones) if source.rank > 1 else times
    shape = (combine(lambda a, b: a * b, source.shape[0], times.elements[0]), *source.shape[1:])
    growing.node("Tile", [source, repeats], shape)


@move("Expand", cost=1)
def expand_by_numbers(growing: Growing) -> None:
    source = any_float(growing, 1, 3)
    target = [
        int(growing.one_of((1, 2)))
        if known(e) != 1 and growing.chance(0.1)
        else int(growing.one_of((1, 3)))
        if known(e) == 1
        else 1
        for e in source.shape
    ]
    if growing.chance(0.4):
        target.insert(0, 2)
    shape = broadcast(growing, source.shape, [constantly(number) for number in target])
    growing.node("Expand", [source, growing.integers(*target)], shape)


@move("Expand", "Shape", cost=2)
def expand_to_another(growing: Growing) -> None:
    other = any_float(growing)
    source = operand(growing, other.shape)
    growing.node("Expand", [source, shape_of(growing, other)], broadcast(growing, source.shape, other.shape))


@move("Expand", "Where", "Equal", "ConstantOfShape", cost=7)
def expand_by_where(growing: Growing) -> None:
    """The way PyTorch writes an expand with -1: those extents are replaced by ones."""
    other = any_float(growing, 2, 3)
    source = operand(growing, other.shape)
    wanted = [-1 if growing.chance(0.5) else 1 for _ in other.shape]
    target = growing.integers(*wanted)
    ones = growing.node(
        "ConstantOfShape",
        [growing.integers(other.rank)],
        [constantly(other.rank)],
        "int64",
        [constantly(1)] * other.rank,
        value=int_tensor(1),
    )
    free = growing.node("Equal", [target, growing.constant(-1, "int64")], target.shape, "bool")
    shape = shape_of(growing, other)
    assert shape.elements is not None
    chosen = growing.node(
        "Where",
        [free, shape, ones],
        shape.shape,
        "int64",
        [
            extent if number < 0 else constantly(1)
            for number, extent in zip(wanted, shape.elements, strict=True)
        ],
    )
    assert chosen.elements is not None
    growing.node("Expand", [source, chosen], broadcast(growing, source.shape, chosen.elements))


def int_tensor(number: int) -> Any:
    from onnx import numpy_helper

    return numpy_helper.from_array(np.array([number], np.int64))


@move("Gather", cost=1)
def gather_one(growing: Growing) -> None:
    source = any_float(growing, 2)
    axis = int(growing.random.integers(source.rank))
    index = int(growing.one_of((0, -1, 1)))
    growing.demand([-number <= index < number for number in source.shape[axis]])
    shape = (*source.shape[:axis], *source.shape[axis + 1 :])
    growing.node("Gather", [source, growing.constant(index, "int64")], shape, axis=axis)


@move("Gather", cost=1)
def gather_rows(growing: Growing) -> None:
    ids = integer_input(growing)
    if growing.chance(0.6):
        source, axis = growing.weights(5, 4), 0
    else:
        source = growing.pick(lambda value: any((known(extent) or 0) >= 3 for extent in value.shape))
        axis = growing.one_of([axis for axis, extent in enumerate(source.shape) if (known(extent) or 0) >= 3])
    shape = (*source.shape[:axis], *ids.shape, *source.shape[axis + 1 :])
    if len(shape) > 4:
        raise DeadEndError
    growing.node("Gather", [source, ids], shape, axis=axis)


@move("GatherElements", cost=1)
def gather_elements(growing: Growing) -> None:
    source = growing.pick(lambda value: any((known(extent) or 0) >= 3 for extent in value.shape))
    axis = growing.one_of([axis for axis, extent in enumerate(source.shape) if (known(extent) or 0) >= 3])
    dimensions = [2 if k == axis else known(e) or named(growing, e) for k, e in enumerate(source.shape)]
    if None in dimensions:
        raise DeadEndError
    ids = growing.input(dimensions, "int64")
    growing.node("GatherElements", [source, ids], ids.shape, axis=axis)


@move("OneHot", cost=2)
def one_hot(growing: Growing) -> None:
    ids = integer_input(growing)
    values = growing.constant([0, 1], "float32")
    shape = (*ids.shape, constantly(4))
    growing.node("OneHot", [ids, growing.constant(4, "int64"), values], shape)


@move("Trilu", cost=1)
def trilu(growing: Growing) -> None:
    source = any_float(growing, 2)
    growing.node("Trilu", [source], source.shape, upper=int(growing.chance(0.5)))
