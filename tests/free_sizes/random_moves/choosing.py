"""What moves choose to work on: values that fit, and operands that broadcast with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from free_sizes.random_graphs import DeadEndError, Extent, Growing, Value, combine, constantly, known


def broadcast(growing: Growing, *shapes: Sequence[Extent]) -> list[Extent]:
    """Return the shape that shapes broadcast to; assignments where they do not are given up."""
    rank = max(map(len, shapes))
    result = [constantly(1)] * rank
    for shape in shapes:
        for axis, extent in enumerate(shape, rank - len(shape)):
            before = result[axis]
            growing.demand([a == b or a == 1 or b == 1 for a, b in zip(before, extent, strict=True)])
            result[axis] = combine(lambda a, b: b if a == 1 else a, before, extent)
    return result


def operand(growing: Growing, shape: Sequence[Extent], only_into: bool = False) -> Value:
    """Return another value that broadcasts with a shape: one that is there, a new input, or a constant."""
    kind = growing.random.random()
    if kind < 0.35:
        candidates = []
        for value in growing.values:
            if value.dtype != "float32" or (only_into and value.rank > len(shape)):
                continue
            trial = growing.copy()
            try:
                merged = broadcast(trial, shape, value.shape)
            except DeadEndError:
                continue
            if not only_into or list(merged) == list(shape):
                candidates.append(value)
        if candidates:
            value: Value = growing.one_of(candidates)
            return value
    if kind < 0.8:
        axes = list(
            shape[int(growing.random.integers(len(shape))) :] if shape and growing.chance(0.3) else shape
        )
        dimensions: list[str | int] = []
        for extent in axes:
            number, roll = known(extent), growing.random.random()
            if roll < 0.2 or (number is not None and roll < 0.4):
                dimensions.append(1)
            elif number is not None and roll < 0.8:
                dimensions.append(number)
            elif roll < 0.6 and (name := named(growing, extent)) is not None:
                dimensions.append(name)
            else:
                dimensions.append(growing.partner(extent, may_be_one=True))
        result = growing.input(dimensions)
        if only_into:
            for a, b in zip(reversed(result.shape), reversed(shape), strict=False):
                growing.demand([x in (y, 1) for x, y in zip(a, b, strict=True)])
        return result
    return growing.weights(*(known(extent) or 1 for extent in shape[-1:]))


def named(growing: Growing, extent: Extent) -> str | None:
    """Return the symbol of an extent, if it has one."""
    return next((name for name, sizes in growing.symbols.items() if sizes == extent), None)


def image(growing: Growing, rank: int | None = None) -> Value:
    """Return a value with a fixed number of channels and one or two axes behind them."""
    ranks = (3, 4) if rank is None else (rank,)
    return pick_or_add(
        growing,
        lambda value: (
            value.rank in ranks and bool(known(value.shape[1])) and (known(value.shape[1]) or 9) <= 8
        ),
        lambda: [
            growing.free_extent(),
            int(growing.one_of((1, 3, 4, 8))),
            growing.new_symbol(True),
            growing.new_symbol(True),
        ],
    )


def pick_or_add(
    growing: Growing, fits: Callable[[Value], bool], dimensions: Callable[[], Sequence[str | int]]
) -> Value:
    """Return a value that fits, or, sometimes, a new input where there is none."""
    try:
        return growing.pick(fits)
    except DeadEndError:
        if growing.chance(0.5) or len(growing.inputs) > 4:
            raise
        return growing.input(dimensions())


def any_float(growing: Growing, least: int = 1, most: int = 4) -> Value:
    """Return a float value of a rank between two."""
    return growing.pick(lambda value: least <= value.rank <= most)


def integer_input(growing: Growing) -> Value:
    """Return an input of int64 whose axes are those of a value, or free."""
    source = any_float(growing)
    extents = [named(growing, extent) or known(extent) or growing.free_extent() for extent in source.shape]
    return growing.input(extents[: int(growing.random.integers(1, 3))], "int64")
