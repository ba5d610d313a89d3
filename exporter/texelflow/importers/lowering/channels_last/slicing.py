"""StridedSlice: what Python's brackets take of a tensor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from texelflow.dimensions import Dimension
from texelflow.graph import Value
from texelflow.operators.builder import GraphBuilder
from texelflow.operators.onnx.slice import UNLIMITED

FORWARD = UNLIMITED
BACKWARD = -UNLIMITED


@dataclass(frozen=True, slots=True)
class SliceMasks:
    """Bits, one for each entry of begin, end and strides; of several, ellipsis and new axis win.

    `begin` and `end`: the bound is that of the axis. `ellipsis`: it stands for all axes not named.
    `new_axis`: it is an axis more, of extent 1. `shrink_axis`: it is an index, and the axis goes.
    """

    begin: int = 0
    end: int = 0
    ellipsis: int = 0
    new_axis: int = 0
    shrink_axis: int = 0


def strided_slice(
    builder: GraphBuilder,
    result: str | Value,
    x: Value,
    rank: int,
    begin: Sequence[Dimension],
    end: Sequence[Dimension],
    strides: Sequence[Dimension],
    masks: SliceMasks,
) -> Value:
    """Return what `x[begin:end:strides]` takes, x of `rank` axes; bounds may be expressions, strides numbers.

    Raises:
        ValueError: the entries fit neither each other nor the axes, or a stride is 0 or no number.
    """
    if not len(begin) == len(end) == len(strides):
        raise ValueError(f"it has {len(begin)} begins, {len(end)} ends and {len(strides)} strides")
    if masks.ellipsis & (masks.ellipsis - 1):
        raise ValueError("it has several ellipses")
    entries = range(len(begin))
    named = [index for index in entries if not (masks.ellipsis | masks.new_axis) >> index & 1]
    if len(named) > rank:
        raise ValueError(f"it names {len(named)} axes of {rank}")
    cuts: list[tuple[int, Dimension, Dimension, int]] = []
    picks: list[tuple[int, Dimension]] = []
    added: list[int] = []
    axis = made = 0
    for index in entries:
        if masks.ellipsis >> index & 1:
            axis += rank - len(named)
            made += rank - len(named)
            continue
        if masks.new_axis >> index & 1:
            added.append(made)
            made += 1
            continue
        first, step = begin[index], strides[index]
        if masks.shrink_axis >> index & 1:
            picks.append((axis, first))
            axis += 1
            continue
        if not isinstance(step, int) or step == 0:
            raise ValueError(f"its stride of axis {axis} is {step}; a number other than 0 is needed")
        last = end[index]
        if masks.begin >> index & 1:
            first = 0 if step > 0 else FORWARD
        if masks.end >> index & 1:
            last = FORWARD if step > 0 else BACKWARD
        everything = isinstance(first, int) and not first and isinstance(last, int) and last >= FORWARD
        if not everything or step != 1:
            cuts.append((axis, first, last, step))
        axis += 1
        made += 1
    return _taken(builder, result, x, cuts, picks, added)


def _taken(
    builder: GraphBuilder,
    result: str | Value,
    x: Value,
    cuts: list[tuple[int, Dimension, Dimension, int]],
    picks: list[tuple[int, Dimension]],
    added: list[int],
) -> Value:
    """Return x cut, then without the axes of which one index is picked, then with new axes."""
    dropped: list[int] = []
    for axis, index in picks:
        if isinstance(index, int):
            cuts.append((axis, index, FORWARD if index == -1 else index + 1, 1))
            dropped.append(axis)
    if cuts:
        axes, firsts, ends, steps = ([cut[field] for cut in cuts] for field in range(4))
        bounds = (("begin", firsts), ("end", ends), ("axes", axes), ("strides", steps))
        x = builder.add("Slice", "cut", x, *(builder.vector(name, list(each)) for name, each in bounds))
    for axis, index in reversed(picks):
        if not isinstance(index, int):  # it may be counted from the end
            x = builder.add("Gather", "picked", x, builder.index("index", index), axis=axis)
            dropped = [other - (other > axis) for other in dropped]
    if dropped:
        x = builder.add("Squeeze", "squeezed", x, builder.vector("dropped", sorted(dropped)))
    if added:
        return builder.add("Unsqueeze", result, x, builder.vector("added", added))
    return builder.add("Identity", result, x)
