"""Numbers rounded to steps, as training for quantised models does."""

from __future__ import annotations

from math import floor

from texelflow.importers.finite import is_finite
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
    scale = (high - low) / (most - least)
    zero = least - low / scale
    nudged = least if zero < least else most if zero > most else floor(zero + 0.5)
    first, last = (least - nudged) * scale, (most - nudged) * scale
    x = steps.input(0)
    bounds = [steps.scalar("limit", "float32", limit) for limit in (first, last)]
    clipped = steps.add("Clip", "clipped", x, *bounds)
    moved = steps.add("Sub", "moved", clipped, bounds[0])
    places = steps.add("Mul", "places", moved, steps.scalar("inverse", "float32", 1 / scale))
    half = steps.add("Add", "half", places, steps.scalar("one_half", "float32", 0.5))
    spread = steps.add(
        "Mul", "spread", steps.add("Floor", "place", half), steps.scalar("scale", "float32", scale)
    )
    steps.add("Add", steps.result, spread, bounds[0])
