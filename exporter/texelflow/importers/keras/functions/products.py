"""Products of tensors."""

from __future__ import annotations

from texelflow.dimensions import proved_equal
from texelflow.graph import Value
from texelflow.importers.keras.functions.function import Function, computes
from texelflow.operators.shapes import normalize_axes


@computes("Matmul", "Dot")
def matmul(steps: Function) -> None:
    """Products of matrices; of Dot, those of up to two axes."""
    a, b = steps.operands("x1", "x2")
    ranks = [
        len(given.shape) if isinstance(given, Value) else 0
        for given in (steps.given(0, "x1"), steps.given(1, "x2"))
    ]
    if steps.function == "Dot" and (0 in ranks or max(ranks) > 2):
        raise steps.fail(f"its tensors have {ranks} axes; one or two are supported: use matmul or einsum")
    steps.add("MatMul", steps.result, a, b)


@computes("Einsum")
def einsum(steps: Function) -> None:
    """A sum of products along named axes."""
    equation = steps.setting("subscripts")
    if not isinstance(equation, str):
        raise steps.fail(f"its subscripts are {str(equation)[:80]}; a text is needed")
    operands = steps.together(list(steps.argument("positional", [])))
    steps.add("Einsum", steps.result, *operands, equation=equation.replace(" ", ""))


@computes("Outer")
def outer(steps: Function) -> None:
    """All numbers of the first times all of the second."""
    a, b = steps.operands("x1", "x2")
    column = steps.add("Reshape", "column", a, steps.vector("upright", [-1, 1]))
    steps.add("Mul", steps.result, column, steps.add("Reshape", "row", b, steps.vector("flat", [1, -1])))


@computes("Tensordot")
def tensordot(steps: Function) -> None:
    """The sum of products along the last axes of the first and the first of the second, or given ones."""
    a, b = steps.operands("x1", "x2")
    ranks = [len(value.known_type.shape) for value in (a, b)]
    axes = steps.setting("axes", 2)
    if type(axes) is int and 0 <= axes <= min(ranks):
        axes = [list(range(ranks[0] - axes, ranks[0])), list(range(axes))]
    sides = [[side] if type(side) is int else side for side in axes] if isinstance(axes, list) else []
    if len(sides) != 2 or not all(
        isinstance(side, list) and all(type(at) is int for at in side) for side in sides
    ):
        raise steps.fail(f"its axes are {str(axes)[:80]}; a number, or two lists, are needed")
    places = [normalize_axes(steps.node, side, rank) for side, rank in zip(sides, ranks, strict=True)]
    if len(places[0]) != len(places[1]) or sum(ranks) > 26:
        raise steps.fail(f"its axes are {sides}, of tensors of {ranks} axes")
    letters = "abcdefghijklmnopqrstuvwxyz"
    first = list(letters[: ranks[0]])
    second = list(letters[ranks[0] : sum(ranks)])
    for one, other in zip(*places, strict=True):
        second[other] = first[one]
    kept = [name for name in first + second if (name in first) != (name in second)]
    steps.add("Einsum", steps.result, a, b, equation=f"{''.join(first)},{''.join(second)}->{''.join(kept)}")


@computes("Cross")
def cross(steps: Function) -> None:
    """The vector at right angles to two vectors of three numbers, along the last axis."""
    a, b = steps.operands("x1", "x2")
    if any(steps.setting(name, -1) != -1 for name in ("axisa", "axisb", "axisc", "axis")) or any(
        not value.known_type.shape or not proved_equal(value.known_type.shape[-1], 3) for value in (a, b)
    ):
        raise steps.fail("vectors of three numbers along the last axis are supported")

    def turned(value: Value, order: list[int]) -> Value:
        return steps.add("Gather", "turned", value, steps.vector("order", list(order)), axis=-1)

    first = steps.add("Mul", "first", turned(a, [1, 2, 0]), turned(b, [2, 0, 1]))
    steps.add(
        "Sub", steps.result, first, steps.add("Mul", "second", turned(a, [2, 0, 1]), turned(b, [1, 2, 0]))
    )
