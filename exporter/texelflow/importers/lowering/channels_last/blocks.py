"""Blocks of an image that become channels or entries of the batch, and back."""

from __future__ import annotations

from collections.abc import Sequence

from texelflow.dimensions import Dimension, floor_divide
from texelflow.graph import Value
from texelflow.importers.lowering.channels_last.layout import channels_first, channels_last, transpose
from texelflow.importers.lowering.channels_last.padding import is_nothing, pad
from texelflow.operators.builder import GraphBuilder


def depth_to_space(builder: GraphBuilder, result: str | Value, x: Value, block: int) -> Value:
    """Return [n, height, width, block² · channels] as [n, block · height, block · width, channels]."""
    image = channels_first(builder, "image", x, 4)
    made = builder.add("DepthToSpace", "spread", image, blocksize=block, mode="DCR")
    return channels_last(builder, result, made, 4)


def space_to_depth(builder: GraphBuilder, result: str | Value, x: Value, block: int) -> Value:
    """Return [n, block · height, block · width, channels] as [n, height, width, block² · channels]."""
    image = channels_first(builder, "image", x, 4)
    return channels_last(builder, result, builder.add("SpaceToDepth", "gathered", image, blocksize=block), 4)


def space_to_batch(
    builder: GraphBuilder,
    result: str | Value,
    x: Value,
    block: Sequence[int],
    paddings: Sequence[tuple[Dimension, Dimension]],
) -> Value:
    """Return SpaceToBatchND of x [batch, *spatial, …], padded by zeros; reads its shape.

    Which place of a block an element has becomes the outer part of its place in the batch.

    Raises:
        ValueError: a padded extent is no whole number of blocks.
    """
    count, rank = len(block), len(x.shape)
    _check(count, rank)
    padded, rest = _padded(builder, x, paddings), list(x.shape[count + 1 :])
    places: list[Dimension] = []
    for axis in range(count):
        extent = x.shape[axis + 1] + paddings[axis][0] + paddings[axis][1]
        if isinstance(extent, int) and extent % block[axis]:
            raise ValueError(
                f"axis {axis + 1}, padded to {extent}, is no multiple of its block {block[axis]}"
            )
        places.append(floor_divide(extent, block[axis]))
    apart: list[Dimension] = [x.shape[0]]
    for place, size in zip(places, block, strict=True):
        apart += [place, size]
    split = builder.reshape("apart", padded, [*apart, *rest])
    inner, outer = range(2, 2 * count + 1, 2), range(1, 2 * count + 1, 2)
    behind = range(2 * count + 1, 2 * count + 1 + len(rest))
    turned = transpose(builder, "turned", split, [*inner, 0, *outer, *behind])
    batch: Dimension = x.shape[0]
    for size in block:
        batch = batch * size
    return builder.reshape(result, turned, [batch, *places, *rest])


def batch_to_space(
    builder: GraphBuilder,
    result: str | Value,
    x: Value,
    block: Sequence[int],
    crops: Sequence[tuple[Dimension, Dimension]],
) -> Value:
    """Return BatchToSpaceND of x [batch, *spatial, …], which undoes `space_to_batch`; reads its shape.

    Raises:
        ValueError: the batch is no whole number of blocks.
    """
    count, rank = len(block), len(x.shape)
    _check(count, rank)
    places, rest = list(x.shape[1 : count + 1]), list(x.shape[count + 1 :])
    each = 1
    for size in block:
        each *= size
    if isinstance(x.shape[0], int) and x.shape[0] % each:
        raise ValueError(f"its batch of {x.shape[0]} is no multiple of its block of {each} elements")
    batch = floor_divide(x.shape[0], each)
    split = builder.reshape("apart", x, [*block, batch, *places, *rest])
    order = [count]
    for axis in range(count):
        order += [count + 1 + axis, axis]
    turned = transpose(builder, "turned", split, [*order, *range(2 * count + 1, 2 * count + 1 + len(rest))])
    whole = [place * size for place, size in zip(places, block, strict=True)]
    joined = builder.reshape("joined", turned, [batch, *whole, *rest])
    firsts = [first for first, _ in crops]
    ends = [size - end for size, (_, end) in zip(whole, crops, strict=True)]
    axes: list[Dimension] = list(range(1, count + 1))
    bounds = (("first", firsts), ("end", ends), ("axes", axes))
    return builder.add("Slice", result, joined, *(builder.vector(name, each) for name, each in bounds))


def _padded(builder: GraphBuilder, x: Value, paddings: Sequence[tuple[Dimension, Dimension]]) -> Value:
    none: tuple[Dimension, Dimension] = (0, 0)
    if is_nothing(paddings):
        return x
    behind = [none] * (len(x.shape) - 1 - len(paddings))
    return pad(builder, "padded", x, [none, *paddings, *behind])


def _check(count: int, rank: int) -> None:
    if not 1 <= count < rank:
        raise ValueError(f"its blocks have {count} axes, its input {rank}; the batch is not among them")
