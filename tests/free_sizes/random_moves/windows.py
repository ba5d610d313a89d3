"""Convolutions, poolings, and what else works on images as they are."""

from __future__ import annotations

from typing import Any

from free_sizes.random_graphs import (
    CASES,
    DeadEndError,
    Extent,
    Growing,
    Value,
    combine,
    constantly,
    known,
    move,
    moves_for,
)
from free_sizes.random_moves.choosing import image, pick_or_add


def window(
    growing: Growing, extent: Extent, size: int, stride: int, before: int, after: int, step: int
) -> Extent:
    reach = step * (size - 1) + 1
    growing.demand([number + before + after >= reach for number in extent])
    return combine(lambda number: max((number + before + after - reach) // stride + 1, 0), extent)


def window_attributes(growing: Growing, source: Value, dilated: bool) -> tuple[list[Extent], dict[str, Any]]:
    """Return the extents behind the channels and the attributes of a window."""
    spatial = source.shape[2:]
    size, stride = int(growing.one_of((1, 2, 3))), int(growing.one_of((1, 1, 2)))
    attributes: dict[str, Any] = {"kernel_shape": [size] * len(spatial), "strides": [stride] * len(spatial)}
    if growing.chance(0.25):
        attributes["auto_pad"] = growing.one_of(("SAME_UPPER", "SAME_LOWER"))
        return [combine(lambda number: -(-number // stride), extent) for extent in spatial], attributes
    step = int(growing.one_of((1, 1, 2))) if dilated else 1
    before, after = (0, 0) if size == 1 else growing.one_of(((0, 0), (size // 2, size // 2), (0, 1), (1, 1)))
    attributes |= {"pads": [before] * len(spatial) + [after] * len(spatial)}
    if dilated:
        attributes["dilations"] = [step] * len(spatial)
    return [window(growing, extent, size, stride, before, after, step) for extent in spatial], attributes


@move("Conv", cost=1)
def convolution(growing: Growing) -> None:
    source = image(growing)
    channels = known(source.shape[1]) or 1
    extents, attributes = window_attributes(growing, source, dilated=True)
    group = channels if growing.chance(0.3) else 1
    filters = (
        channels * int(growing.one_of((1, 2))) if group > 1 else int(growing.one_of((1, 3, 4, channels)))
    )
    weights = growing.weights(filters, channels // group, *attributes["kernel_shape"])
    bias = [growing.weights(filters)] if growing.chance(0.5) else []
    shape = (source.shape[0], constantly(filters), *extents)
    growing.node("Conv", [source, weights, *bias], shape, group=group, **attributes)


@move("ConvTranspose", cost=1)
def transposed_convolution(growing: Growing) -> None:
    source = image(growing)
    channels = known(source.shape[1]) or 1
    rank = source.rank - 2
    size, stride = growing.one_of(((2, 2), (3, 1), (3, 2), (1, 1), (1, 2)))
    pad = int(growing.one_of((0, 1))) if size == 3 else 0
    more = int(growing.one_of((0, 1))) if stride == 2 else 0
    extents = [
        combine(lambda number: (number - 1) * stride + size + more - 2 * pad, extent)
        for extent in source.shape[2:]
    ]
    growing.demand_elements(source)
    filters = int(growing.one_of((1, 3, channels)))
    shape = (source.shape[0], constantly(filters), *extents)
    growing.node(
        "ConvTranspose",
        [source, growing.weights(channels, filters, *[size] * rank)],
        shape,
        strides=[stride] * rank,
        pads=[pad] * 2 * rank,
        output_padding=[more] * rank,
    )


@moves_for("MaxPool", "AveragePool", "LpPool")
def pooling(growing: Growing, operator: str) -> None:
    source = image(growing)
    extents, attributes = window_attributes(growing, source, dilated=False)
    if max(attributes.get("pads", [0])) >= attributes["kernel_shape"][0]:
        raise DeadEndError
    if operator == "AveragePool" and growing.chance(0.5):
        attributes["count_include_pad"] = 1
    growing.node(operator, [source], (*source.shape[:2], *extents), **attributes)


@moves_for("MaxPool", "AveragePool")
def pooling_rounded_up(growing: Growing, operator: str) -> None:
    source = image(growing)
    extents = []
    for extent in source.shape[2:]:
        growing.demand([number >= 2 for number in extent])
        extents.append(
            combine(lambda number: (number - 1) // 2 + (number - 2) % 2 + 1 - (number % 2), extent)
        )
    extents = [combine(lambda number: -(-(number - 2) // 2) + 1, extent) for extent in source.shape[2:]]
    size = [2] * len(extents)
    growing.node(
        operator, [source], (*source.shape[:2], *extents), kernel_shape=size, strides=size, ceil_mode=1
    )


@moves_for("GlobalAveragePool", "GlobalMaxPool")
def global_pooling(growing: Growing, operator: str) -> None:
    source = image(growing)
    growing.node(operator, [source], (*source.shape[:2], *[constantly(1)] * (source.rank - 2)))


@moves_for("InstanceNormalization", "BatchNormalization", "LRN", "GroupNormalization")
def channel_normalization(growing: Growing, operator: str) -> None:
    source = image(growing, 4)
    growing.demand_elements(source)
    if operator == "InstanceNormalization":  # ONNX Runtime's rounding of one pixel is not ours
        single = {case for case, (h, w) in enumerate(zip(*source.shape[2:], strict=True)) if h * w == 1}
        growing.unasked |= single
        growing.demand([case not in single for case in range(CASES)])
    channels = known(source.shape[1]) or 1
    scale, bias = growing.weights(channels), growing.weights(channels)
    if operator == "LRN":
        growing.node(operator, [source], source.shape, size=3)
    elif operator == "BatchNormalization":
        variance = growing.constant(1 + growing.random.random(channels), "float32")
        growing.node(operator, [source, scale, bias, bias, variance], source.shape)
    elif operator == "GroupNormalization":
        groups = 2 if channels % 2 == 0 else 1
        growing.node(operator, [source, scale, bias], source.shape, num_groups=groups)
    else:
        growing.node(operator, [source, scale, bias], source.shape, epsilon=0.01)


@move("DepthToSpace", cost=1)
def depth_to_space(growing: Growing) -> None:
    source = pick_or_add(
        growing,
        lambda value: value.rank == 4 and known(value.shape[1]) in (4, 8),
        lambda: [growing.free_extent(), 8, growing.free_extent(), growing.free_extent()],
    )
    n, c, h, w = source.shape
    shape = (n, constantly((known(c) or 4) // 4), combine(lambda e: 2 * e, h), combine(lambda e: 2 * e, w))
    growing.node("DepthToSpace", [source], shape, blocksize=2, mode=growing.one_of(("DCR", "CRD")))


@move("SpaceToDepth", cost=1)
def space_to_depth(growing: Growing) -> None:
    even = [growing.new_symbol(True) for _ in range(2)]
    for name in even:
        growing.symbols[name] = tuple(size // 2 * 2 for size in growing.symbols[name])
    source = growing.input([growing.free_extent(), int(growing.one_of((1, 2, 4))), *even])
    n, c, h, w = source.shape
    growing.demand([a % 2 == 0 and b % 2 == 0 for a, b in zip(h, w, strict=True)])
    shape = (n, constantly(4 * (known(c) or 1)), combine(lambda e: e // 2, h), combine(lambda e: e // 2, w))
    growing.node("SpaceToDepth", [source], shape, blocksize=2)
