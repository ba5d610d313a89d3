"""Cases of TensorFlow's pictures, control flow, functions and others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf
from case_writing import R, case, floats, ints, random, v1_case


def images() -> None:
    x = floats(2, 5, 7, 3)
    sizes = ([10, 14], [3, 4], [8, 7])
    outs: list[Callable[[Any], Any]] = []
    for f in (R.ResizeBilinear, R.ResizeNearestNeighbor):
        for size in sizes:
            for flags in ({}, {"align_corners": True}, {"half_pixel_centers": True}):
                outs.append(lambda x, f=f, size=size, flags=flags: f(images=x, size=size, **flags))
    case("resize", lambda x: [f(x) for f in outs], x)
    case(
        "resize_cubic",
        lambda x: [R.ResizeBicubic(images=x, size=size, half_pixel_centers=True) for size in sizes],
        x,
    )
    boxes = np.array([[0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1], [0.5, -0.2, 1.2, 0.4]], np.float32)
    case(
        "crop_and_resize",
        lambda x: [
            R.CropAndResize(
                image=x, boxes=boxes, box_ind=[1, 0, 1], crop_size=[4, 3], extrapolation_value=0.5
            )
        ],
        x,
    )
    corner = floats(12, 2, low=0, high=1)
    boxes = np.concatenate([corner, corner + floats(12, 2, low=0.1, high=0.5)], 1)
    scores = random.permutation(12).astype(np.float32) / 12

    def nms(boxes: Any, scores: Any) -> list[Any]:
        common = {"boxes": boxes, "scores": scores, "max_output_size": 6, "iou_threshold": 0.3}
        return [
            R.NonMaxSuppression(**common),
            R.NonMaxSuppressionV2(**common),
            R.NonMaxSuppressionV3(**common, score_threshold=0.4),
            *R.NonMaxSuppressionV4(**common, score_threshold=0.4, pad_to_max_output_size=True),
            *R.NonMaxSuppressionV5(
                **common, score_threshold=0.4, soft_nms_sigma=0.0, pad_to_max_output_size=False
            ),
            *R.NonMaxSuppressionV5(
                **common, score_threshold=0.7, soft_nms_sigma=0.0, pad_to_max_output_size=True
            ),
        ]

    case("suppression", nms, boxes, scores)


def various() -> None:
    """Spectra, numbers rounded as in training, and places of numbers."""

    def spectra(x: Any) -> list[Any]:
        half = R.RFFT(input=x, fft_length=[8])
        return [
            *(function(input=half) for function in (R.Real, R.Imag)),
            R.ComplexAbs(x=R.RFFT(input=x, fft_length=[5])),
            R.IRFFT(input=half, fft_length=[8]),
            R.IRFFT(input=half, fft_length=[6]),
            R.ComplexAbs(x=R.RFFT2D(input=x, fft_length=[3, 8])),
            R.Real(input=R.IFFT(input=R.FFT(input=R.Complex(real=x, imag=x * 2.0)))),
            R.Imag(input=R.Mul(x=half, y=R.Conj(input=half + half))),
            R.Real(input=R.FFT2D(input=R.Complex(real=x, imag=x - 1.0))),
        ]

    case("spectra", spectra, floats(2, 3, 8))
    steps = floats(4, 9, low=-3, high=9)
    case(
        "rounded",
        lambda x: [
            R.FakeQuantWithMinMaxArgs(inputs=x, min=-2.3, max=6.1),
            R.FakeQuantWithMinMaxVars(inputs=x, min=-1.1, max=4.9, num_bits=4, narrow_range=True),
            R.FakeQuantWithMinMaxVars(inputs=x, min=1.0, max=4.9),
        ],
        steps,
    )
    case(
        "places",
        lambda x, i: [
            R.SparseToDense(
                sparse_indices=[[0, 1], [2, 3]],
                output_shape=[3, 4],
                sparse_values=[5.0, 6.0],
                default_value=-1.0,
            ),
            R.SparseToDense(sparse_indices=[1, 3], output_shape=[5], sparse_values=2.0, default_value=0.5),
            R.UnsortedSegmentSum(data=x, segment_ids=[2, 0, -1, 2], num_segments=4),
            R.Bucketize(input=x, boundaries=[-1.0, 0.5, 3.0]),
            R.Bucketize(input=i, boundaries=[-1.0, 0.5, 3.0]),
        ],
        steps,
        ints(2, 5),
    )


def counting(x: Any) -> list[Any]:
    """A loop whose turns are known, with an inner one, and a value that no turn changes."""
    weight = tf.constant(floats(3, 3))

    def body(i: Any, y: Any) -> tuple[Any, Any]:
        _, z = tf.while_loop(lambda j, _: j < 2, lambda j, z: (j + 1, z + tf.cast(i, tf.float32)), (0, y))
        return i + 1, tf.tanh(tf.matmul(z, weight))

    return list(tf.while_loop(lambda i, _: i < 3, body, (tf.constant(0), x)))


def sequence(x: Any) -> list[Any]:
    """Lists of tensors: map, scan, and one that is read backwards."""
    mapped = tf.map_fn(lambda row: row * 2.0 + tf.reduce_sum(row), x)
    scanned = tf.scan(lambda total, row: total * 0.5 + row, x)
    array = tf.TensorArray(tf.float32, 4)
    for index in range(4):
        array = array.write(3 - index, x[index] + float(index))
    return [mapped, scanned, array.stack(), array.read(1), array.gather([2, 0]), array.concat()]


def branches(x: Any, flag: Any) -> list[Any]:
    """Choices by data, and by what is known at export."""
    by_data = tf.cond(flag, lambda: x * 2.0, lambda: tf.exp(x))
    nested = tf.cond(flag, lambda: tf.cond(tf.reduce_sum(x) > 0, lambda: x + 1.0, lambda: x - 1.0), lambda: x)
    known = tf.cond(tf.shape(x)[0] > 1, lambda: tf.reduce_sum(x, 1), lambda: tf.zeros([3]))
    switched = tf.switch_case(tf.cast(flag, tf.int32), [lambda: x - 5.0, lambda: x * 3.0, lambda: x])
    return [by_data, nested, known, switched]


@tf.function
def helper(x: Any, y: Any) -> tuple[Any, Any]:
    return tf.matmul(x, y), x - 1.0


def control() -> None:
    x, rows, flag = floats(2, 3), floats(4, 3), np.array(True)
    case("while_v2", counting, x)
    case("while_lowered", counting, x, lower=True)
    case("lists", sequence, rows)
    case("lists_lowered", sequence, rows, lower=True)
    case("if_v2", branches, x, flag)
    case("if_v2_false", branches, x, np.array(False))
    case("if_lowered", branches, x, flag, lower=True)
    case("calls", lambda x, y: [helper(x, y)[0], helper(x, y)[1]], x, floats(3, 2))
    v1_case("while_v1", counting, x)
    v1_case(
        "lists_v1",
        lambda x: [tf.map_fn(lambda row: row * 2.0, x), tf.scan(lambda a, b: a * 0.5 + b, x)],
        rows,
    )
    v1_case(
        "cond_v1",
        lambda x, flag: [
            tf.cond(flag, lambda: x * 2.0, lambda: tf.exp(x)),
            tf.cond(flag, lambda: tf.cond(tf.reduce_sum(x) > 0, lambda: x + 1.0, lambda: x - 1.0), lambda: x),
            tf.cond(flag, lambda: tf.constant(1.0), lambda: tf.constant(2.0)),
        ],
        x,
        flag,
    )


def colours() -> None:
    """Windows, colours, and limits for each channel."""

    def windows(x: Any, size: list[int], stride: int, rate: int, padding: str) -> Any:
        return R.ExtractImagePatches(
            images=x,
            ksizes=[1, *size, 1],
            strides=[1, stride, stride, 1],
            rates=[1, rate, rate, 1],
            padding=padding,
        )

    case(
        "windows",
        lambda x: [
            windows(x, [2, 3], 1, 1, "VALID"),
            windows(x, [3, 3], 2, 1, "SAME"),
            windows(x, [2, 2], 1, 2, "SAME"),
        ],
        floats(2, 6, 5, 2),
    )
    image = np.abs(floats(2, 5, 4, 3)) / 2
    image[0, 0] = [[0, 0, 0], [1, 1, 1], [0.5, 0.25, 0.25], [0.25, 0.25, 0.5]]
    case(
        "colours",
        lambda x: [
            R.RGBToHSV(images=x),
            R.HSVToRGB(images=x),
            R.AdjustContrastv2(images=x, contrast_factor=tf.constant(1.5)),
        ],
        image,
    )
    limits = np.array([-1.0, -0.5, 0.25], np.float32), np.array([1.0, 2.0, 3.0], np.float32)
    fake = R.FakeQuantWithMinMaxVarsPerChannel
    case(
        "fake_channels",
        lambda x: [
            fake(inputs=x, min=tf.constant(limits[0]), max=tf.constant(limits[1])),
            fake(
                inputs=x,
                min=tf.constant(limits[0]),
                max=tf.constant(limits[1]),
                num_bits=4,
                narrow_range=True,
            ),
        ],
        floats(4, 3),
    )
