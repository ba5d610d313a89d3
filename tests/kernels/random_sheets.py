"""Random chains of what moves elements, with kernels in between that want their own layouts; random graphs of
what is fused: elementwise nodes read by one another, by reductions, and by the outputs.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from math import prod

from kernels.sheet import Sheet, elementwise

LARGEST = 600
"""Elements, to keep the sheet quick."""


@elementwise
def random_chains() -> Sheet:
    """Chains of up to seven random steps from flat and blocked tensors."""
    sheet = Sheet("random chains")
    source = random.Random(1)
    for number in range(160):
        sheet.case(f"chain {number}")
        shape = [source.choice((1, 2, 3)), *(source.choice((1, 2, 3, 5, 6)) for _ in range(3))]
        value = sheet.blocked(shape) if number % 2 else sheet.input(shape)
        steps = []
        for _ in range(source.randint(2, 7)):
            step = source.choice(STEPS)
            changed = step(sheet, source, value, shape)
            if changed is not None and prod(changed[1]) <= LARGEST:
                value, shape = changed
                steps.append(step.__name__[1:])
        sheet.output(value, ", ".join(steps))
    return sheet


Changed = tuple[str, list[int]] | None


def _transpose(sheet: Sheet, source: random.Random, value: str, shape: list[int]) -> Changed:
    order = source.sample(range(len(shape)), len(shape))
    return sheet.node("Transpose", [value], perm=order), [shape[axis] for axis in order]


def _slice(sheet: Sheet, source: random.Random, value: str, shape: list[int]) -> Changed:
    axis = source.randrange(len(shape))
    extent = shape[axis]
    if source.random() < 0.5:
        start, end, step = source.randrange(extent), extent, source.choice((1, 1, 2))
    else:
        start, end, step = -1, -extent - 1, source.choice((-1, -2))
    count = len(range(extent)[start : end if step > 0 else None : step])
    bounds = [sheet.integers(number) for number in (start, end, axis, step)]
    return sheet.node("Slice", [value, *bounds]), [*shape[:axis], count, *shape[axis + 1 :]]


def _expand(sheet: Sheet, source: random.Random, value: str, shape: list[int]) -> Changed:
    larger = [source.choice((extent, 3)) if extent == 1 else extent for extent in shape]
    return sheet.node("Expand", [value, sheet.integers(*larger)]), larger


def _pad(sheet: Sheet, source: random.Random, value: str, shape: list[int]) -> Changed:
    axis = source.randrange(len(shape))
    before, behind = source.choice((0, 1, 2)), source.choice((-1, 0, 1))
    extent = shape[axis] + before + behind
    if extent < 1:
        return None
    fill, axes = sheet.constant(source.choice((0, 0.25)), "float32"), sheet.integers(axis)
    padded = sheet.node("Pad", [value, sheet.integers(before, behind), fill, axes])
    return padded, [*shape[:axis], extent, *shape[axis + 1 :]]


def _reshape(sheet: Sheet, source: random.Random, value: str, shape: list[int]) -> Changed:
    groups: list[int] = []
    for extent in shape:
        for factor in (2, 3, 5):
            while extent % factor == 0:
                extent //= factor
                if groups and source.random() < 0.5:
                    groups[-1] *= factor
                else:
                    groups.append(factor)
        if extent > 1:
            groups.append(extent)
    groups.insert(source.randint(0, len(groups)), 1)
    return sheet.node("Reshape", [value, sheet.integers(*groups)]), groups


def _concatenate(sheet: Sheet, source: random.Random, value: str, shape: list[int]) -> Changed:
    axis = source.randrange(len(shape))
    other = [*shape[:axis], source.choice((1, 2)), *shape[axis + 1 :]]
    parts = [value, sheet.weights(other)]
    source.shuffle(parts)
    return sheet.node("Concat", parts, axis=axis), [
        *shape[:axis],
        shape[axis] + other[axis],
        *shape[axis + 1 :],
    ]


def _add(sheet: Sheet, source: random.Random, value: str, shape: list[int]) -> Changed:
    other = [source.choice((extent, extent, 1)) for extent in shape][source.randrange(2) :]
    return sheet.node("Add", [value, sheet.weights(other)]), shape


def _pool(sheet: Sheet, source: random.Random, value: str, shape: list[int]) -> Changed:
    """A kernel that reads and writes images."""
    if len(shape) not in (3, 4):
        return None
    rank = len(shape) - 2
    pads = [1] * rank + [0] * rank
    return sheet.node("MaxPool", [value], kernel_shape=[2] * rank, pads=pads), shape


def _multiply(sheet: Sheet, source: random.Random, value: str, shape: list[int]) -> Changed:
    """A kernel that reads and writes matrices."""
    if len(shape) < 2:
        return None
    columns = source.choice((1, 3, 5))
    return sheet.node("MatMul", [value, sheet.weights([shape[-1], columns])]), [*shape[:-1], columns]


STEPS = (_transpose, _slice, _expand, _pad, _reshape, _reshape, _concatenate, _add, _pool, _multiply)


@elementwise
def random_fusions(count: int = 16) -> Sheet:
    """Graphs of up to sixteen nodes, many of which read the same values, and some of which are outputs.

    A few, since each has programs of its own; tests/passes has hundreds.
    """
    sheet = Sheet("random fusions")
    source = random.Random(2)
    for number in range(count):
        sheet.case(f"graph {number}")
        rows, columns = source.choice((1, 3, 4)), source.choice((1, 5, 8, 12))
        values = [sheet.input([rows, columns]), sheet.input([rows, columns]), sheet.input([columns])]
        if number % 3 == 0:
            values.append(sheet.node("MatMul", [values[0], sheet.weights([columns, columns])]))
        for _ in range(source.randint(4, 16)):
            # The last ones more often, so that chains grow long as well as wide.
            chosen = [values[-min(len(values), 1 + int(source.expovariate(0.5)))] for _ in range(2)]
            values += source.choice(FUSED)(sheet, source, *chosen)
        outputs = {values[-1], *source.sample(values[3:], min(len(values) - 3, source.randint(0, 3)))}
        for index, value in enumerate(sorted(outputs)):
            sheet.output(value, str(index))
    return sheet


@elementwise
def long_chains() -> Sheet:
    """More nodes in a row than one shader can be long, or has uniforms for."""
    sheet = Sheet("long chains")
    steps: dict[str, Callable[[str, int], str]] = {
        "functions": lambda x, number: sheet.node(("Sin", "Neg")[number % 2], [x]),
        "numbers": lambda x, number: sheet.node("Add", [x, sheet.constant(number / 1e4, "float32")]),
        "tensors": lambda x, number: sheet.node("Sub", [x, sheet.weights([5])]),
        "bounds": lambda x, number: sheet.node(
            "Clip", [x, *(sheet.constant(side * (2 - number / 1e4), "float32") for side in (-1, 1))]
        ),
    }
    for name, step in steps.items():
        sheet.case(name)
        value = sheet.input([2, 5])
        for number in range(50 if name == "tensors" else 1200):
            value = step(value, number)
        sheet.output(value)
        sheet.output(sheet.node("ReduceSum", [value, sheet.integers(1)]), "reduced")
    return sheet


def _unary(sheet: Sheet, source: random.Random, a: str, b: str) -> list[str]:
    return [sheet.node(source.choice(("Sigmoid", "Tanh", "Abs", "Neg", "Relu", "Sin")), [a])]


def _binary(sheet: Sheet, source: random.Random, a: str, b: str) -> list[str]:
    return [sheet.node(source.choice(("Add", "Sub", "Max", "Min")), [a, b])]


def _scaled(sheet: Sheet, source: random.Random, a: str, b: str) -> list[str]:
    return [sheet.node("Mul", [a, sheet.constant(source.choice((0.5, -1.0)), "float32")])]


def _reduced(sheet: Sheet, source: random.Random, a: str, b: str) -> list[str]:
    return [sheet.node(source.choice(("ReduceMean", "ReduceMax")), [a, sheet.integers(-1)], keepdims=1)]


def _moments(sheet: Sheet, source: random.Random, a: str, b: str) -> list[str]:
    mean = sheet.node("ReduceMean", [a, sheet.integers(-1)], keepdims=1)
    centred = sheet.node("Sub", [a, mean])
    variance = sheet.node(
        "ReduceMean", [sheet.node("Mul", [centred, centred]), sheet.integers(-1)], keepdims=1
    )
    made = [mean, centred, variance]
    source.shuffle(made)
    return made


def _softmax(sheet: Sheet, source: random.Random, a: str, b: str) -> list[str]:
    return [sheet.node("Softmax", [a], axis=-1)]


FUSED = (_unary, _unary, _binary, _binary, _binary, _scaled, _reduced, _moments, _softmax)
