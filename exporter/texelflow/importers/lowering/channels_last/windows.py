"""Convolutions and poolings of images whose channels are last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from texelflow.dimensions import Dimension, canonical, floor_divide, maximum
from texelflow.graph import PRECISE, Value
from texelflow.importers.lowering.channels_last.layout import channels_first, channels_last, transpose
from texelflow.operators.builder import GraphBuilder

Padding: TypeAlias = "str | Sequence[tuple[int, int]]"
"""SAME: as many positions as strides fit into the input, borders shared out, the larger one behind; VALID:
no borders; or what is before and behind each spatial axis."""


def filters_of_ohwi(builder: GraphBuilder, weights: Value, rank: int) -> Value:
    """Return TensorFlow Lite's filters [outputs, *kernel, inputs] as Conv has them, channels second."""
    return channels_first(builder, "filters", weights, rank)


def filters_of_hwio(builder: GraphBuilder, weights: Value, rank: int) -> Value:
    """Return TensorFlow's filters [*kernel, inputs, outputs] as Conv has them: outputs, inputs, kernel."""
    return transpose(builder, "filters", weights, [rank - 1, rank - 2, *range(rank - 2)])


def depthwise_filters(
    builder: GraphBuilder, weights: Value, kernel: Sequence[int], channels: int, multiplier: int
) -> Value:
    """Return TensorFlow's [*kernel, channels, multiplier], or Lite's [1, *kernel, channels · multiplier], as
    Conv has them: [channels · multiplier, 1, *kernel], for a Conv of `channels` groups.
    """
    rank = len(kernel) + 2
    apart = builder.reshape("filters_apart", weights, [1, *kernel, channels * multiplier])
    return transpose(builder, "filters", apart, [rank - 1, 0, *range(1, rank - 1)])


def convolution(
    builder: GraphBuilder,
    result: str | Value,
    x: Value,
    filters: Value,
    bias: Value | None,
    *,
    strides: Sequence[int],
    padding: Padding,
    dilations: Sequence[int] | None = None,
    group: int = 1,
    precise: bool = False,
    kernel: Sequence[int] | None = None,
) -> Value:
    """Return the convolution of x [batch, *spatial, channels], as many spatial axes as strides.

    `filters` are Conv's: [outputs, channels / group, *kernel]; `bias` is [outputs]. `precise` results are
    kept in 32 bits on every device. Given the extents of the `kernel`, borders are numbers where the shape of
    x is known: other runtimes know SAME without dilations only.
    """
    rank = len(strides) + 2
    if padding == "SAME" and kernel is not None and dilations is not None and set(dilations) != {1}:
        padding = _same_borders(x, kernel, strides, dilations) or padding
    attributes: dict[str, Any] = {"strides": list(strides), "group": group, **_pads(padding)}
    if dilations is not None and set(dilations) != {1}:
        attributes["dilations"] = list(dilations)
    if precise:
        attributes[PRECISE] = 1
    image = channels_first(builder, "image", x, rank)
    operands = [image, filters, *([] if bias is None else [bias])]
    return channels_last(builder, result, builder.add("Conv", "convolved", *operands, **attributes), rank)


def pool(
    builder: GraphBuilder,
    result: str | Value,
    operator: str,
    x: Value,
    *,
    kernel: Sequence[int],
    strides: Sequence[int],
    padding: Padding,
) -> Value:
    """Return MaxPool or AveragePool, `operator`, of x [batch, *spatial, channels].

    A mean is that of the elements of the input alone, as TensorFlow's is.
    """
    rank = len(kernel) + 2
    image = channels_first(builder, "image", x, rank)
    attributes = {"kernel_shape": list(kernel), "strides": list(strides), **_pads(padding)}
    return channels_last(builder, result, builder.add(operator, "pooled", image, **attributes), rank)


def transposed_convolution(
    builder: GraphBuilder,
    result: str | Value,
    x: Value,
    filters: Value,
    bias: Value | None,
    *,
    kernel: Sequence[int],
    strides: Sequence[int],
    padding: Padding,
    size: Sequence[Dimension],
    dilations: Sequence[int] | None = None,
    precise: bool = False,
) -> Value:
    """Return the gradient of a convolution of an image whose spatial extents are `size`, plus a bias.

    `filters` are ConvTranspose's: [inputs, outputs, *kernel]. Reads the shape of x,
    [batch, *spatial, inputs].

    Raises:
        ValueError: no convolution of an image of that size makes x.
    """
    count, rank = len(strides), len(strides) + 2
    dilations = list(dilations or [1] * count)
    borders = [
        _cut_borders(
            x.shape[axis + 1],
            size[axis],
            kernel[axis],
            strides[axis],
            dilations[axis],
            padding if isinstance(padding, str) else padding[axis][0],
        )
        for axis in range(count)
    ]
    before, behind = [first for first, _ in borders], [last for _, last in borders]
    attributes: dict[str, Any] = {"strides": list(strides)}
    if set(dilations) != {1}:
        attributes["dilations"] = dilations
    if precise:
        attributes[PRECISE] = 1
    pads = [pad for pad in (*before, *behind) if isinstance(pad, int)]
    known = len(pads) == 2 * count
    if known:
        attributes["pads"] = [max(pad, 0) for pad in pads]
        attributes["output_padding"] = [max(-pad, 0) for pad in pads[count:]]
    image = channels_first(builder, "image", x, rank)
    operands = [image, filters, *([] if bias is None or not known else [bias])]
    made = builder.add("ConvTranspose", "convolved", *operands, **attributes)
    if known:
        return channels_last(builder, result, made, rank)
    # Borders that depend on free sizes are cut, or filled, behind it; the bias comes last, for these, too.
    cut = builder.vector("borders", [0, 0, *(-pad for pad in before), 0, 0, *(-pad for pad in behind)])
    made = builder.add("Pad", "cut", made, cut)
    if bias is None:
        return channels_last(builder, result, made, rank)
    return builder.add("Add", result, channels_last(builder, "sums", made, rank), bias)


def _cut_borders(
    positions: Dimension, size: Dimension, kernel: int, stride: int, dilation: int, padding: str | int
) -> tuple[Dimension, Dimension]:
    """Return what is cut off before and behind an axis of a transposed convolution; below 0 it is added.

    `padding` is SAME or VALID, or what is before; raises ValueError if the positions do not reach to the end.
    """
    more = canonical((positions - 1) * stride + (kernel - 1) * dilation + 1 - size)
    if isinstance(padding, str):
        first: Dimension = floor_divide(maximum(more, 0), 2) if padding == "SAME" else 0
    else:
        first = padding
    last = canonical(more - first)
    if isinstance(last, int) and -last >= max(stride, dilation):
        raise ValueError(
            f"its output is {size} long, but {positions} positions, {stride} apart,"
            f" reach no further than {size + last}"
        )
    return canonical(first), last


def _same_borders(
    x: Value, kernel: Sequence[int], strides: Sequence[int], dilations: Sequence[int]
) -> list[tuple[int, int]] | None:
    """Return the borders that SAME means, if strides are 1 or the extents of x known."""
    borders = []
    for axis, (taps, stride, dilation) in enumerate(zip(kernel, strides, dilations, strict=True), 1):
        extent = None if x.type is None else x.shape[axis]
        if stride == 1:
            extent = 1  # it is the same of any
        if not isinstance(extent, int):
            return None
        total = max(0, (-(-extent // stride) - 1) * stride + (taps - 1) * dilation + 1 - extent)
        borders.append((total // 2, total - total // 2))
    return borders


def _pads(padding: Padding) -> dict[str, Any]:
    if not isinstance(padding, str):
        return {"pads": [*(before for before, _ in padding), *(behind for _, behind in padding)]}
    if padding not in ("SAME", "VALID"):
        raise ValueError(f"its padding is {padding!r}; SAME or VALID is expected")
    return {"auto_pad": "SAME_UPPER"} if padding == "SAME" else {}
