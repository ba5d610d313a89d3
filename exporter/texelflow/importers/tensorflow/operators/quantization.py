"""Numbers rounded to steps, as training for quantised models does."""

from __future__ import annotations

import struct
from math import floor

from texelflow.importers.files.finite import is_finite
from texelflow.importers.tensorflow.lowering import Lowering, lowers


@lowers("FakeQuantWithMinMaxArgs", "FakeQuantWithMinMaxVars", inputs=(1, 3))
def fake_quantised(steps: Lowering) -> None:
    """Numbers between two limits, rounded to one of 2**num_bits - 1 steps, of which one is 0.

    Source: the documentation of FakeQuantWithMinMaxVars, on how the limits are moved.
    """
    if steps.count == 3:
        low, high = (steps.node.known_number(index, name) for index, name in ((1, "min"), (2, "max")))
    else:
        low, high = steps.attribute("min", -6.0), steps.attribute("max", 6.0)
    if not is_finite(low) or not is_finite(high) or not low < high:
        raise steps.fail(f"its limits are {low} and {high}; numbers known at export are needed")
    least = 1 if steps.attribute("narrow_range") else 0
    bits = steps.whole("num_bits", 8)
    if not 2 <= bits <= 16:
        raise steps.fail(f"its num_bits is {bits}; 2 to 16 are supported")
    most = 2**bits - 1
    first, last, scale, inverse = _moved(low, high, least, most)
    x = steps.input(0)
    bounds = [steps.scalar("limit", "float32", limit) for limit in (first, last)]
    clipped = steps.add("Clip", "clipped", x, *bounds)
    moved = steps.add("Sub", "moved", clipped, bounds[0])
    places = steps.add("Mul", "places", moved, steps.scalar("inverse", "float32", inverse))
    half = steps.add("Add", "half", places, steps.scalar("one_half", "float32", 0.5))
    spread = steps.add(
        "Mul", "spread", steps.add("Floor", "place", half), steps.scalar("scale", "float32", scale)
    )
    steps.add("Add", steps.result, spread, bounds[0])


@lowers("FakeQuantWithMinMaxVarsPerChannel", inputs=3)
def fake_quantised_channels(steps: Lowering) -> None:
    """The same with limits for each channel, the last axis."""
    lows, highs = (_numbers(steps, index, name) for index, name in ((1, "min"), (2, "max")))
    least = 1 if steps.attribute("narrow_range") else 0
    bits = steps.whole("num_bits", 8)
    if not 2 <= bits <= 16:
        raise steps.fail(f"its num_bits is {bits}; 2 to 16 are supported")
    pairs = list(zip(lows, highs, strict=False))
    if len(lows) != len(highs) or not all(low < high for low, high in pairs):
        raise steps.fail("its limits are not in order")
    moved = [_moved(low, high, least, 2**bits - 1) for low, high in pairs]
    first, last, scale, inverse = (
        steps.constant(name, "float32", [len(moved)], [each[at] for each in moved])
        for at, name in enumerate(("first", "last", "scale", "inverse"))
    )
    clipped = steps.add("Min", "clipped", steps.add("Max", "above", steps.input(0), first), last)
    places = steps.add("Mul", "places", steps.add("Sub", "moved", clipped, first), inverse)
    half = steps.add("Add", "half", places, steps.scalar("one_half", "float32", 0.5))
    spread = steps.add("Mul", "spread", steps.add("Floor", "place", half), scale)
    steps.add("Add", steps.result, spread, first)


def _numbers(steps: Lowering, index: int, name: str) -> list[float]:
    """Return the elements of an input; raise NodeError unless all are numbers known at export."""
    found = [
        each for each in steps.node.known(index, name) if isinstance(each, int | float) and is_finite(each)
    ]
    if len(found) != len(steps.node.known(index, name)):
        raise steps.fail(f"its {name} has what is no number known at export")
    return [float(each) for each in found]


def _moved(low: float, high: float, least: int, most: int) -> tuple[float, float, float, float]:
    """Return limits so that 0 is one of the steps between them, the size of a step, and its inverse.

    All are rounded to 32 bits as TensorFlow does it, which decides where numbers lie between two steps.
    """
    scale = _single(_single(high - low) / (most - least))
    zero = _single(least - _single(low / scale))
    nudged = least if zero < least else most if zero > most else floor(zero + 0.5)
    first, last = (_single((limit - nudged) * scale) for limit in (least, most))
    return first, last, scale, _single(1 / scale)


def _single(number: float) -> float:
    """Return a number as 32 bits hold it."""
    return float(struct.unpack("<f", struct.pack("<f", number))[0])
