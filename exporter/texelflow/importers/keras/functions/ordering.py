"""Functions that put numbers in order, or ask where they lie in one."""

from __future__ import annotations

from texelflow.graph import Value
from texelflow.importers.keras.functions.function import Function, computes
from texelflow.operators.shapes import normalize_axis


def _ordered(steps: Function, axis: int, largest: bool, count: Value) -> list[Value]:
    """Return the numbers along an axis in order, `count` of them, and where they were."""
    order = normalize_axis(steps.node, axis, steps.rank)
    names: list[str | Value] = ["ordered", "places"]
    return steps.add_all("TopK", names, steps.x, count, axis=order, largest=int(largest), sorted=1)


@computes("Sort", "Argsort")
def sort(steps: Function) -> None:
    """The numbers along an axis in order, or their places as int32; of equal ones the first comes first."""
    axis = steps.given(1, "axis", -1)
    if not isinstance(axis, int):
        raise steps.fail(f"its axis is {str(axis)[:80]}, which is not supported: make the tensor flat first")
    extent = steps.x.shape[normalize_axis(steps.node, axis, steps.rank)]
    ordered, places = _ordered(steps, axis, False, steps.vector("all", [extent]))
    if steps.function == "Sort":
        steps.add("Identity", steps.result, ordered)
    else:
        steps.cast(steps.result, places, "int32")


@computes("TopK", results=lambda _config, _arguments: 2)
def top_k(steps: Function) -> None:
    """The k largest numbers along the last axis, and their places as int32."""
    [k] = steps.wholes_given(1, "k")
    best, places = _ordered(steps, -1, True, steps.vector("k", [k]))
    steps.add("Identity", steps.results[0], best)
    if len(steps.results) > 1:
        steps.cast(steps.results[1], places, "int32")


@computes("SearchSorted", "Digitize")
def search(steps: Function) -> None:
    """How many numbers of a list, which do not fall, are below a number; with side `right` not above it."""
    names = ("sorted_sequence", "values") if steps.function == "SearchSorted" else ("bins", "x")
    order = (0, 1) if steps.function == "SearchSorted" else (1, 0)
    edges, values = steps.together([steps.given(at, name) for at, name in zip(order, names, strict=True)])
    kind = edges.type or None
    if kind is None or len(kind.shape) != 1:
        raise steps.fail(f"its list is {kind}; one axis is needed")
    is_right = steps.function == "Digitize" or steps.setting("side", "left") == "right"
    wide = steps.add("Unsqueeze", "wide", values, steps.vector("last", [-1]))
    passed = steps.add("LessOrEqual" if is_right else "Less", "passed", edges, wide)
    counted = steps.cast("counted", passed, "int32")
    steps.add("ReduceSum", steps.result, counted, steps.vector("axis", [-1]), keepdims=0)


@computes("MultiHot")
def multi_hot(steps: Function) -> None:
    """1 at the places that the numbers of the second axis, which is gone then, name along a new last one."""
    count, axis = steps.given(1, "num_classes"), steps.given(2, "axis", -1)
    dtype = steps.setting("dtype") or "float32"
    if type(count) is not int or axis not in (-1, steps.rank) or dtype not in ("float32", "int32", "bool"):
        raise steps.fail(
            f"it has {str(count)[:80]} classes along axis {str(axis)[:80]}, of {str(dtype)[:80]}"
        )
    wide = steps.add("Unsqueeze", "wide", steps.cast("whole", steps.x, "int64"), steps.vector("last", [-1]))
    is_class = steps.add("Equal", "is_class", wide, steps.places("classes", count))
    flags = steps.cast("flags", is_class, "int32")
    gone = steps.vector("axis", [min(1, steps.rank - 1)])
    flags = steps.add("ReduceMax", "any", flags, gone, keepdims=0)
    steps.cast(steps.result, flags, dtype)


@computes("Tril", "Triu")
def triangle(steps: Function) -> None:
    """What of matrices is not above a diagonal, or not below it."""
    [k] = steps.wholes_given(1, "k") if steps.given(1, "k") is not None else [0]
    upper = int(steps.function == "Triu")
    steps.add("Trilu", steps.result, steps.x, steps.index("k", k), upper=upper)


@computes("Roll")
def roll(steps: Function) -> None:
    """Elements moved along an axis, those at its end to its beginning."""
    shift, axis = steps.given(1, "shift"), steps.given(2, "axis")
    if type(shift) is not int or type(axis) is not int:
        raise steps.fail(
            f"its shift is {str(shift)[:80]}, its axis {str(axis)[:80]}; a number each is supported"
        )
    axis = normalize_axis(steps.node, axis, steps.rank)
    extent = steps.x.shape[axis]
    cut = -shift % extent if isinstance(extent, int) and extent else None
    if cut is None:
        raise steps.fail(f"the extent {extent} along its axis is not known")
    parts = [steps.slice("behind", steps.x, axis, cut, extent), steps.slice("front", steps.x, axis, 0, cut)]
    steps.add("Concat", steps.result, *parts, axis=axis)
