"""Borders: Pad and MirrorPad."""

from __future__ import annotations

from collections.abc import Sequence

from texelflow.dimensions import Dimension
from texelflow.graph import Value
from texelflow.operators.builder import GraphBuilder
from texelflow.operators.onnx.slice import UNLIMITED

Borders = Sequence[tuple[Dimension, Dimension]]
"""How many elements come before and behind each axis."""


def is_nothing(borders: Borders) -> bool:
    """Whether all borders are empty, at any size."""
    return all(isinstance(extent, int) and not extent for border in borders for extent in border)


def pad(
    builder: GraphBuilder, result: str | Value, x: Value, borders: Borders, fill: Value | None = None
) -> Value:
    """Return x with borders of a number, a scalar of the type of x; of zeros without one."""
    amounts = builder.vector("borders", [*(before for before, _ in borders), *(end for _, end in borders)])
    return builder.add("Pad", result, x, amounts, *([] if fill is None else [fill]))


def mirror_pad(
    builder: GraphBuilder, result: str | Value, x: Value, borders: Borders, symmetric: bool
) -> Value:
    """Return x with borders that mirror it; `symmetric` ones repeat the outermost elements, too.

    Raises:
        ValueError: a symmetric border depends on free sizes.
    """
    if not symmetric:
        amounts = [*(before for before, _ in borders), *(end for _, end in borders)]
        return builder.add("Pad", result, x, builder.vector("borders", amounts), mode="reflect")
    axes = [axis for axis, border in enumerate(borders) if not is_nothing([border])]
    for axis in axes:
        before, behind = borders[axis]
        if not isinstance(before, int) or not isinstance(behind, int):
            raise ValueError(f"its border of axis {axis} is {before} and {behind}; numbers are needed")
        parts = [x]
        if before:
            parts.insert(0, _mirrored(builder, x, axis, before - 1, -UNLIMITED))
        if behind:
            parts.append(_mirrored(builder, x, axis, UNLIMITED, -1 - behind))
        x = builder.add("Concat", result if axis == axes[-1] else "mirrored", *parts, axis=axis)
    return x if axes else builder.add("Identity", result, x)


def _mirrored(builder: GraphBuilder, x: Value, axis: int, first: int, end: int) -> Value:
    """Return elements of an axis backwards, from `first` to before `end`."""
    bounds = (("first", first), ("end", end), ("axis", axis), ("by", -1))
    return builder.add("Slice", "border", x, *(builder.vector(name, [bound]) for name, bound in bounds))
