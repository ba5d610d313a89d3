"""Custom operators of MediaPipe (mediapipe/util/tflite/operations), whose options are structs of C.

Paddings are 1 for SAME and 2 for VALID there.
"""

from __future__ import annotations

import struct

from texelflow.importers.lowering.channels_last import (
    channels_first,
    channels_last,
    pool,
    transpose,
    transposed_convolution,
)
from texelflow.importers.tflite.flatbuffer import DamagedError
from texelflow.importers.tflite.operators import Step, lowers
from texelflow.importers.tflite.operators.convolution import bias_of, require_rank, weight_shape
from texelflow.operators.shapes import known_shape

_PADDINGS = {1: "SAME", 2: "VALID"}


def _integers(step: Step, count: int) -> list[int]:
    """Return the first numbers of the options, a padding and whole numbers above 0."""
    data = bytes(step.call.operation.custom_options)
    if len(data) < 4 * count:
        raise DamagedError(f"its options have {len(data)} bytes; {4 * count} are expected")
    numbers = list(struct.unpack_from(f"<{count}i", data))
    if numbers[0] not in _PADDINGS or min(numbers[1:]) < 1:
        raise step.fail(f"its options are {numbers}; a padding of 1 or 2 and positive numbers are expected")
    return numbers


@lowers("Convolution2DTransposeBias", inputs=3, custom=True)
def _transposed_convolution(step: Step) -> None:
    """The image, weights [outputs, height, width, inputs] and a bias."""
    require_rank(step, 0, 4)
    padding, width_stride, height_stride = _integers(step, 3)
    strides = (height_stride, width_stride)
    _, *kernel, _ = weight_shape(step, 1, 4)
    extents = known_shape(step.raw(0).shape[1:3])
    if extents is None:
        raise step.fail(f"its image is {step.raw(0).type}; fix height and width with --input")
    borders, size = [], []
    for extent, stride, taps in zip(extents, strides, kernel, strict=True):
        border = max(0, taps - (extent - 1) % stride - 1) if _PADDINGS[padding] == "SAME" else 0
        borders.append((border // 2, border - border // 2))
        size.append(stride * (extent - 1) + taps - border)
    made = transposed_convolution(
        step,
        "sums",
        step.real(0),
        transpose(step, "filters", step.real(1), [3, 0, 1, 2]),
        bias_of(step, 2),
        kernel=kernel,
        strides=strides,
        padding=borders,
        size=size,
    )
    step.finish(made)


@lowers("MaxPoolingWithArgmax2D", inputs=1, custom=True)
def _pool_with_places(step: Step) -> None:
    """The largest of each window, and where it lies there: row · width + column, and 0.1."""
    require_rank(step, 0, 4)
    padding, width_stride, height_stride, width, height = _integers(step, 5)
    image, extents = step.real(0), known_shape(step.raw(0).shape[1:3])
    kernel, strides = (height, width), (height_stride, width_stride)
    if (width, height) != (width_stride, height_stride) or extents is None:
        raise step.fail(
            f"its windows of {height}×{width} move by {height_stride}×{width_stride}, or sizes are free"
        )
    if any(extent % taps for extent, taps in zip(extents, kernel, strict=True)):
        raise step.fail(f"its image of {extents} is no whole number of windows of {height}×{width}")
    step.finish(
        pool(step, "made", "MaxPool", image, kernel=kernel, strides=strides, padding=_PADDINGS[padding])
    )
    rows, columns = (extent // taps for extent, taps in zip(extents, kernel, strict=True))
    batch, channels = step.raw(0).shape[0], step.raw(0).shape[3]
    apart = step.reshape("apart", image, [batch, rows, height, columns, width, channels])
    windows = step.reshape(
        "windows",
        transpose(step, "by_window", apart, [0, 1, 3, 5, 2, 4]),
        [batch, rows, columns, channels, height * width],
    )
    places = step.cast("places", step.add("ArgMax", "first", windows, axis=-1, keepdims=0), "float32")
    step.finish_raw(step.add("Add", "made_places", places, step.scalar("tenth", "float32", 0.1)), 1)


@lowers("MaxUnpooling2D", inputs=2, custom=True)
def _unpool(step: Step) -> None:
    """Each element at its place in a window of zeros; the second input has the places."""
    require_rank(step, 0, 4)
    _, width_stride, height_stride, width, height = _integers(step, 5)
    if (width, height) != (width_stride, height_stride):
        raise step.fail(f"its windows of {height}×{width} move by {height_stride}×{width_stride}")
    batch, rows, columns, channels = step.raw(0).shape
    numbers = [step.cast("place", step.add("Floor", "whole", step.real(1)), "int32")]
    taps = step.constant("taps", "int32", (height * width,), list(range(height * width)))
    each = [
        step.add("Unsqueeze", "each", value, step.vector("last", [4])) for value in (*numbers, step.real(0))
    ]
    is_there = step.add("Equal", "is_there", each[0], taps)
    spread = step.add("Where", "spread", is_there, each[1], step.scalar("zero", "float32", 0.0))
    windows = step.reshape("windows", spread, [batch, rows, columns, channels, height, width])
    together = transpose(step, "by_row", windows, [0, 1, 4, 2, 5, 3])
    step.finish(step.reshape("made", together, [batch, rows * height, columns * width, channels]))


@lowers("TransformLandmarks", inputs=2, custom=True)
def _transform_landmarks(step: Step) -> None:
    """Points [1, n, 2 or 3] moved by the first two rows of a matrix [4, 4]; a third number stays.

    The form of version 1 has options of another kind, and is refused.
    """
    shape = step.raw(0).shape
    if len(shape) != 3 or shape[2] not in (2, 3):
        raise step.fail(f"its points are {step.raw(0).type}; [1, n, 2] or [1, n, 3] is supported")
    points = step.real(0)
    matrix = step.reshape("matrix", step.real(1), [4, 4])
    plane = step.slice("plane", points, 2, 0, 2)
    rows = step.slice("rows", matrix, 0, 0, 2)
    turn = transpose(step, "turn", step.slice("turning", rows, 1, 0, 2), [1, 0])
    shift = step.reshape("shift", step.slice("last", rows, 1, 3, 4), [1, 1, 2])
    moved = step.add("Add", "moved", step.add("MatMul", "turned", plane, turn), shift)
    if isinstance(shape[2], int) and shape[2] == 3:
        moved = step.add("Concat", "made", moved, step.slice("depth", points, 2, 2, 3), axis=2)
    step.finish(moved)


@lowers("TransformTensorBilinear", inputs=2, custom=True)
def _transform_image(step: Step) -> None:
    """An image sampled where the first two rows of a matrix [4, 4] say, zeros outside; its own size is kept
    where the options have none.
    """
    require_rank(step, 0, 4)
    made = known_shape(step.made().shape)
    extents = known_shape(step.raw(0).shape[1:3])
    if made is None or len(made) != 4 or -1 in made or extents is None:
        raise step.fail(
            f"its image is {step.raw(0).type}, its result {step.made().shape}; known sizes are needed"
        )
    height, width = made[1:3]
    matrix = step.reshape("matrix", step.real(1), [4, 4])
    centres = [number for y in range(height) for x in range(width) for number in (x + 0.5, y + 0.5, 0.0, 1.0)]
    if len(centres) > 2**20:
        raise step.fail(f"its result is {height}×{width}, which is too large")
    grid = step.constant("centres", "float32", (height * width, 4), centres)
    rows = transpose(step, "columns", step.slice("rows", matrix, 0, 0, 2), [1, 0])
    places = step.add("MatMul", "places", grid, rows)
    # GridSample counts from -1 to 1, where a pixel's centre is half a pixel from its corner.
    scale = step.constant("scale", "float32", (1, 2), [2 / extents[1], 2 / extents[0]])
    unit = step.add(
        "Sub", "unit", step.add("Mul", "scaled", places, scale), step.scalar("one", "float32", 1.0)
    )
    image = channels_first(step, "image", step.real(0), 4)
    sampled = step.add(
        "GridSample",
        "sampled",
        image,
        step.reshape("grid", unit, [1, height, width, 2]),
        mode="linear",
        padding_mode="zeros",
        align_corners=0,
    )
    # Beyond the centres of the outermost pixels there is nothing.
    limits = step.constant("limits", "float32", (1, 2), [extents[1] - 0.5, extents[0] - 0.5])
    low = step.add("GreaterOrEqual", "from", places, step.scalar("half", "float32", 0.5))
    high = step.add("LessOrEqual", "to", places, limits)
    inside = step.cast("inside", step.add("And", "both", low, high), "float32")
    whole = step.reduce("ReduceMin", "all_inside", inside, [1])
    mask = step.reshape("mask", whole, [1, 1, height, width])
    step.finish(channels_last(step, "made", step.add("Mul", "masked", sampled, mask), 4))
