"""Elements of small tensors in row-major order, for evaluation at export."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import prod
from typing import TypeVar

from texelflow.graph import Element

Item = TypeVar("Item")


def strides(shape: Sequence[int]) -> list[int]:
    """Return how far apart two neighbours along each axis lie."""
    return [prod(shape[axis + 1 :]) for axis in range(len(shape))]


def positions(shape: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Yield every index of a tensor in row-major order."""
    return product(*map(range, shape))


def gather_view(
    elements: Sequence[Item], shape: Sequence[int], steps: Sequence[int], offset: int = 0
) -> list[Item]:
    """Return `elements[offset + Σ index·step]` for every index of `shape`, row-major."""
    return [
        elements[offset + sum(i * step for i, step in zip(index, steps, strict=True))]
        for index in positions(shape)
    ]


def broadcast_elements(
    elements: Sequence[Element], shape: Sequence[int], target: Sequence[int]
) -> list[Element]:
    """Return the elements of a tensor of `shape` broadcast to `target`."""
    if list(shape) == list(target):
        return list(elements)
    padded = [1] * (len(target) - len(shape)) + list(shape)
    steps = [0 if size == 1 else step for size, step in zip(padded, strides(padded), strict=True)]
    return gather_view(elements, target, steps)
