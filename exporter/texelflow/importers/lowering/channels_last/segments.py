"""Rows that are joined by the numbers of the segments that they belong to."""

from __future__ import annotations

from texelflow.dimensions import Dimension
from texelflow.graph import FLOATING, Value
from texelflow.operators.builder import GraphBuilder

_JOINED = {
    "Sum": ("add", 0.0),
    "Prod": ("mul", 1.0),
    "Max": ("max", -3.4028234663852886e38),
    "Min": ("min", 3.4028234663852886e38),
}
"""How rows are joined, and what a segment without rows has."""


def segments(
    builder: GraphBuilder, result: str | Value, x: Value, numbers: Value, count: Dimension, how: str
) -> Value:
    """Return the Sum, Prod, Max or Min (`how`) of the rows of each of `count` segments.

    Row i of x belongs to segment numbers[i], which may have several axes; to none where that is negative, or
    too large. Reads the types of x and of `numbers`.

    Raises:
        ValueError: the largest and the least number of x's element type are not known here.
    """
    reduction, number = _JOINED[how]
    if how in ("Max", "Min") and x.dtype not in ("float32", "int32"):
        raise ValueError(f"its rows are of type {x.dtype}; float32 and int32 are supported")
    if how in ("Max", "Min") and x.dtype == "int32":
        number = -(2**31) if how == "Max" else 2**31 - 1
    wide = builder.cast("indices", numbers, "int64")
    # Rows of no segment go to one more, behind the others.
    behind = builder.index("outside", count)
    is_none = builder.add("Less", "is_negative", wide, builder.index("zero", 0))
    placed = builder.add("Min", "within", builder.add("Where", "placed", is_none, behind, wide), behind)
    places = builder.add("Unsqueeze", "places", placed, builder.vector("last", [-1]))
    shape = builder.vector("rows", [count + 1, *x.shape[len(numbers.shape) :]])
    nothing = builder.scalar("nothing", x.dtype, number if x.dtype in FLOATING else int(number))
    empty = builder.add("Expand", "empty", nothing, shape)
    joined = builder.add("ScatterND", "joined", empty, places, x, reduction=reduction)
    bounds = (("first", 0), ("end", count), ("axis", 0))
    return builder.add("Slice", result, joined, *(builder.vector(name, [at]) for name, at in bounds))
