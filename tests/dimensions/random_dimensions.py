"""Random dimensions: each with the formula that it was made from, and what that is worth at given sizes."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from texelflow.dimensions import (
    Dimension,
    equal,
    floor_divide,
    less,
    maximum,
    minimum,
    remainder,
    select,
    symbol,
)

Formula: TypeAlias = "int | str | tuple[str, tuple[Formula, ...]]"
"""A number, a symbol, or an operation on formulas."""

SYMBOLS = ("batch", "height", "width")


@dataclass(frozen=True, slots=True)
class Sample:
    """A formula, and the dimension that symbolic arithmetic makes of it."""

    formula: Formula
    dimension: Dimension


def random_sample(source: random.Random, depth: int, least: int) -> Sample:
    """Return a random sample of operations nested `depth` deep; `least` is the smallest value of symbols."""
    formula = _random_formula(source, depth, least)
    return Sample(formula, dimension_of(formula))


def random_sizes(source: random.Random, least: int) -> dict[str, int]:
    """Return a size for each symbol, often a small one: there the exceptions are."""
    return {name: source.choice((least, 1, 2, 3, 4, 5, 8, 16, 17, 224, 1000)) for name in SYMBOLS}


def value_of(formula: Formula, sizes: Mapping[str, int]) -> int:
    """Return what a formula is worth, by Python's own arithmetic on integers."""
    if isinstance(formula, int):
        return formula
    if isinstance(formula, str):
        return sizes[formula]
    operation, operands = formula
    numbers = [value_of(operand, sizes) for operand in operands]
    a, b = numbers[0], numbers[1]
    match operation:
        case "+":
            return a + b
        case "-":
            return a - b
        case "*":
            return a * b
        case "//":
            return a // b
        case "%":
            return a % b
        case "min":
            return min(a, b)
        case "max":
            return max(a, b)
        case "==":
            return int(a == b)
        case "<":
            return int(a < b)
        case _:
            return b if a else numbers[2]


def dimension_of(formula: Formula) -> Dimension:
    """Return the dimension that symbolic arithmetic makes of a formula."""
    if isinstance(formula, int):
        return formula
    if isinstance(formula, str):
        return symbol(formula)
    operation, operands = formula
    operand = [dimension_of(part) for part in operands]
    a, b = operand[0], operand[1]
    match operation:
        case "+":
            return a + b
        case "-":
            return a - b
        case "*":
            return a * b
        case "//":
            return floor_divide(a, b)
        case "%":
            return remainder(a, b)
        case "min":
            return minimum(a, b)
        case "max":
            return maximum(a, b)
        case "==":
            return equal(a, b)
        case "<":
            return less(a, b)
        case _:
            return select(a, b, operand[2])


def _random_formula(source: random.Random, depth: int, least: int) -> Formula:
    if depth == 0 or source.random() < 0.1:
        return source.choice((*SYMBOLS, *SYMBOLS, 0, 1, 2, 3, 4, 7, -1, -5))
    operation = source.choice("+ + - * * // // % % min max == < select".split())
    left = _random_formula(source, depth - 1, least)
    if operation in ("//", "%"):
        return operation, (left, _random_divisor(source, least))
    right = _random_formula(source, depth - 1, least)
    third = (_random_formula(source, depth - 1, least),) if operation == "select" else ()
    return operation, (left, right, *third)


def _random_divisor(source: random.Random, least: int) -> Formula:
    """Return a formula that is not zero for any sizes."""
    if least == 0:
        return source.choice((2, 3, 4, 8, -3, ("max", (source.choice(SYMBOLS), 1))))
    name, other = source.sample(SYMBOLS, 2)
    return source.choice(
        (
            2,
            3,
            4,
            8,
            -3,
            name,
            ("*", (name, 2)),
            ("*", (name, other)),
            ("+", (name, other)),
            ("+", (("*", (name, 4)), 4)),
            ("max", (("-", (name, 3)), 1)),
        )
    )
