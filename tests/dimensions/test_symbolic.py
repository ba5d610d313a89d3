"""Properties of symbolic dimensions, on random formulas at random sizes."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from functools import reduce
from itertools import pairwise
from operator import mul

import pytest

from dimensions.random_dimensions import (
    SYMBOLS,
    Sample,
    dimension_of,
    random_sample,
    random_sizes,
    value_of,
)
from texelflow.dimensions import (
    Dimension,
    Expression,
    assuming,
    equal,
    floor_divide,
    is_positive,
    less,
    lower_bound,
    maximum,
    minimum,
    remainder,
    select,
    substitute,
    symbol,
    symbols_of,
    to_json,
)
from texelflow.dimensions.constraints import ModelFacts, require_least
from texelflow.dimensions.text import Json

N, H, W = (symbol(name) for name in SYMBOLS)

POSITIVE = ModelFacts()
"""That the symbols are at least 1."""
with assuming(POSITIVE):
    for dimension in (N, H, W):
        require_least("", dimension, 1, "")


@pytest.fixture(scope="module", params=[0, 1], ids=["from 0", "from 1"])
def least(request: pytest.FixtureRequest) -> Iterator[int]:
    """The smallest value of the symbols, and that it is known."""
    facts = ModelFacts()
    with assuming(facts):
        for dimension in (N, H, W):
            require_least("", dimension, request.param, "")
        yield request.param


@pytest.fixture(scope="module")
def samples(least: int) -> list[Sample]:
    """Random formulas, a third of them shallow; where symbols may be 0, divided by numbers alone."""
    source = random.Random(7)
    return [random_sample(source, 1 + number % 3, least) for number in range(3000)]


def _evaluate(expression: Json, sizes: Mapping[str, int]) -> int:
    """Evaluate graph.schema.json's Expression as its description says, independently of the exporter."""
    if isinstance(expression, int):
        return expression
    if isinstance(expression, str):
        return sizes[expression]
    operation, *operands = expression
    numbers = [_evaluate(operand, sizes) for operand in operands]
    match operation:
        case "+":
            return sum(numbers)
        case "*":
            return reduce(mul, numbers)
        case "-":
            return numbers[0] - sum(numbers[1:])
        case "//":
            return numbers[0] // numbers[1]
        case "%":
            return numbers[0] % numbers[1]
        case "min":
            return min(numbers)
        case "max":
            return max(numbers)
        case "==":
            return int(numbers[0] == numbers[1])
        case "<":
            return int(numbers[0] < numbers[1])
        case "select":
            return numbers[1] if numbers[0] else numbers[2]
    raise AssertionError(f"{operation!r} is not in the schema")


def test_samples_are_worth_testing(samples: list[Sample]) -> None:
    """Most stay symbolic, and every operation survives in some."""
    assert sum(isinstance(sample.dimension, Expression) for sample in samples) > len(samples) / 2
    text = " ".join(str(to_json(sample.dimension)) for sample in samples)
    assert all(f"'{operation}'" in text for operation in "+ - * // min max == < select".split())


def test_normal_form_keeps_the_value(samples: list[Sample], least: int) -> None:
    source = random.Random(11)
    for sample in samples:
        for _ in range(6):
            sizes = random_sizes(source, least)
            actual = substitute(sample.dimension, sizes)
            assert actual == value_of(sample.formula, sizes), (sample.formula, str(sample.dimension), sizes)


def test_json_keeps_the_value(samples: list[Sample], least: int) -> None:
    source = random.Random(13)
    for sample in samples:
        for _ in range(3):
            sizes = random_sizes(source, least)
            actual = _evaluate(to_json(sample.dimension), sizes)
            assert actual == value_of(sample.formula, sizes), (sample.formula, str(sample.dimension), sizes)


def test_lower_bound_holds(samples: list[Sample], least: int) -> None:
    source = random.Random(17)
    bounded = 0
    for sample in samples:
        lowest = lower_bound(sample.dimension)
        if lowest is None:
            continue
        bounded += 1
        for _ in range(6):
            sizes = random_sizes(source, least)
            assert value_of(sample.formula, sizes) >= lowest, (sample.formula, str(sample.dimension), sizes)
    assert bounded > len(samples) / 4


def test_equality_is_proved(samples: list[Sample], least: int) -> None:
    """Dimensions that compare equal are so at all sizes; sorting brings those of one normal form together."""
    source = random.Random(19)
    equals = 0
    ordered = sorted(samples, key=lambda sample: str(sample.dimension))
    for one, other in pairwise(ordered):
        if one.dimension != other.dimension or one.formula == other.formula:
            continue
        equals += 1
        assert hash(one.dimension) == hash(other.dimension)
        for _ in range(4):
            sizes = random_sizes(source, least)
            assert value_of(one.formula, sizes) == value_of(other.formula, sizes), (
                one.formula,
                other.formula,
            )
    assert equals > 100


def test_order_of_operands_is_no_matter(samples: list[Sample]) -> None:
    source = random.Random(23)
    for _ in range(1500):
        a, b, c = (sample.dimension for sample in source.sample(samples, 3))
        assert a + b == b + a
        assert a * b == b * a
        assert (a + b) + c == a + (b + c)
        assert (a * b) * c == a * (b * c)
        assert a * (b + c) == a * b + a * c
        assert a - a == 0
        assert minimum(a, b) == minimum(b, a)
        assert maximum(a, b) == maximum(b, a)


def test_division_and_remainder_fit(samples: list[Sample], least: int) -> None:
    source = random.Random(29)
    for sample in samples[::3]:
        a = sample.dimension
        for divisor in (4, H, 2 * H, H + W) if least else (4, 6):
            whole, rest = floor_divide(a, divisor), remainder(a, divisor)
            sizes = random_sizes(source, least)
            assert substitute(whole * divisor + rest, sizes) == substitute(a, sizes)
            assert floor_divide(a * divisor, divisor) == a
            assert remainder(a * divisor, divisor) == 0


def test_partial_substitution(samples: list[Sample], least: int) -> None:
    """Symbols may be bound one after another, to other dimensions too."""
    source = random.Random(31)
    for sample in samples[::2]:
        sizes = random_sizes(source, least)
        step = substitute(sample.dimension, {"batch": sizes["batch"]})
        assert "batch" not in symbols_of(step)
        assert substitute(step, sizes) == value_of(sample.formula, sizes)
        renamed = substitute(sample.dimension, {"width": symbol("columns") * 2})
        assert symbols_of(renamed) <= {"batch", "height", "columns"}
        columns = source.randint(1, 9)
        expected = value_of(sample.formula, {**sizes, "width": 2 * columns})
        assert substitute(renamed, {**sizes, "columns": columns}) == expected


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: floor_divide(4 * H * W, 4), "height*width"),
        (lambda: floor_divide(4 * H + 3, 4), "height"),
        (lambda: floor_divide(6 * H + 8, 4), "height//2 + height + 2"),
        (lambda: 32 * floor_divide(H + 31, 32), "32*((height + 31)//32)"),
        (lambda: H + (-H) % 32, "32*((height + 31)//32)"),
        (lambda: H + (32 - H % 32) % 32, "32*((height + 31)//32)"),
        (lambda: -floor_divide(-H, 32), "(height + 31)//32"),
        (lambda: floor_divide(floor_divide(H + 1, 2) + 1, 2), "(height + 3)//4"),
        (lambda: floor_divide(floor_divide(H - 1, 2), 2) + 1, "(height + 3)//4"),
        (lambda: 2 * floor_divide(H, 2) - 3 * W, "2*(height//2) - 3*width"),
        (lambda: -2 * W - H, "-height - 2*width"),
        (lambda: remainder(H, 2), "height - 2*(height//2)"),
        (lambda: remainder(8 * H * W + 3, 4), "3"),
        (lambda: floor_divide(N * H * W, H * W), "batch"),
        (lambda: floor_divide(H * H + H, H + 1), "height"),
        (lambda: equal(H + 1, H), "0"),
        (lambda: equal(H, 0), "0"),
        (lambda: less(0, H), "1"),
        (lambda: less(H, H), "0"),
        (lambda: minimum(H, H + W), "height"),
        (lambda: maximum(H, 1), "height"),
        (lambda: maximum(H - 1, 0), "height - 1"),
        (lambda: select(equal(H, H), W, N), "width"),
        (lambda: select(equal(H, 2), W, W), "width"),
    ],
)
def test_simplification(make: Callable[[], Dimension], text: str) -> None:
    """What shape arithmetic needs simplified is, and is written as people do."""
    with assuming(POSITIVE):
        assert str(make()) == text


def test_numbers_stay_numbers() -> None:
    assert dimension_of(("+", (("-", ("width", "width")), 3))) == 3
    assert isinstance(H - H, int)
    assert floor_divide(-7, 2) == -4
    assert remainder(-7, 2) == 1
    with assuming(POSITIVE):
        assert is_positive(H) and not is_positive(H - 1) and not is_positive(-H)
    with assuming(ModelFacts()):
        assert not is_positive(H)


def test_division_by_zero_is_an_error() -> None:
    for divide in (floor_divide, remainder):
        with pytest.raises(ZeroDivisionError):
            divide(H, 0)


@pytest.mark.parametrize("seed", range(30))
def test_sizes_that_fit(seed: int) -> None:
    """Sizes for which memory is told meet the bounds, also those of which no symbol's own bound follows."""
    source = random.Random(seed)
    facts = ModelFacts()
    with assuming(facts):
        h, w = symbol("h"), symbol("w")
        for extent in (h, w):
            frames = floor_divide(extent, source.choice((2, 16, 64)))
            cut = maximum(0, minimum(frames - source.randint(1, 4), source.randint(1, 9)))
            require_least("node", frames + cut - source.randint(0, 20), source.choice((1, 3)), "an extent")
        require_least("node", h + w, source.randint(1, 900), "both")
        divisor = floor_divide(maximum(0, minimum(h - source.randint(1, 20), 40)), 2)
        require_least("node", floor_divide(w * h, divisor), source.randint(0, 3), "what divides by 0 at some")
        require_least("node", divisor, 1, "the divisor")
        sizes = facts.fitting({"h": source.choice((1, 16)), "w": source.choice((1, 224))})
        for constraint in facts.constraints.values():
            difference = substitute(constraint.left - constraint.right, sizes)
            assert isinstance(difference, int) and difference >= 0, (str(constraint), sizes)
