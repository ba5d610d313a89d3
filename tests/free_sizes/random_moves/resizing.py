"""Resizes, and pyramids of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from free_sizes.random_graphs import CASES, Extent, Growing, combine, constantly, known, move
from free_sizes.random_moves.choosing import broadcast, image
from free_sizes.random_moves.extents import computed, concatenated, extents_of, shape_of
from free_sizes.random_moves.windows import window

RESIZE_MODES: tuple[dict[str, Any], ...] = (
    {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"},
    {"mode": "nearest"},
    {"mode": "linear"},
    {"mode": "linear", "coordinate_transformation_mode": "align_corners"},
    {"mode": "linear", "coordinate_transformation_mode": "pytorch_half_pixel"},
    {"mode": "cubic"},
)


def resized(growing: Growing, extent: Extent, scale: float) -> Extent:
    growing.demand(
        [np.floor(np.float32(scale) * np.float32(number)) >= 1 or number == 0 for number in extent]
    )
    return combine(lambda number: int(np.floor(np.float32(scale) * np.float32(number))), extent)


@move("Resize", cost=1)
def resize_by_scales(growing: Growing) -> None:
    source = image(growing)
    growing.demand_elements(source)
    scale = float(growing.one_of((2, 2, 0.5, 1.3, 1.5, 3, 0.75)))
    attributes = dict(growing.one_of(RESIZE_MODES[: 5 if source.rank == 3 else 6]))
    if attributes.get("coordinate_transformation_mode") == "align_corners":
        scale = 2.0
    scales = growing.constant([1, 1, *[scale] * (source.rank - 2)], "float32")
    extents = [resized(growing, extent, scale) for extent in source.shape[2:]]
    growing.node("Resize", [source, None, scales], (*source.shape[:2], *extents), **attributes)


@move("Resize", "Shape", cost=2)
def resize_to_another(growing: Growing) -> None:
    source = image(growing, 4)
    other = growing.pick(lambda value: value.rank == 4 and value.shape[:2] == source.shape[:2])
    growing.demand_elements(source)
    sizes = shape_of(growing, other)
    attributes = dict(growing.one_of(RESIZE_MODES[:3]))
    growing.demand([a != 0 and b != 0 for a, b in zip(*other.shape[2:], strict=True)])
    growing.node("Resize", [source, None, None, sizes], other.shape, **attributes)


@move("Resize", "Shape", "Concat", cost=8)
def resize_to_computed(growing: Growing) -> None:
    source = image(growing, 4)
    growing.demand_elements(source)
    front = extents_of(growing, source, 0, 2)
    tail = computed(growing, extents_of(growing, source, 2, 4))
    sizes = concatenated(growing, front, tail)
    assert sizes.elements is not None
    growing.demand([min(extent[case] for extent in sizes.elements) > 0 for case in range(len(growing.alive))])
    growing.node(
        "Resize", [source, None, None, sizes], sizes.elements, **dict(growing.one_of(RESIZE_MODES[:3]))
    )


@move("Resize", "Conv", "Add", cost=4)
def pyramid(growing: Growing) -> None:
    """What is pooled comes back to the size it had."""
    source = image(growing, 4)
    channels = known(source.shape[1]) or 1
    growing.demand_elements(source)
    operator = growing.one_of(("MaxPool", "AveragePool"))
    half = [window(growing, extent, 2, 2, 0, 0, 1) for extent in source.shape[2:]]
    pooled = growing.node(operator, [source], (*source.shape[:2], *half), kernel_shape=[2, 2], strides=[2, 2])
    mixed = growing.node("Conv", [pooled, growing.weights(channels, channels, 1, 1)], pooled.shape)
    doubled = (*source.shape[:2], *(combine(lambda number: 2 * number, extent) for extent in half))
    scales = growing.constant([1, 1, 2, 2], "float32")
    up = growing.node("Resize", [mixed, None, scales], doubled, **dict(growing.one_of(RESIZE_MODES[:3])))
    if growing.chance(0.7):
        growing.node("Add", [up, source], broadcast(growing, doubled, source.shape))
    else:
        growing.demand([a[c] == b[c] for c in range(CASES) for a, b in [(doubled[2], source.shape[2])]])
        growing.demand([a[c] == b[c] for c in range(CASES) for a, b in [(doubled[3], source.shape[3])]])
        joined = (doubled[0], constantly(2 * channels), *doubled[2:])
        growing.node("Concat", [up, source], joined, axis=1)
