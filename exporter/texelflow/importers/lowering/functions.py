"""Functions of one number that ONNX does not have, without the digits that their plain formulas lose."""

from __future__ import annotations

from texelflow.dimensions import Dimension, proved_equal
from texelflow.graph import Shape, Value
from texelflow.operators.builder import GraphBuilder


def log1p(steps: GraphBuilder, result: str | Value, x: Value) -> Value:
    """Append log(1 + x); the error of a rounded 1 + x is made good: log(u) · x / (u - 1) (Kahan's way)."""
    one = steps.scalar("one", x.dtype, 1)
    above = steps.add("Add", "above", x, one)
    rest = steps.add("Sub", "rest", above, one)
    exact = steps.add("Equal", "is_small", rest, steps.scalar("zero", x.dtype, 0))
    divisor = steps.add("Where", "divisor", exact, one, rest)
    ratio = steps.add("Div", "ratio", x, divisor)
    infinite = steps.add("IsInf", "is_infinite", x, detect_negative=0)
    scaled = steps.add("Mul", "scaled", steps.add("Log", "log", above), ratio)
    known = steps.add("Where", "known", exact, x, scaled)
    return steps.add("Where", result, infinite, x, known)


def expm1(steps: GraphBuilder, result: str | Value, x: Value) -> Value:
    """Append exp(x) - 1, near 0 as 2 sinh(x/2) exp(x/2)."""
    half = steps.add("Mul", "half", x, steps.scalar("one_half", x.dtype, 0.5))
    product = steps.add("Mul", "product", steps.add("Sinh", "sinh", half), steps.add("Exp", "exp", half))
    small = steps.add("Mul", "twice", product, steps.scalar("two", x.dtype, 2))
    near = steps.add("Less", "is_near", steps.add("Abs", "size", x), steps.scalar("one", x.dtype, 1))
    large = steps.add("Sub", "large", steps.add("Exp", "whole", x), steps.scalar("one", x.dtype, 1))
    return steps.add("Where", result, near, small, large)


def atan2(steps: GraphBuilder, result: str | Value, y: Value, x: Value) -> Value:
    """Append the angle of the point (x, y)."""

    def number(name: str, content: float) -> Value:
        return steps.scalar(name, x.dtype, content)

    pi, zero = 3.141592653589793, number("zero", 0)
    left, below = steps.add("Less", "is_left", x, zero), steps.add("Less", "is_below", y, zero)
    on_axis = steps.add("Equal", "is_on_axis", x, zero)
    divisor = steps.add("Where", "divisor", on_axis, number("one", 1), x)
    angle = steps.add("Atan", "angle", steps.add("Div", "slope", y, divisor))
    turn = steps.add("Where", "turn", below, number("minus_pi", -pi), number("pi", pi))
    turned = steps.add("Where", "turned", left, steps.add("Add", "moved", angle, turn), angle)
    upright = steps.add("Where", "upright", below, number("down", -pi / 2), number("up", pi / 2))
    at_zero = steps.add("Equal", "is_level", y, zero)
    vertical = steps.add("Where", "vertical", at_zero, zero, upright)
    return steps.add("Where", result, on_axis, vertical, turned)


def half_spectra(steps: GraphBuilder, spectra: Value, shape: Shape, count: Dimension) -> Value:
    """Return spectra, complex pairs along the last axis, truncated or zero-padded to a number of frequencies.

    ONNX's DFT does so with signals, but not with the halves that it takes for whole ones.
    """
    rank = len(shape)
    if proved_equal(shape[-2], count):
        return spectra
    amounts = [*[0] * (2 * rank - 2), count, 0]
    filled = steps.add("Pad", "filled", spectra, steps.vector("amounts", amounts))
    return steps.slice("half", filled, rank - 2, 0, count)
