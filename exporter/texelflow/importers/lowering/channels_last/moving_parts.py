"""Parts of tensors whose place a run may decide."""

from __future__ import annotations

from collections.abc import Sequence

from texelflow.dimensions import Dimension, proved_equal
from texelflow.graph import Value
from texelflow.operators.builder import GraphBuilder


def dynamic_slice(
    builder: GraphBuilder,
    result: str,
    x: Value,
    shape: Sequence[Dimension],
    starts: Sequence[Value],
    sizes: Sequence[Dimension],
) -> Value:
    """Return a part of x, of that shape, of given sizes; each axis begins at an int64 number (rank 0).

    A run may decide the numbers. What would reach beyond an end begins earlier.
    """
    for axis, (extent, start, size) in enumerate(zip(shape, starts, sizes, strict=True)):
        if not proved_equal(extent, size):
            first = _fitting(builder, start, extent, size)
            places = builder.add("Add", "taken_places", builder.places("places", size), first)
            x = builder.add("Gather", "taken", x, places, axis=axis)
    return builder.add("Identity", result, x)


def dynamic_update(
    builder: GraphBuilder,
    result: str,
    x: Value,
    update: Value,
    shape: Sequence[Dimension],
    sizes: Sequence[Dimension],
    starts: Sequence[Value],
) -> Value:
    """Return x, of that shape, with `update` of given sizes in it, which begins as in `dynamic_slice`.

    Each place takes the nearest element of the update, and keeps its own where that does not reach it.
    """
    replaced = None
    for axis, (extent, start, size) in enumerate(zip(shape, starts, sizes, strict=True)):
        if proved_equal(extent, size):
            continue
        first = _fitting(builder, start, extent, size)
        places = builder.add("Sub", "places_there", builder.places("places", extent), first)
        nearest = builder.add(
            "Min",
            "nearest",
            builder.add("Max", "not_before", places, builder.index("none", 0)),
            builder.index("last", size - 1),
        )
        update = builder.add("Gather", "spread", update, nearest, axis=axis)
        inside = builder.reshape(
            "upright",
            builder.add("Equal", "is_inside", places, nearest),
            [extent, *[1] * (len(shape) - axis - 1)],
        )
        replaced = inside if replaced is None else builder.add("And", "replaced", replaced, inside)
    if replaced is None:
        return builder.add("Identity", result, update)
    return builder.add("Where", result, replaced, update, x)


def _fitting(builder: GraphBuilder, start: Value, extent: Dimension, size: Dimension) -> Value:
    """Return where a part of an axis begins, so that it fits."""
    positive = builder.add("Max", "positive", start, builder.index("zero", 0))
    return builder.add("Min", "fitting", positive, builder.index("room", extent - size))
