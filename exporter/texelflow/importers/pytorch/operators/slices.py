"""Parts of axes, and tensors with parts of axes replaced."""

from __future__ import annotations

from texelflow.dimensions import Dimension
from texelflow.graph import Value
from texelflow.importers.pytorch.lowering import Step, lowers
from texelflow.operators.onnx.slice import UNLIMITED


@lowers("select.int", "select_copy.int")
def select(step: Step) -> None:
    """One place of an axis, which goes."""
    index = step.index("place", step.dimension("index"))
    step.add("Gather", step.result, step.x, index, axis=step.axis())


@lowers("slice.Tensor", "slice_copy.Tensor")
def slice_(step: Step) -> None:
    """Takes every step-th element of an axis between two places."""
    bounds = _bounds(step)
    step.add("Slice", step.result, step.x, *(step.vector(name, [bound]) for name, bound in bounds))


def _bounds(step: Step) -> tuple[tuple[str, Dimension], ...]:
    return (
        ("start", step.dimension("start", 0)),
        ("end", step.dimension("end", UNLIMITED)),
        ("axis", step.axis("dim", 0)),
        ("by", step.dimension("step", 1)),
    )


@lowers("narrow", "narrow_copy")
def narrow(step: Step) -> None:
    """So many places of an axis from one on."""
    axis, first = step.axis(), step.dimension("start")
    if isinstance(first, int) and first < 0:
        first = step.x.shape[axis] + first
    step.add(
        "Identity", step.result, step.slice("part", step.x, axis, first, first + step.dimension("length"))
    )


@lowers("slice_scatter")
def slice_scatter(step: Step) -> None:
    """Replaces every step-th element of an axis between two places."""
    x, source = step.tensor("self"), step.as_dtype(step.tensor("src"), step.dtype)
    axis = step.axis("dim", 0)
    places = step.places("places", x.shape[axis])
    bounds = [(name, bound if name != "axis" else 0) for name, bound in _bounds(step)]
    chosen = step.add("Slice", "chosen", places, *(step.vector(name, [bound]) for name, bound in bounds))
    _replace(step, x, source, axis, chosen)


@lowers("select_scatter")
def select_scatter(step: Step) -> None:
    """X with one place of an axis replaced."""
    x, source = step.tensor("self"), step.as_dtype(step.tensor("src"), step.dtype)
    axis, place = step.axis(), step.dimension("index")
    if isinstance(place, int) and place < 0:
        place = x.shape[axis] + place
    wide = step.add("Unsqueeze", "wide", source, step.vector("axis", [axis]))
    _replace(step, x, wide, axis, step.vector("place", [place]))


def _replace(step: Step, x: Value, source: Value, axis: int, places: Value) -> None:
    """Put slices of `source` at places of an axis, a list."""
    rank = len(x.shape)
    rows = step.add("Unsqueeze", "rows", places, step.vector("last", [-1]))
    if axis == 0:
        step.add("ScatterND", step.result, x, rows, source)
        return
    order = [axis, *(other for other in range(rank) if other != axis)]
    turned = [step.add("Transpose", "turned", value, perm=order) for value in (x, source)]
    made = step.add("ScatterND", "made", turned[0], rows, turned[1])
    step.add("Transpose", step.result, made, perm=[order.index(place) for place in range(rank)])


@lowers("unfold", "unfold_copy")
def unfold(step: Step) -> None:
    """Windows along an axis, the places of a window along a new last axis."""
    x, axis = step.x, step.axis("dimension")
    size, by = step.integer("size"), step.integer("step")
    if size < 1 or by < 1 or not x.shape:
        raise step.fail(f"its windows are {size} long and {by} apart")
    count = (x.shape[axis] - size) // by + 1
    firsts = step.add("Mul", "firsts", step.places("windows", count), step.scalar("by", "int64", by))
    within = step.constant("within", "int64", [1, size], range(size))
    rows = step.add("Add", "places", step.add("Unsqueeze", "rows", firsts, step.vector("last", [1])), within)
    gathered = step.add("Gather", "gathered", x, rows, axis=axis)
    rank = len(x.shape)
    order = [place for place in range(rank + 1) if place != axis + 1]
    step.add("Transpose", step.result, gathered, perm=[*order, axis + 1])


@lowers("diagonal", "diagonal_copy")
def diagonal(step: Step) -> None:
    """The diagonal of two axes as a new last one."""
    x, offset = step.x, step.integer("offset", 0)
    a, b = step.axis("dim1", 0), step.axis("dim2", 1)
    rows, columns = x.shape[a], x.shape[b]
    if not isinstance(rows, int) or not isinstance(columns, int):
        raise step.fail("it takes the diagonal of axes of free size, which is not supported")
    first = (max(0, -offset), max(0, offset))
    count = max(0, min(rows - first[0], columns - first[1]))
    order = [*(axis for axis in range(step.rank) if axis not in (a, b)), a, b]
    turned = step.add("Transpose", "turned", x, perm=order)
    outer = [x.shape[axis] for axis in order[:-2]]
    flat = step.reshape("flat", turned, [*outer, rows * columns])
    places = [(first[0] + index) * columns + first[1] + index for index in range(count)]
    step.add("Gather", step.result, flat, step.constant("places", "int64", [count], places), axis=-1)


@lowers("tril", "triu")
def triangle(step: Step) -> None:
    """The lower, or upper, triangle of matrices, 0 elsewhere."""
    k = step.index("diagonal", step.dimension("diagonal", 0))
    x = step.x if step.x.dtype != "bool" else step.cast("numbers", step.x, "int32")
    step.finish(step.add("Trilu", "triangle", x, k, upper=int(step.base == "triu")))


@lowers("as_strided")
def as_strided(step: Step) -> None:
    """Refuse: where elements lie in memory is not known here."""
    raise step.fail("it reads memory by strides, which is not supported: use view, expand, unfold or slices")
