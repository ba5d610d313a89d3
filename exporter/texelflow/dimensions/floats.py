"""Float arithmetic on extents, computed as ONNX Runtime does: each operation rounded to the element type.

What such arithmetic gives becomes an extent by its whole part. Exact arithmetic often has the same whole
part: of halves, and of divisions by a whole number that are rounded once. Then the extent is a dimension like
any other, which can be compared. Else it is an atom "trunc" of a `FloatExpression`.

Numbers of extents are taken to be below 2²⁴, up to which float32 holds whole numbers.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

from texelflow.dimensions.bounds import lower_bound
from texelflow.dimensions.expressions import (
    Dimension,
    Expression,
    common_factor,
    floor_divide,
    opaque,
    symbols_of,
    to_json,
)
from texelflow.dimensions.operations import substitute
from texelflow.dimensions.text import format_expression

FloatOperand: TypeAlias = "Dimension | float | FloatExpression"

LARGEST_EXACT = 1 << 12
"""Largest numerator and denominator of a factor that is taken exactly: products stay below 2²⁴ then."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """`numerator / denominator`, exactly or (unless `exact`) rounded once."""

    numerator: Dimension
    denominator: int

    @property
    def exact(self) -> bool:
        """Whether floats hold it: its denominator is a power of two."""
        return self.denominator & (self.denominator - 1) == 0


@dataclass(frozen=True, slots=True)
class FloatExpression:
    """An operation on dimensions, numbers and other such expressions, rounded to `dtype`.

    `operation` is + - * / sqrt floor ceil round (half to even) abs min max, or "float" of a dimension.
    `ratio` is its value as a fraction, where that is known.
    """

    operation: str
    operands: tuple[FloatOperand, ...]
    dtype: str
    ratio: Ratio | None = None

    @property
    def key(self) -> str:
        """A text that no other expression has."""
        parts = (
            str(operand) if isinstance(operand, int | float) else operand.key for operand in self.operands
        )
        return f"{self.dtype} {self.operation}({','.join(parts)})"

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FloatExpression) and self.key == other.key

    def symbols(self) -> set[str]:
        """Return the names of the symbols that it depends on."""
        names: set[str] = set()
        for operand in self.operands:
            if isinstance(operand, FloatExpression):
                names |= operand.symbols()
            elif isinstance(operand, Expression):
                names |= symbols_of(operand)
        return names

    def substitute(self, values: Mapping[str, Dimension]) -> FloatExpression:
        """Return the expression with symbols replaced."""
        operands = tuple(
            operand.substitute(values)
            if isinstance(operand, FloatExpression)
            else substitute(operand, values)
            if isinstance(operand, Expression)
            else operand
            for operand in self.operands
        )
        ratio = self.ratio and Ratio(substitute(self.ratio.numerator, values), self.ratio.denominator)
        return FloatExpression(self.operation, operands, self.dtype, ratio)

    def value(self) -> float | None:
        """Return its value; None if it has symbols or is not a number."""
        numbers: list[float] = []
        for operand in self.operands:
            number = operand.value() if isinstance(operand, FloatExpression) else operand
            if number is None or isinstance(number, Expression):
                return None
            numbers.append(float(number))
        return compute(self.operation, numbers, self.dtype)

    def is_never_negative(self) -> bool:
        """Return whether it provably is at least 0."""
        if self.operation in ("abs", "sqrt"):
            return True
        known = [_never_negative(operand) for operand in self.operands]
        return any(known) if self.operation == "max" else all(known) and self.operation != "-"

    def truncated(self) -> Dimension:
        """Return its whole part, towards zero."""
        number = self.value()
        if number is not None:
            return int(number) if math.isfinite(number) else 0
        if self.ratio is not None:
            lowest = lower_bound(self.ratio.numerator)
            if lowest is not None and lowest >= 0:
                return floor_divide(self.ratio.numerator, self.ratio.denominator)
        return opaque("trunc", self)

    def converted(self, dtype: str) -> Dimension | FloatExpression | None:
        """Return it as another element type: as an integer its whole part; None for floats of 16 bits."""
        if dtype in ("float32", "float64"):
            same = dtype == self.dtype
            ratio = self.ratio if dtype == "float64" else None
            return self if same else FloatExpression("float", (self,), dtype, ratio)
        return None if dtype in ("float16", "bfloat16") else self.truncated()

    def to_json(self) -> list[Any]:
        """Return it as graph.schema.json's Real."""
        operands: list[Any] = [
            operand.to_json()
            if isinstance(operand, FloatExpression)
            else operand
            if isinstance(operand, float)
            else to_json(operand)
            for operand in self.operands
        ]
        exact = self.dtype == "float64" or self.operation in ("floor", "ceil", "round", "abs", "min", "max")
        if self.operation == "float":
            return ["fround", operands[0]] if not exact else ["+", operands[0], 0]
        content = [self.operation, *operands]
        return content if exact else ["fround", content]

    def __str__(self) -> str:
        return format_expression(self.to_json())


def float_operation(operation: str, operands: list[FloatOperand], dtype: str) -> FloatOperand | None:
    """Return an operation on floats of a type: a dimension where the result is whole.

    A dimension stands for a float with a whole value. At least one operand is no plain number. None
    leaves it to the GPU.
    """
    if operation in ("floor", "ceil", "round"):
        return _rounded(operation, operands[0], dtype)
    if dtype not in ("float32", "float64"):
        return None  # 16 bits: what is rounded where is the origin's choice
    ratio = _ratio(operation, [_as_ratio(operand) for operand in operands])
    if ratio is not None and ratio.denominator == 1:
        return ratio.numerator
    typed = tuple(
        FloatExpression("float", (operand,), dtype) if isinstance(operand, Expression) else operand
        for operand in operands
    )
    return FloatExpression(operation, typed, dtype, ratio)


def compute(operation: str, numbers: list[float], dtype: str) -> float | None:
    """Return the result of an operation, rounded to the element type; None if it is not finite."""
    try:
        match operation, numbers:
            case "+", [a, b]:
                result = a + b
            case "-", [a, b]:
                result = a - b
            case "*", [a, b]:
                result = a * b
            case "/", [a, b]:
                result = a / b
            case "sqrt", [a]:
                result = math.sqrt(a)
            case "abs", [a]:
                result = abs(a)
            case "floor", [a]:
                result = float(math.floor(a))
            case "ceil", [a]:
                result = float(math.ceil(a))
            case "round", [a]:
                result = float(round(a))
            case "min", [a, b]:
                result = min(a, b)
            case "max", [a, b]:
                result = max(a, b)
            case _, [a]:
                result = a
            case _:
                return None
        return round_to(dtype, result)
    except (ArithmeticError, ValueError, OverflowError):
        return None


def round_to(dtype: str, number: float) -> float:
    """Return the nearest number that float32 or float64 holds; raise OverflowError if there is none."""
    if dtype == "float64":
        return number
    rounded: float = struct.unpack("<f", struct.pack("<f", number))[0]
    return rounded


def scaled_extent(extent: Dimension, scale: float | Expression | FloatExpression) -> Dimension:
    """Return the whole part of `extent · scale`, computed in float32 as ONNX Runtime does."""
    if isinstance(extent, int) and isinstance(scale, int | float):
        return int(round_to("float32", extent * scale))
    result = float_operation("*", [extent, scale], "float32")
    if isinstance(result, FloatExpression):
        return result.truncated()
    assert isinstance(result, (int, Expression))
    return result


def whole_part(number: FloatOperand) -> Dimension:
    """Return a number's whole part as a dimension."""
    if isinstance(number, FloatExpression):
        return number.truncated()
    return number if isinstance(number, Expression) else int(number)


def _rounded(operation: str, operand: FloatOperand, dtype: str) -> FloatOperand | None:
    if not isinstance(operand, FloatExpression):
        return operand if isinstance(operand, Expression) else compute(operation, [float(operand)], dtype)
    ratio = operand.ratio
    if ratio is not None and operation == "floor":
        return floor_divide(ratio.numerator, ratio.denominator)
    if ratio is not None and operation == "ceil":
        return floor_divide(ratio.numerator + (ratio.denominator - 1), ratio.denominator)
    return FloatExpression(operation, (operand,), operand.dtype)


def _as_ratio(operand: FloatOperand) -> Ratio | None:
    if isinstance(operand, FloatExpression):
        return operand.ratio
    if isinstance(operand, Expression):
        return Ratio(operand, 1)
    if not math.isfinite(operand):
        return None
    fraction = Fraction(operand)
    small = abs(fraction.numerator) <= LARGEST_EXACT and fraction.denominator <= LARGEST_EXACT
    return Ratio(fraction.numerator, fraction.denominator) if small else None


def _ratio(operation: str, operands: list[Ratio | None]) -> Ratio | None:
    """Return the result as a fraction, where floats hold its operands exactly."""
    a, b = (*operands, None)[:2]
    if a is None or b is None or not (a.exact and b.exact):
        return None
    match operation:
        case "*":
            return _reduced(a.numerator * b.numerator, a.denominator * b.denominator)
        case "+":
            return _reduced(
                a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator
            )
        case "-":
            return _reduced(
                a.numerator * b.denominator - b.numerator * a.denominator, a.denominator * b.denominator
            )
        case "/" if isinstance(b.numerator, int) and b.numerator > 0 and a.denominator == 1:
            return _reduced(a.numerator * b.denominator, b.numerator)
    return None


def _reduced(numerator: Dimension, denominator: int) -> Ratio:
    common = math.gcd(common_factor(numerator), denominator) or 1
    return Ratio(floor_divide(numerator, common), denominator // common)


def _never_negative(operand: FloatOperand) -> bool:
    if isinstance(operand, FloatExpression):
        return operand.is_never_negative()
    if isinstance(operand, Expression):
        lowest = lower_bound(operand)
        return lowest is not None and lowest >= 0
    return operand >= 0
