"""Judges whether a value agrees with its reference, and how meaningful that is."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from texelflow.checking.samples import Array

NOISE_STEPS = 8
"""Rounding steps of the operands that two correct computations of one value may be apart."""

SATURATION = 1e-6
"""How near to 0 or 1 every value of a saturated result is."""


@dataclass(frozen=True)
class Comparison:
    """How far one value is from the reference.

    `absolute` is the largest difference; `relative` is that divided by the largest magnitude in the
    reference. Both are infinite where shapes differ or one side alone is NaN or infinite. `noise` is the
    difference that rounding of the operands explains. `proves_little` says why agreement means little, and
    is empty where it means something.
    """

    name: str
    node: str
    shape: list[int]
    expected_shape: list[int]
    absolute: float
    relative: float
    tolerance: float
    noise: float
    proves_little: str

    @property
    def passed(self) -> bool:
        """Whether the difference is within the tolerance, or no larger than rounding noise."""
        return self.relative <= self.tolerance or self.absolute <= self.noise


def compare(
    name: str,
    node: str,
    actual: Array,
    expected: Array,
    tolerance: float | None,
    *,
    default: float = 0.0,
    scale: float = 0.0,
) -> Comparison:
    """Compare two arrays element by element; equal infinities and two NaNs count as equal.

    Args:
        name: of the value.
        node: that computes it.
        actual: what was computed.
        expected: the reference.
        tolerance: largest relative difference that passes. None: `default` for floating-point values, and
            integers and booleans must be equal.
        default: see `tolerance`.
        scale: largest magnitude of the operands that the value was rounded with.
    """
    floating = is_floating(expected)
    if tolerance is None:
        tolerance = default if floating else 0.0
    absolute = relative = math.inf
    if actual.shape == expected.shape:
        absolute = _largest_difference(actual, expected)
        numbers = expected.astype(np.float64)
        largest = float(np.max(np.abs(numbers), where=np.isfinite(numbers), initial=0.0))
        relative = absolute / largest if largest else absolute
    noise = NOISE_STEPS * rounding_step(expected) * scale if floating and math.isfinite(scale) else 0.0
    return Comparison(
        name,
        node,
        list(actual.shape),
        list(expected.shape),
        absolute,
        relative,
        tolerance,
        noise,
        why_it_proves_little(expected),
    )


def is_floating(array: Array) -> bool:
    """Return whether the elements are floating-point numbers, bfloat16 included."""
    return array.dtype.kind == "f" or array.dtype.name == "bfloat16"


def rounding_step(array: Array) -> float:
    """Return the relative distance of neighbouring numbers of the array's type; 32 bits at most are computed
    with.
    """
    if array.dtype.name == "bfloat16":
        return 2.0**-7
    return max(float(np.finfo(array.dtype.name).eps), float(np.finfo(np.float32).eps))


def why_it_proves_little(expected: Array) -> str:
    """Return why agreement with such a reference says little of the model; "" where it says something."""
    if expected.size == 0:
        return "it is empty"
    numbers = expected.astype(np.float64)
    if np.all(np.isnan(numbers)):
        return "every value is NaN"
    first = expected.flat[0]
    if (expected.size > 1 or numbers.flat[0] in (0, math.inf, -math.inf)) and np.all(expected == first):
        return f"every value is {first:g}" if is_floating(expected) else f"every value is {first}"
    if is_floating(expected) and np.all(np.isfinite(numbers)):
        if np.all(np.abs(numbers) <= SATURATION):
            return f"every value is 0 or below {SATURATION:g}"
        near = np.minimum(np.abs(numbers), np.abs(numbers - 1))
        if np.all(near <= SATURATION):
            return "every value is 0 or 1"
    return ""


def _largest_difference(actual: Array, expected: Array) -> float:
    if not is_floating(expected) and not is_floating(actual):
        if actual.dtype == np.bool_ or expected.dtype == np.bool_:
            actual, expected = actual.astype(np.int64), expected.astype(np.int64)
        if {actual.dtype.kind, expected.dtype.kind} == {"i"} or actual.dtype == expected.dtype:
            # Unsigned subtraction is exact where the difference of two int64 is not.
            above = np.maximum(actual, expected).astype(np.uint64)
            return float(np.max(above - np.minimum(actual, expected).astype(np.uint64), initial=0))
    a, b = actual.astype(np.float64), expected.astype(np.float64)
    equal = (a == b) | (np.isnan(a) & np.isnan(b))
    with np.errstate(invalid="ignore"):
        difference = np.where(equal, 0.0, np.abs(a - b))
    return float(np.max(np.nan_to_num(difference, nan=math.inf, posinf=math.inf), initial=0.0))
