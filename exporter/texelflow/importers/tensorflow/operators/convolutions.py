"""Convolutions of images and volumes, also fused ones and transposed ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from texelflow.graph import Value
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
from texelflow.importers.tensorflow.lowering import Lowering, lowers
from texelflow.importers.tensorflow.operators.products import finish_fused
from texelflow.operators import MANY
from texelflow.operators.shapes import known_shape


@dataclass(frozen=True, slots=True)
class Images:
    """How a node has its images: where their channels are, and what windows do."""

    is_first: bool
    rank: int
    strides: list[int]
    dilations: list[int]
    padding: Padding

    def axes(self, numbers: Sequence[Any]) -> list[Any]:
        """Return what belongs to the spatial axes, of one entry an axis."""
        return list(numbers[2:] if self.is_first else numbers[1:-1])

    def last(self, steps: Lowering, x: Value) -> Value:
        """Return images with channels last."""
        return channels_last(steps, "channels_last", x, self.rank) if self.is_first else x

    def back(self, steps: Lowering, result: str | Value, x: Value) -> Value:
        """Return images as the node has them."""
        if self.is_first:
            return channels_first(steps, result, x, self.rank)
        return x if isinstance(result, str) else steps.add("Identity", result, x)


def images_of(steps: Lowering, rank: int) -> Images:
    """Return how a node's images, of `rank` axes, lie; raise NodeError for attributes that do not fit."""
    layout = str(steps.attribute("data_format", "NHWC"))
    is_first = layout.startswith("NC")
    found = {}
    for name in ("strides", "dilations"):
        numbers = steps.wholes(name) or [1] * rank
        if len(numbers) == rank - 2:  # TF.js has some so
            numbers = [1, 1, *numbers] if is_first else [1, *numbers, 1]
        outer = numbers[:2] if is_first else [numbers[0], numbers[-1]]
        if len(numbers) != rank or set(outer) != {1} or min(numbers) < 1:
            raise steps.fail(
                f"its {name} are {numbers}; one for each of {rank} axes is needed, 1 for batch and channels"
            )
        found[name] = numbers[2:] if is_first else numbers[1:-1]
    return Images(is_first, rank, found["strides"], found["dilations"], padding_of(steps, is_first, rank))


def padding_of(steps: Lowering, is_first: bool, rank: int) -> Padding:
    """Return the padding of a node; raise NodeError if it is none."""
    padding = str(steps.attribute("padding", "VALID"))
    if padding != "EXPLICIT":
        return padding
    numbers = steps.wholes("explicit_paddings")
    if len(numbers) != 2 * rank or min(numbers) < 0:
        raise steps.fail(f"its explicit_paddings are {numbers}; two for each of {rank} axes are needed")
    pairs = [(numbers[2 * axis], numbers[2 * axis + 1]) for axis in range(rank)]
    return pairs[2:] if is_first else pairs[1:-1]


def kernel_of(steps: Lowering, filters: Value, rank: int) -> list[int]:
    """Return the shape of filters, [*kernel, inputs, outputs]; raise NodeError unless it is known."""
    shape = known_shape(filters.shape)
    if shape is None or len(shape) != rank or 0 in shape:
        raise steps.fail(f"its filters are {filters.type}; {rank} axes known at export are needed")
    return list(shape)


def _require_images(steps: Lowering, x: Value, rank: int) -> None:
    if len(x.shape) != rank:
        raise steps.fail(f"its input is {x.type}; {rank} axes are needed")


def _group(steps: Lowering, images: Images, x: Value, inputs: int) -> int:
    """Return how many groups the channels are in: filters may be of a part of them."""
    channels = x.shape[1 if images.is_first else -1]
    if not isinstance(channels, int) or channels % inputs:
        raise steps.fail(f"its image has {channels} channels, its filters {inputs}")
    return channels // inputs


@lowers("Conv2D", "Conv3D", inputs=2)
def conv(steps: Lowering) -> None:
    """A convolution of images [batch, *spatial, channels] with filters [*kernel, channels, outputs]."""
    rank = 5 if steps.node.operator == "Conv3D" else 4
    images, made = _convolve(steps, rank, None)
    images.back(steps, steps.result, made)


def _convolve(steps: Lowering, rank: int, bias: Value | None) -> tuple[Images, Value]:
    x, filters = steps.input(0), steps.input(1)
    _require_images(steps, x, rank)
    images = images_of(steps, rank)
    kernel = kernel_of(steps, filters, rank)
    made = convolution(
        steps,
        "result",
        images.last(steps, x),
        filters_of_hwio(steps, filters, rank),
        bias,
        strides=images.strides,
        padding=images.padding,
        dilations=images.dilations,
        group=_group(steps, images, x, kernel[-2]),
    )
    return images, made


@lowers("DepthwiseConv2dNative", inputs=2)
def depthwise(steps: Lowering) -> None:
    """A convolution of each channel by itself, with filters [height, width, channels, multiplier]."""
    images, made = _convolve_depthwise(steps, None)
    images.back(steps, steps.result, made)


def _convolve_depthwise(steps: Lowering, bias: Value | None) -> tuple[Images, Value]:
    x, filters = steps.input(0), steps.input(1)
    _require_images(steps, x, 4)
    images = images_of(steps, 4)
    height, width, channels, multiplier = kernel_of(steps, filters, 4)
    if _group(steps, images, x, channels) != 1:
        raise steps.fail(f"its image is {x.type}, its filters are {filters.type}: the channels differ")
    made = convolution(
        steps,
        "result",
        images.last(steps, x),
        depthwise_filters(steps, filters, [height, width], channels, multiplier),
        bias,
        strides=images.strides,
        padding=images.padding,
        dilations=images.dilations,
        group=channels,
    )
    return images, made


@lowers(
    "_FusedConv2D",
    "FusedConv2D",
    "_FusedDepthwiseConv2dNative",
    "FusedDepthwiseConv2dNative",
    inputs=(2, MANY),
)
def fused(steps: Lowering) -> None:
    """A convolution and the operators fused behind it."""
    names = steps.texts("fused_ops")
    bias = steps.input(2) if names and names[0] == "BiasAdd" and steps.count > 2 else None
    if steps.whole("num_args", 0) > steps.count - 2:
        raise steps.fail(f"it has {steps.count} inputs, where num_args is {steps.attribute('num_args')}")
    if bias is not None and len(bias.shape) != 1:
        raise steps.fail(f"its bias is {bias.type}; one axis is needed")
    convolve = _convolve_depthwise if "Depthwise" in steps.node.operator else _convolve_images
    images, made = convolve(steps, bias)
    if images.is_first:
        raise steps.fail("its channels come first, which no processor of TensorFlow computes")
    finish_fused(steps, made, bias)


def _convolve_images(steps: Lowering, bias: Value | None) -> tuple[Images, Value]:
    return _convolve(steps, 4, bias)


@lowers("Conv2DBackpropInput", "Conv3DBackpropInputV2", inputs=3)
def backprop_input(steps: Lowering) -> None:
    """The gradient of a convolution of images of a given shape: a transposed convolution."""
    rank = 5 if steps.node.operator.startswith("Conv3D") else 4
    filters, x = steps.input(1), steps.input(2)
    images = _gradient_of(steps, x, rank)
    kernel = kernel_of(steps, filters, rank)
    made = transposed_convolution(
        steps,
        "result",
        _typed_last(steps, images, x),
        # [*kernel, outputs, inputs], seen from the gradient.
        transpose(steps, "filters", filters, [rank - 1, rank - 2, *range(rank - 2)]),
        None,
        kernel=kernel[:-2],
        strides=images.strides,
        padding=images.padding,
        size=_spatial_size(steps, images),
        dilations=images.dilations,
    )
    images.back(steps, steps.result, made)


@lowers("DepthwiseConv2dNativeBackpropInput", inputs=3)
def depthwise_backprop_input(steps: Lowering) -> None:
    """The gradient of a depthwise convolution: that of each channel by itself, beside each other."""
    raise steps.fail("a transposed convolution of each channel by itself is not supported")


def _gradient_of(steps: Lowering, x: Value, rank: int) -> Images:
    _require_images(steps, x, rank)
    return images_of(steps, rank)


def _typed_last(steps: Lowering, images: Images, x: Value) -> Value:
    """Return the gradient with channels last, with its type."""
    if not images.is_first:
        return x
    turned = images.last(steps, x)
    kind = x.known_type
    turned.type = type(kind)(kind.dtype, (kind.shape[0], *kind.shape[2:], kind.shape[1]))
    return turned


def _spatial_size(steps: Lowering, images: Images) -> list[Any]:
    sizes = steps.known_dimensions(0, "shape of its result")
    if len(sizes) == images.rank - 2:
        return sizes
    if len(sizes) != images.rank:
        raise steps.fail(f"the shape of its result has {len(sizes)} extents; {images.rank} are needed")
    return images.axes(sizes)


@lowers("BiasAdd", "BiasAddV1", inputs=2)
def bias_add(steps: Lowering) -> None:
    """A number more for each channel."""
    x, bias = steps.input(0), steps.input(1)
    if len(bias.shape) != 1:
        raise steps.fail(f"its bias is {bias.type}; one axis is needed")
    if str(steps.attribute("data_format", "NHWC")).startswith("NC") and len(x.shape) > 2:
        bias = steps.add("Unsqueeze", "upright", bias, steps.vector("axes", list(range(1, len(x.shape) - 1))))
    steps.add("Add", steps.result, x, bias)
