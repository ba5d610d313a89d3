"""Windows of sounds, and their spectra, as Keras makes them."""

from __future__ import annotations

import math
from typing import Any

from texelflow.dimensions import floor_divide
from texelflow.graph import TensorType, Value
from texelflow.importers.files.finite import is_finite
from texelflow.importers.keras.lowering import Layer

MOST_TAPS = 2**16
"""Of a window."""

_SHAPES = {"hann": 0.5, "hamming": 0.54}


def _window(layer: Layer, length: int, size: int, window: Any) -> list[float]:
    """Return the weights of a window, centred in `size` numbers."""
    if not 1 <= length <= size <= MOST_TAPS:
        raise layer.fail(f"its windows have {length} numbers, its transforms {size}; at most {MOST_TAPS}")
    if window is None:
        numbers = [1.0] * length
    elif isinstance(window, str) and window in _SHAPES:
        mean = _SHAPES[window]
        turn = 2 * math.pi / length
        numbers = [mean - (1 - mean) * math.cos(turn * index) for index in range(length)]
    elif isinstance(window, list) and len(window) == length and all(map(is_finite, window)):
        numbers = [float(number) for number in window]
    else:
        raise layer.fail(f"its window is {str(window)[:80]}; hann, hamming or {length} numbers are supported")
    before = (size - length) // 2
    return [0.0] * before + numbers + [0.0] * (size - length - before)


def short_transform(
    layer: Layer, x: Value, length: int, stride: int, size: int, window: Any, centred: bool
) -> Value:
    """Return transforms of windows of x [..., n]: [..., windows, size / 2 + 1, 2], real and imaginary parts.

    `centred` ones lie around the elements of x, which is mirrored at its ends. Reads the shape of x.
    """
    weights = layer.constant("window", "float32", [size], _window(layer, length, size, window))
    if stride < 1:
        raise layer.fail(f"its windows move by {stride}; 1 or more is needed")
    *outer, extent = x.shape
    flat = layer.reshape("flat", x, [-1, extent])
    if centred:
        half = size // 2
        flat = layer.add("Pad", "mirrored", flat, layer.vector("ends", [0, half, 0, half]), mode="reflect")
        extent = extent + 2 * half
    signal = layer.add("Unsqueeze", "signal", flat, layer.vector("part", [2]))
    hop, frame = layer.index("hop", stride), layer.index("frame", size)
    made = layer.add("STFT", "spectra", signal, hop, weights, frame)
    count = floor_divide(extent - size, stride) + 1
    shape = [*outer, count, size // 2 + 1, 2]
    found = layer.reshape("apart", made, shape)
    found.type = TensorType("float32", tuple(shape))
    return found


def frames_of(layer: Layer, result: Value, x: Value, length: int, stride: int) -> None:
    """End in windows of x [..., n]: [..., windows, length]. Reads the shape of x, n known at export."""
    extent = x.shape[-1]
    if not isinstance(extent, int) or not 1 <= length <= extent or stride < 1:
        raise layer.fail(
            f"its windows of {length} move by {stride} along {extent} elements; known ones are needed"
        )
    count = (extent - length) // stride + 1
    if count * length > MOST_TAPS * 16:
        raise layer.fail(f"its {count} windows have {count * length} numbers together, which is too many")
    places = [first * stride + index for first in range(count) for index in range(length)]
    taken = layer.constant("places", "int32", [count, length], places)
    layer.add("Gather", result, x, taken, axis=-1)
