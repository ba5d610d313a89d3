"""Axes that are numbers of a run: what is done along each is decided by comparing it with those named."""

from __future__ import annotations

from collections.abc import Sequence

from texelflow.dimensions import Dimension, equal, less, select
from texelflow.graph import Element, Node
from texelflow.operators.shapes import at_least, dimensions, sum_of


def choices(node: Node, axes: Sequence[Element], rank: int) -> list[list[Dimension]]:
    """Return for each axis which of the numbers names it, as 1 or 0; negative ones count from the end.

    That they are axes, and no axis is named twice, is constrained.
    """
    numbers = dimensions(node, axes, "axes")
    for number in numbers:
        at_least(node, number, -rank, "one of its axes")
        at_least(node, rank - 1 - number, 0, "what one of its axes is below the last")
    counted = [select(less(number, 0), number + rank, number) for number in numbers]
    chosen = [[equal(number, axis) for number in counted] for axis in range(rank)]
    for axis, by_number in enumerate(chosen):
        at_least(node, 1 - sum_of(by_number), 0, f"how often axis {axis} may be named again")
    return chosen


def masks(node: Node, axes: Sequence[Element], rank: int) -> list[Dimension]:
    """Return 1 for each axis that is named, and 0 for the others."""
    return [sum_of(by_number) for by_number in choices(node, axes, rank)]


def without(extents: Sequence[Dimension], masked: Sequence[Dimension], count: int) -> list[Dimension]:
    """Return the extents that are not masked, of which there are `count`, in their order."""
    result: list[Dimension] = []
    for place in range(count):
        before: Dimension = 0
        parts: list[Dimension] = []
        for extent, mask in zip(extents, masked, strict=True):
            parts.append(select(equal(before + mask * (len(extents) + 1), place), extent, 0))
            before = before + 1 - mask
        result.append(sum_of(parts))
    return result


def with_ones(extents: Sequence[Dimension], masked: Sequence[Dimension]) -> list[Dimension]:
    """Return 1 for each axis that is masked, and for the others the extents in their order."""
    result: list[Dimension] = []
    before: Dimension = 0
    for mask in masked:
        parts = [select(equal(before, place), extent, 0) for place, extent in enumerate(extents)]
        result.append(select(mask, 1, sum_of(parts)))
        before = before + 1 - mask
    return result
