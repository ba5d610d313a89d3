"""Convolutions, poolings and images of other sizes as functions."""

from __future__ import annotations

from texelflow.graph import Value
from texelflow.importers.keras.functions.function import Function, computes
from texelflow.importers.keras.layers.convolutions import give_back, image_of, padding_of
from texelflow.importers.lowering.channels_last import (
    convolution,
    depthwise_filters,
    filters_of_hwio,
    pool,
    resize,
)
from texelflow.operators.shapes import known_shape


def _spatial(steps: Function) -> int:
    """Return how many axes windows slide along; raise NodeError unless there are one to three."""
    if not 3 <= steps.rank <= 5:
        raise steps.fail(f"its input is {steps.x.type}; 3 to 5 axes are needed")
    return steps.rank - 2


@computes("MaxPool", "AveragePool")
def pooling(steps: Function) -> None:
    """The largest number, or the mean, of each window; borders do not count."""
    count = _spatial(steps)
    kernel = steps.sizes("pool_size", count, 2)
    strides = steps.sizes("strides", count) if steps.setting("strides") is not None else kernel
    padding = padding_of(steps, [0, *kernel], [])
    made = pool(
        steps, "pooled_last", steps.function, image_of(steps), kernel=kernel, strides=strides, padding=padding
    )
    give_back(steps, made)


def _filters(steps: Function, index: int, name: str, count: int) -> tuple[Value, list[int]]:
    """Return a kernel [*kernel, inputs, outputs] and its shape; raise NodeError if that is not known."""
    _, kernel = steps.together([steps.x, steps.given(index, name)])
    shape = known_shape(kernel.known_type.shape)
    if shape is None or len(shape) != count + 2 or 0 in shape:
        raise steps.fail(f"its {name} is {kernel.type}; {count + 2} axes are needed")
    return kernel, list(shape)


@computes("Conv")
def conv(steps: Function) -> None:
    """A convolution."""
    count, image = _spatial(steps), image_of(steps)
    weights, [*kernel, inputs, _] = _filters(steps, 1, "kernel", count)
    channels = image.shape[-1]
    if not isinstance(channels, int) or channels % inputs:
        raise steps.fail(f"its image has {channels} channels, its kernel {inputs}")
    dilations = steps.sizes("dilation_rate", count)
    made = convolution(
        steps,
        "convolved_last",
        image,
        filters_of_hwio(steps, weights, count + 2),
        None,
        strides=steps.sizes("strides", count),
        padding=padding_of(steps, kernel, dilations),
        dilations=dilations,
        group=channels // inputs,
        kernel=kernel,
    )
    give_back(steps, made)


@computes("DepthwiseConv", "SeparableConv")
def depthwise(steps: Function) -> None:
    """A convolution of each channel by itself, then, of a separable one, of each pixel."""
    count, separable = _spatial(steps), steps.function == "SeparableConv"
    name = "depthwise_kernel" if separable else "kernel"
    weights, [*kernel, channels, multiplier] = _filters(steps, 1, name, count)
    dilations = steps.sizes("dilation_rate", count)
    made = convolution(
        steps,
        "each",
        image_of(steps),
        depthwise_filters(steps, weights, kernel, channels, multiplier),
        None,
        strides=steps.sizes("strides", count),
        padding=padding_of(steps, kernel, dilations),
        dilations=dilations,
        group=channels,
        kernel=kernel,
    )
    if separable:
        points, _ = _filters(steps, 2, "pointwise_kernel", count)
        mixing = filters_of_hwio(steps, points, count + 2)
        made = convolution(steps, "mixed", made, mixing, None, strides=[1] * count, padding="VALID")
    give_back(steps, made)


@computes("Resize")
def resized(steps: Function) -> None:
    """Images of another height and width."""
    modes = {"bilinear": "linear", "nearest": "nearest", "bicubic": "cubic"}
    method = str(steps.setting("interpolation", "bilinear"))
    size = steps.wholes_given(1, "size")
    cuts = [n for n in ("crop_to_aspect_ratio", "pad_to_aspect_ratio", "antialias") if steps.setting(n)]
    if method not in modes or cuts or steps.rank != 4 or len(size) != 2 or min(size) < 1:
        raise steps.fail(
            f"its interpolation is {method!r}, its size {size}{', with ' + cuts[0] if cuts else ''}"
        )
    if steps.x.dtype != "float32":
        raise steps.fail(f"its images are of {steps.x.dtype}; float32 is supported")
    image = image_of(steps)
    give_back(steps, resize(steps, "resized_last", image, size, modes[method], half_pixel_centers=True))
