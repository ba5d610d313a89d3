"""Convolutions, of images and volumes, and their gradients."""

from __future__ import annotations

from collections.abc import Sequence

from texelflow.graph import Value
from texelflow.graph.constants import unpack_elements
from texelflow.importers.lowering.channels_last import (
    convolution,
    depthwise_filters,
    filters_of_ohwi,
    transpose,
    transposed_convolution,
)
from texelflow.importers.tflite.operators import Step, lowers
from texelflow.importers.tflite.tensors import is_quantised
from texelflow.operators.shapes import known_shape

IMAGE = ("h", "w")
VOLUME = ("d", "h", "w")


def along(step: Step, name: str, axes: Sequence[str]) -> list[int]:
    """Return an option of each axis, positive numbers."""
    numbers = [int(step.options[f"{name}_{axis}"]) for axis in axes]
    if min(numbers) < 1:
        raise step.fail(f"its {name} is {numbers}; positive numbers are needed")
    return numbers


def weight_shape(step: Step, index: int, rank: int) -> tuple[int, ...]:
    """Return the shape of weights, which must be known and have this rank."""
    shape = known_shape(step.raw(index).shape)
    if shape is None or len(shape) != rank:
        raise step.fail(f"its weights are {step.raw(index).type}; {rank} axes of known extents are needed")
    return shape


def require_rank(step: Step, index: int, rank: int) -> None:
    """Raise NodeError unless an input has this rank."""
    if len(step.raw(index).shape) != rank:
        raise step.fail(f"its input {index} is {step.raw(index).type}; {rank} axes are needed")


def bias_of(step: Step, index: int) -> Value | None:
    """Return a bias as the numbers it stands for, or None if there is none.

    Whole numbers of a bias are multiples of its own scales, one or one for each channel.
    """
    if not step.has(index):
        return None
    value, quantisation = step.raw(index), step.tensor(index).quantisation
    if value.known_type.is_floating:
        return value
    if value.constant is None or quantisation is None:
        raise step.fail(f"its bias is {value.type} without scales, or no constant")
    numbers = unpack_elements(value.dtype, value.constant.tobytes())
    scales = quantisation.scales * len(numbers) if len(quantisation.scales) == 1 else quantisation.scales
    if len(scales) != len(numbers):
        raise step.fail(f"its bias has {len(numbers)} numbers and {len(scales)} scales")
    floats = [
        number * scale for number, scale in zip(numbers, scales, strict=True) if isinstance(number, int)
    ]
    return step.constant("bias", "float32", (len(numbers),), floats)


def is_precise(step: Step) -> bool:
    """Whether sums are rounded to steps, which 16 bits would spoil."""
    return is_quantised(step.made())


@lowers("CONV_2D", inputs=(2, 3), options="Conv2DOptions")
def _conv_2d(step: Step) -> None:
    _convolve(step, IMAGE)


@lowers("CONV_3D", inputs=(2, 3), options="Conv3DOptions")
def _conv_3d(step: Step) -> None:
    require_rank(step, 0, 5)
    depth, height, width, channels, outputs = weight_shape(step, 1, 5)
    filters = transpose(step, "filters", step.real(1), [4, 3, 0, 1, 2])
    made = convolution(
        step,
        "sums",
        step.real(0),
        filters,
        bias_of(step, 2),
        strides=along(step, "stride", VOLUME),
        dilations=along(step, "dilation", VOLUME),
        padding=step.options["padding"],
        group=_groups(step, 5, channels, outputs),
        precise=is_precise(step),
        kernel=(depth, height, width),
    )
    step.finish(made, fused=step.options["activation"])


def _convolve(step: Step, axes: Sequence[str]) -> None:
    rank = len(axes) + 2
    require_rank(step, 0, rank)
    outputs, *kernel, channels = weight_shape(step, 1, rank)
    made = convolution(
        step,
        "sums",
        step.real(0),
        filters_of_ohwi(step, step.real(1), rank),
        bias_of(step, 2),
        strides=along(step, "stride", axes),
        dilations=along(step, "dilation", axes),
        padding=step.options["padding"],
        group=_groups(step, rank, channels, outputs),
        precise=is_precise(step),
        kernel=kernel,
    )
    step.finish(made, fused=step.options["activation"])


def _groups(step: Step, rank: int, channels: int, outputs: int) -> int:
    """Return how many groups of channels the input has."""
    given = step.raw(0).shape[rank - 1]
    if not isinstance(given, int) or not channels or given % channels or outputs % max(1, given // channels):
        raise step.fail(f"its input has {given} channels, its {outputs} filters have {channels}")
    return max(1, given // channels)


@lowers("DEPTHWISE_CONV_2D", inputs=(2, 3), options="DepthwiseConv2DOptions")
def _depthwise_conv_2d(step: Step) -> None:
    require_rank(step, 0, 4)
    first, height, width, outputs = weight_shape(step, 1, 4)
    channels = step.raw(0).shape[3]
    if first != 1 or not isinstance(channels, int) or not channels or outputs % channels:
        raise step.fail(
            f"its input has {channels} channels, its weights are {step.raw(1).type};"
            " [1, height, width, a multiple of these] are needed"
        )
    made = convolution(
        step,
        "sums",
        step.real(0),
        depthwise_filters(step, step.real(1), (height, width), channels, outputs // channels),
        bias_of(step, 2),
        strides=along(step, "stride", IMAGE),
        dilations=along(step, "dilation", IMAGE),
        padding=step.options["padding"],
        group=channels,
        precise=is_precise(step),
        kernel=(height, width),
    )
    step.finish(made, fused=step.options["activation"])


@lowers("TRANSPOSE_CONV", inputs=(3, 4), options="TransposeConvOptions")
def _transpose_conv(step: Step) -> None:
    """The inputs are the shape of the result, weights [outputs, *kernel, inputs], the image, a bias."""
    require_rank(step, 2, 4)
    _outputs, height, width, _ = weight_shape(step, 1, 4)
    size = step.known_dimensions(0, "shape")
    if len(size) != 4:
        raise step.fail(f"its shape has {len(size)} numbers; 4 are needed")
    made = transposed_convolution(
        step,
        "sums",
        step.real(2),
        transpose(step, "filters", step.real(1), [3, 0, 1, 2]),
        bias_of(step, 3),
        kernel=(height, width),
        strides=along(step, "stride", IMAGE),
        padding=step.options["padding"],
        size=size[1:3],
        precise=is_precise(step),
    )
    step.finish(made, fused=step.options["activation"])


@lowers("CONV_3D_TRANSPOSE", inputs=(3, 4), options="Conv3DOptions")
def _conv_3d_transpose(step: Step) -> None:
    """As TRANSPOSE_CONV, of weights [*kernel, outputs, inputs]."""
    require_rank(step, 2, 5)
    depth, height, width, _outputs, _channels = weight_shape(step, 1, 5)
    size = step.known_dimensions(0, "shape")
    if len(size) != 5:
        raise step.fail(f"its shape has {len(size)} numbers; 5 are needed")
    made = transposed_convolution(
        step,
        "sums",
        step.real(2),
        transpose(step, "filters", step.real(1), [4, 3, 0, 1, 2]),
        bias_of(step, 3),
        kernel=(depth, height, width),
        strides=along(step, "stride", VOLUME),
        dilations=along(step, "dilation", VOLUME),
        padding=step.options["padding"],
        size=size[1:4],
        precise=is_precise(step),
    )
    step.finish(made, fused=step.options["activation"])
