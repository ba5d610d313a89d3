"""Elements in order, and the places where they were."""

from __future__ import annotations

from texelflow.dimensions import Dimension
from texelflow.graph import Value
from texelflow.importers.pytorch.lowering import Step, lowers


def _sorted(step: Step, count: Dimension, axis: int, largest: bool, names: list[str | Value]) -> None:
    k = step.vector("k", [count])
    x = step.x if step.x.dtype != "bool" else step.cast("numbers", step.x, "int32")
    values, places = step.add_all(
        "TopK", ["values", "places"], x, k, axis=axis, largest=int(largest), sorted=1
    )
    for made, result in zip((values, places), names, strict=True):
        if isinstance(result, Value):
            index = step.node.outputs.index(result)
            step.finish(made, index)


@lowers("topk")
def topk(step: Step) -> None:
    """The k largest, or smallest, numbers along an axis, and their places."""
    _require_axes(step)
    _sorted(step, step.dimension("k"), step.axis("dim", -1), step.flag("largest", True), [*step.node.outputs])


@lowers("sort", "sort.stable")
def sort(step: Step) -> None:
    """All numbers along an axis in order, and their places."""
    _require_axes(step)
    axis = step.axis("dim", -1)
    _sorted(step, step.x.shape[axis], axis, step.flag("descending"), [*step.node.outputs])


@lowers("argsort", "argsort.stable", "msort")
def argsort(step: Step) -> None:
    """The places of all numbers along an axis, in their order; of msort the numbers."""
    _require_axes(step)
    if step.base == "msort":
        _sorted(step, step.x.shape[0], 0, False, [step.result, "places"])
        return
    axis = step.axis("dim", -1)
    _sorted(step, step.x.shape[axis], axis, step.flag("descending"), ["values", step.result])


@lowers("median.dim", "kthvalue")
def kth(step: Step) -> None:
    """The k-th smallest number along an axis and its place; of an even count's middles the lower."""
    _require_axes(step)
    axis = step.axis("dim", -1)
    extent = step.x.shape[axis]
    k: Dimension = step.dimension("k") if step.base == "kthvalue" else (extent + 1) // 2
    made = step.add_all(
        "TopK", ["values", "places"], step.x, step.vector("k", [k]), axis=axis, largest=0, sorted=1
    )
    last = step.index("last", k - 1) if not step.flag("keepdim") else step.vector("last", [k - 1])
    for result, value in zip(step.node.outputs, made, strict=False):
        step.add("Gather", result, value, last, axis=axis)


@lowers("median")
def median(step: Step) -> None:
    """The middle of all numbers in order; of two middles the lower."""
    size = step.x.known_type.size
    k = (size + 1) // 2
    flat = step.reshape("flat", step.x, [size])
    values, _ = step.add_all(
        "TopK", ["values", "places"], flat, step.vector("k", [k]), axis=0, largest=0, sorted=1
    )
    step.add("Gather", step.result, values, step.index("last", k - 1), axis=0)


def _require_axes(step: Step) -> None:
    if not step.rank:
        raise step.fail("it sorts a single number, which is not supported")
