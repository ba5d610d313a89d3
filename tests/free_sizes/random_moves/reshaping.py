"""Transpositions, reshapes, joins and splits."""

from __future__ import annotations

import numpy as np

from free_sizes.random_graphs import CASES, DeadEndError, Extent, Growing, combine, constantly, known, move
from free_sizes.random_moves.choosing import any_float, named
from free_sizes.random_moves.extents import arithmetic, concatenated, extents_of, shape_of


@move("Transpose", cost=1)
def transpose(growing: Growing) -> None:
    source = any_float(growing, 2)
    order = [int(axis) for axis in growing.random.permutation(source.rank)]
    growing.node("Transpose", [source], [source.shape[axis] for axis in order], perm=order)


@move("Flatten", cost=1)
def flatten(growing: Growing) -> None:
    source = any_float(growing)
    axis = int(growing.random.integers(source.rank + 1))
    product = lambda *extents: int(np.prod(extents))
    shape = (
        combine(product, *source.shape[:axis]) if axis else constantly(1),
        combine(product, *source.shape[axis:]) if axis < source.rank else constantly(1),
    )
    growing.node("Flatten", [source], shape, axis=axis)


@move("Unsqueeze", cost=1)
def unsqueeze(growing: Growing) -> None:
    source = any_float(growing, 0, 3)
    axis = int(growing.random.integers(source.rank + 1))
    shape = (*source.shape[:axis], constantly(1), *source.shape[axis:])
    growing.node("Unsqueeze", [source, growing.integers(axis)], shape)


@move("Squeeze", cost=1)
def squeeze(growing: Growing) -> None:
    source = growing.pick(lambda value: value.rank > 1 and constantly(1) in value.shape)
    axis = growing.one_of([axis for axis, extent in enumerate(source.shape) if extent == constantly(1)])
    growing.node(
        "Squeeze", [source, growing.integers(axis)], (*source.shape[:axis], *source.shape[axis + 1 :])
    )


@move("Squeeze", cost=1)
def squeeze_of_a_free_axis(growing: Growing) -> None:
    source = growing.input([1, growing.partner(constantly(1), may_be_one=False), growing.free_extent()])
    growing.demand([number == 1 for number in source.shape[1]])
    growing.node("Squeeze", [source, growing.integers(1)], (source.shape[0], source.shape[2]))


@move("Reshape", cost=1)
def reshape_by_constant(growing: Growing) -> None:
    source = any_float(growing, 2)
    product = lambda *extents: int(np.prod(extents))
    if growing.chance(0.3):
        number = int(growing.one_of((2, 3, 4)))
        total = combine(product, *source.shape)
        growing.demand([one % number == 0 for one in total])
        shape, target = (combine(lambda one: one // number, total), constantly(number)), [-1, number]
        if growing.chance(0.5):
            shape, target = (shape[1], shape[0]), [number, -1]
    elif growing.chance(0.5):
        kept = int(growing.random.integers(1, source.rank))
        shape = (*source.shape[:kept], combine(product, *source.shape[kept:]))
        target = [0] * kept + [-1]
        growing.demand([all(extent[case] for extent in source.shape) for case in range(len(growing.alive))])
    else:
        shape, target = (combine(product, *source.shape),), [-1]
    growing.node("Reshape", [source, growing.integers(*target)], shape)


@move("Reshape", "Shape", "Concat", cost=7)
def reshape_by_shape(growing: Growing) -> None:
    source = any_float(growing, 3)
    count = int(growing.random.integers(1, source.rank - 1))
    front = extents_of(growing, source, 0, count)
    product = lambda *extents: int(np.prod(extents))
    rest = combine(product, *source.shape[count:])
    growing.demand([all(extent[case] for extent in source.shape) for case in range(len(growing.alive))])
    last = known(source.shape[-1])
    if last and growing.chance(0.5):
        target = concatenated(growing, front, growing.integers(-1, last))
        shape: tuple[Extent, ...] = (
            *source.shape[:count],
            combine(lambda n: n // last, rest),
            constantly(last),
        )
    else:
        target = concatenated(growing, front, growing.integers(-1))
        shape = (*source.shape[:count], rest)
    growing.node("Reshape", [source, target], shape)


@move("Reshape", "Shape", cost=2)
def reshape_like_another(growing: Growing) -> None:
    source = any_float(growing, 2)
    other = any_float(growing, 1)
    product = lambda *extents: int(np.prod(extents))
    sizes = zip(combine(product, *source.shape), combine(product, *other.shape), strict=True)
    growing.demand([a == b for a, b in sizes])
    if source.shape == other.shape:
        raise DeadEndError
    growing.node("Reshape", [source, shape_of(growing, other)], other.shape)


@move("Reshape", "Mul", cost=6)
def merge_axes(growing: Growing) -> None:
    source = growing.pick(lambda value: value.rank in (3, 4))
    first, second = extents_of(growing, source, 0, 1), extents_of(growing, source, 1, 2)
    merged = arithmetic(growing, "Mul", first, second)
    assert merged.elements is not None
    target = concatenated(growing, merged, growing.integers(*[-1] if source.rank == 3 else [0, 0]))
    if source.rank == 4:
        raise DeadEndError
    growing.demand([all(extent[case] for extent in source.shape) for case in range(len(growing.alive))])
    growing.node("Reshape", [source, target], (merged.elements[0], source.shape[2]))


@move("Concat", cost=1)
def concat(growing: Growing) -> None:
    source = any_float(growing)
    axis = int(growing.random.integers(source.rank))
    if growing.chance(0.4):
        sides = [extent for k, extent in enumerate(source.shape) if k != axis]
        other = growing.pick(
            lambda value: (
                value.rank == source.rank
                and [extent for k, extent in enumerate(value.shape) if k != axis] == sides
            )
        )
    else:
        dimensions: list[str | int] = []
        for k, extent in enumerate(source.shape):
            if k == axis:
                dimensions.append(
                    growing.free_extent() if growing.chance(0.5) else int(growing.one_of((1, 2, 5)))
                )
            elif (number := known(extent)) is not None and growing.chance(0.8):
                dimensions.append(number)
            elif (name := named(growing, extent)) is not None and growing.chance(0.6):
                dimensions.append(name)
            else:
                dimensions.append(growing.partner(extent, may_be_one=False))
        other = growing.input(dimensions)
    for k, (a, b) in enumerate(zip(source.shape, other.shape, strict=True)):
        if k != axis:
            growing.demand([x == y for x, y in zip(a, b, strict=True)])
    pair = [source, other] if growing.chance(0.5) else [other, source]
    joined = combine(lambda a, b: a + b, source.shape[axis], other.shape[axis])
    # ONNX Runtime passes over inputs without elements, whatever their shapes: a mistake is none to it there.
    growing.demand(
        [all(e[case] for e in (*source.shape, *other.shape)) or growing.alive[case] for case in range(CASES)]
    )
    growing.node("Concat", pair, (*source.shape[:axis], joined, *source.shape[axis + 1 :]), axis=axis)


@move("Split", cost=1)
def split_in_parts(growing: Growing) -> None:
    source = any_float(growing)
    fixed = [axis for axis, extent in enumerate(source.shape) if (known(extent) or 0) >= 2]
    axis = growing.one_of(fixed)
    extent = known(source.shape[axis]) or 2
    first = int(growing.random.integers(1, extent))
    shapes = [
        (*source.shape[:axis], constantly(part), *source.shape[axis + 1 :])
        for part in (first, extent - first)
    ]
    growing.several("Split", [source, growing.integers(first, extent - first)], shapes, axis=axis)


@move("Split", cost=1)
def split_of_a_free_axis(growing: Growing) -> None:
    source = any_float(growing)
    axis = int(growing.random.integers(source.rank))
    extent = source.shape[axis]
    growing.demand([number >= 2 for number in extent])
    parts = (combine(lambda number: -(-number // 2), extent), combine(lambda number: number // 2, extent))
    shapes = [(*source.shape[:axis], part, *source.shape[axis + 1 :]) for part in parts]
    growing.several("Split", [source], shapes, axis=axis, num_outputs=2)
