"""The runtime computes expressions as the exporter means them, and writes them alike."""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest

from dimensions.random_dimensions import random_sample, random_sizes, value_of
from texelflow.dimensions import Expression, broadcast, substitute, symbol, to_json
from texelflow.dimensions.floats import FloatExpression, float_operation, scaled_extent

SCRIPT = Path(__file__).with_name("evaluate.mjs")
SCALES = (1.3, 0.5, 2.0, 1 / 3, 0.1, 2.5, 0.75, 1.1, 7 / 3, 0.6)


def answers_of(questions: Sequence[tuple[Any, Mapping[str, int]]]) -> list[dict[str, Any]]:
    """Return what the runtime makes of expressions of graph.json at sizes of the symbols."""
    asked = json.dumps([{"expression": expression, "symbols": sizes} for expression, sizes in questions])
    done = subprocess.run(["node", str(SCRIPT)], input=asked, capture_output=True, text=True, check=True)
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


def test_dimensions() -> None:
    source = random.Random(41)
    samples = [random_sample(source, 1 + number % 3, 0) for number in range(1500)]
    cases = [(sample, random_sizes(source, 0)) for sample in samples]
    answers = answers_of([(to_json(sample.dimension), sizes) for sample, sizes in cases])
    for (sample, sizes), answer in zip(cases, answers, strict=True):
        assert answer["value"] == value_of(sample.formula, sizes), (str(sample.dimension), sizes)
        text = str(sample.dimension)
        assert str(answer["text"]) == text


def test_broadcasting() -> None:
    """What is not 1 wins, 0 included."""
    extent = broadcast(symbol("a"), symbol("b"), symbol("c"))
    cases = [(a, b, c) for a in (0, 1, 4) for b in (0, 1, 4) for c in (1, 4) if len({a, b, c} - {1}) < 2]
    answers = answers_of([(to_json(extent), dict(zip("abc", case, strict=True))) for case in cases])
    assert [answer["value"] for answer in answers] == [np.broadcast_shapes(*zip(case))[0] for case in cases]


@pytest.mark.parametrize("scale", SCALES)
def test_scaled_extents(scale: float) -> None:
    """An extent times a scale is the whole part of the product of floats, as ONNX Runtime computes it."""
    rounded = float(np.float32(scale))
    extents = range(4097)
    expected = [int(np.float32(extent) * np.float32(scale)) for extent in extents]
    assert [scaled_extent(extent, rounded) for extent in extents] == expected
    free = scaled_extent(symbol("h"), rounded)
    assert [substitute(free, {"h": extent}) for extent in extents] == expected
    answers = answers_of([(to_json(free), {"h": extent}) for extent in extents])
    assert [answer["value"] for answer in answers] == expected


Compute: TypeAlias = Callable[[Mapping[str, int]], np.float32]

UNARY: dict[str, Any] = {"floor": np.floor, "ceil": np.ceil, "round": np.rint, "sqrt": np.sqrt, "abs": np.abs}
BINARY: dict[str, Any] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "min": np.minimum,
    "max": np.maximum,
}


def _within(number: np.floating[Any]) -> np.float32:
    """Return a number, or NaN from where on float32 does not hold all whole numbers."""
    return np.float32(number) if abs(number) < 2**24 else np.float32(np.nan)


def _random_float(source: random.Random, depth: int) -> tuple[Any, Compute]:
    """Return float arithmetic on h and w, and the same in NumPy's float32."""
    if depth == 0:
        name, number = source.choice("hw"), np.float32(source.choice((0.5, 1.3, 2, 3, 32, 0.1)))
        if source.random() < 0.5:
            return float(number), lambda sizes: number
        return symbol(name), lambda sizes: np.float32(sizes[name])
    operation = source.choice([*UNARY, *BINARY])
    operands = [_random_float(source, depth - 1) for _ in range(1 if operation in UNARY else 2)]
    if all(isinstance(operand, float) for operand, _ in operands):
        return operands[0]
    function = UNARY.get(operation) or BINARY[operation]
    made = float_operation(operation, [operand for operand, _ in operands], "float32")
    return made, lambda sizes: _within(function(*(compute(sizes) for _, compute in operands)))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_float_arithmetic() -> None:
    """Whole parts of random float arithmetic on extents are those of float32."""
    source = random.Random(43)
    questions, expected = [], []
    while len(questions) < 3000:
        number, compute = _random_float(source, source.randint(1, 3))
        whole = number.truncated() if isinstance(number, FloatExpression) else number
        if not isinstance(whole, Expression):
            continue
        for _ in range(3):
            sizes = {"h": source.randint(1, 700), "w": source.randint(1, 700)}
            result = compute(sizes)
            if np.isfinite(result):
                questions.append((to_json(whole), sizes))
                expected.append(int(result))
                assert substitute(whole, sizes) == int(result), (str(whole), sizes)
    answers = answers_of(questions)
    wrong = [
        (question, answer, number)
        for question, answer, number in zip(questions, answers, expected, strict=True)
        if answer.get("value") != number
    ]
    assert not wrong, wrong[:3]
