"""Convolutions along one, two or three axes, also separable and transposed ones."""

from __future__ import annotations

from collections.abc import Sequence

from texelflow.dimensions import Dimension
from texelflow.graph import Value
from texelflow.importers.keras.activations import activate
from texelflow.importers.keras.lowering import Layer, lowers, with_bias
from texelflow.importers.lowering.channels_last import (
    Padding,
    channels_first,
    channels_last,
    convolution,
    depthwise_filters,
    filters_of_hwio,
    transpose,
    transposed_convolution,
)
from texelflow.operators.shapes import known_shape

_AXES = {"1D": 1, "2D": 2, "3D": 3}


def axes_of(layer: Layer) -> int:
    """Return along how many axes a layer works, by its name; raise NodeError unless its input has these."""
    count = next(axes for ending, axes in _AXES.items() if ending in layer.node.operator)
    layer.require_rank(count + 2)
    return count


def image_of(layer: Layer) -> Value:
    """Return the input with channels last, and its type."""
    if not layer.is_first:
        return layer.x
    kind = layer.x.known_type
    turned = channels_last(layer, "channels_last", layer.x, layer.rank)
    turned.type = type(kind)(kind.dtype, (kind.shape[0], *kind.shape[2:], kind.shape[1]))
    return turned


def give_back(layer: Layer, x: Value, activation: object = None) -> None:
    """End in an activation of x, whose channels are last, as the layer has them."""
    made = channels_first(layer, "channels_first", x, layer.rank) if layer.is_first else x
    activate(layer, layer.result, made, activation)


def padding_of(layer: Layer, kernel: Sequence[int], dilations: Sequence[int]) -> Padding:
    """Return the padding of a layer; raise NodeError if it is none."""
    padding = str(layer.setting("padding", "valid")).lower()
    if padding == "causal" and len(kernel) == 1:
        return [((kernel[0] - 1) * dilations[0], 0)]
    if padding not in ("same", "valid"):
        raise layer.fail(f"its padding is {padding!r}; same or valid is expected")
    return padding.upper()


def kernel_of(layer: Layer, name: str, rank: int) -> list[int]:
    """Return the shape of a weight; raise NodeError unless it has `rank` axes."""
    shape = known_shape(layer.weight(name).shape)
    if shape is None or len(shape) != rank or 0 in shape:
        raise layer.fail(f"its {name} is {layer.weight(name).type}; {rank} axes are needed")
    return list(shape)


def _bias(layer: Layer) -> Value | None:
    return layer.weight("bias") if layer.setting("use_bias", True) else None


@lowers("Conv1D", "Conv2D", "Conv3D", "Convolution2D", weights=with_bias("kernel"))
def conv(layer: Layer) -> None:
    """A convolution, a bias, an activation."""
    count = axes_of(layer)
    *kernel, inputs, _ = kernel_of(layer, "kernel", count + 2)
    image = image_of(layer)
    channels = image.shape[-1]
    if not isinstance(channels, int) or channels % inputs:
        raise layer.fail(f"its image has {channels} channels, its kernel {inputs}")
    dilations = layer.sizes("dilation_rate", count)
    made = convolution(
        layer,
        "convolved_last",
        image,
        filters_of_hwio(layer, layer.weight("kernel"), count + 2),
        _bias(layer),
        strides=layer.sizes("strides", count),
        padding=padding_of(layer, kernel, dilations),
        dilations=dilations,
        group=channels // inputs,
        kernel=kernel,
    )
    give_back(layer, made, layer.setting("activation"))


@lowers("DepthwiseConv1D", "DepthwiseConv2D", weights=with_bias("depthwise_kernel"))
def depthwise(layer: Layer) -> None:
    """A convolution of each channel by itself, a bias, an activation."""
    made = _depthwise(layer, axes_of(layer), _bias(layer))
    give_back(layer, made, layer.setting("activation"))


def _depthwise(layer: Layer, count: int, bias: Value | None) -> Value:
    *kernel, channels, multiplier = kernel_of(layer, "depthwise_kernel", count + 2)
    dilations = layer.sizes("dilation_rate", count)
    return convolution(
        layer,
        "each",
        image_of(layer),
        depthwise_filters(layer, layer.weight("depthwise_kernel"), kernel, channels, multiplier),
        bias,
        strides=layer.sizes("strides", count),
        padding=padding_of(layer, kernel, dilations),
        dilations=dilations,
        group=channels,
        kernel=kernel,
    )


@lowers(
    "SeparableConv1D",
    "SeparableConv2D",
    "SeparableConvolution2D",
    weights=with_bias("depthwise_kernel", "pointwise_kernel"),
)
def separable(layer: Layer) -> None:
    """A convolution of each channel by itself, then of each pixel, a bias, an activation."""
    count = axes_of(layer)
    each = _depthwise(layer, count, None)
    filters = filters_of_hwio(layer, layer.weight("pointwise_kernel"), count + 2)
    made = convolution(layer, "mixed", each, filters, _bias(layer), strides=[1] * count, padding="VALID")
    give_back(layer, made, layer.setting("activation"))


@lowers(
    "Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose", "Deconvolution2D", weights=with_bias("kernel")
)
def conv_transpose(layer: Layer) -> None:
    """A transposed convolution, a bias, an activation."""
    count = axes_of(layer) if layer.node.operator != "Deconvolution2D" else 2
    kernel = kernel_of(layer, "kernel", count + 2)[:-2]
    image = image_of(layer)
    strides, dilations = layer.sizes("strides", count), layer.sizes("dilation_rate", count)
    padding = padding_of(layer, [*kernel, 0], dilations)
    assert isinstance(padding, str)
    extra = layer.sizes("output_padding", count) if layer.setting("output_padding") is not None else None
    size = [
        _transposed_extent(
            image.shape[axis + 1],
            kernel[axis],
            strides[axis],
            dilations[axis],
            padding,
            None if extra is None else extra[axis],
        )
        for axis in range(count)
    ]
    made = transposed_convolution(
        layer,
        "convolved_last",
        image,
        transpose(layer, "filters", layer.weight("kernel"), [count + 1, count, *range(count)]),
        _bias(layer),
        kernel=kernel,
        strides=strides,
        padding=padding,
        size=size,
        dilations=dilations,
    )
    give_back(layer, made, layer.setting("activation"))


def _transposed_extent(
    extent: Dimension, kernel: int, stride: int, dilation: int, padding: str, extra: int | None
) -> Dimension:
    """Return the extent that Keras gives the result."""
    reach = (kernel - 1) * dilation + 1
    if extra is None:
        return extent * stride + (max(reach - stride, 0) if padding == "VALID" else 0)
    borders = reach // 2 if padding == "SAME" else 0
    return (extent - 1) * stride + reach - 2 * borders + extra
