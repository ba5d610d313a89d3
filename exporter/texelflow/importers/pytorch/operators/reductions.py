"""A number of all elements along some axes: sums, means, extremes, deviations, norms."""

from __future__ import annotations

from math import inf

from texelflow.dimensions import Dimension, product
from texelflow.graph import Value
from texelflow.importers.pytorch.lowering import Step, lowers


def _finish(step: Step, value: Value, axes: list[int], keeps: bool, index: int = 0) -> None:
    """Give a result a value whose reduced axes have extent 1."""
    result = step.node.outputs[index]
    if keeps or not axes:
        step.add("Identity", result, value)
    else:
        step.add("Squeeze", result, value, step.vector("axes", axes))


def _count(step: Step, axes: list[int]) -> Dimension:
    return product(step.x.shape[axis] for axis in axes)


def _float_of(step: Step, name: str, number: Dimension, dtype: str) -> Value:
    return step.cast(name, step.index(f"{name}_number", number), dtype)


SUMS = {"sum": "ReduceSum", "mean": "ReduceMean", "prod": "ReduceProd", "nansum": "ReduceSum"}


@lowers("sum", "sum.dim_IntList", "mean", "mean.dim", "prod", "prod.dim_int", "nansum")
def summation(step: Step) -> None:
    """The sum, mean or product; of truth values and whole numbers as int64."""
    x, axes = step.as_dtype(step.x, step.dtype), step.axes()
    if step.base == "nansum":
        x = step.add("Where", "numbers", step.add("IsNaN", "is_nan", x), step.scalar("zero", x.dtype, 0), x)
    made = step.reduce(SUMS[step.base], "reduced", x, axes) if axes else x
    _finish(step, made, axes, step.flag("keepdim"))


@lowers("amax", "amin", "max", "min")
def extreme(step: Step) -> None:
    """The largest, or smallest, number."""
    axes = step.axes()
    _finish(step, _extreme(step, step.base.endswith("max"), axes), axes, step.flag("keepdim"))


def _extreme(step: Step, largest: bool, axes: list[int]) -> Value:
    x = step.x
    if not axes:
        return x
    operator = "ReduceMax" if largest else "ReduceMin"
    if x.dtype != "bool":
        return step.reduce(operator, "reduced", x, axes)
    return step.cast(
        "truth", step.reduce(operator, "reduced", step.cast("numbers", x, "int32"), axes), "bool"
    )


@lowers("aminmax")
def aminmax(step: Step) -> None:
    """The smallest and the largest number."""
    axes = [step.axis()] if step.has("dim") else step.axes()
    for index, largest in enumerate((False, True)):
        _finish(step, _extreme(step, largest, axes), axes, step.flag("keepdim"), index)


@lowers("max.dim", "min.dim")
def extreme_and_place(step: Step) -> None:
    """The largest, or smallest, number along an axis and its place."""
    x, axis, largest = step.x, step.axis(), step.base == "max"
    if not x.shape:
        step.add("Identity", step.result, x)
        step.expand(step.node.outputs[1], step.scalar("place", "int64", 0), [])
        return
    _finish(step, _extreme(step, largest, [axis]), [axis], step.flag("keepdim"))
    numbers = step.cast("ordered", x, "int32") if x.dtype == "bool" else x
    operator = "ArgMax" if largest else "ArgMin"
    step.add(operator, step.node.outputs[1], numbers, axis=axis, keepdims=int(step.flag("keepdim")))


@lowers("argmax", "argmin")
def place_of_extreme(step: Step) -> None:
    """The place of the largest, or smallest, number along an axis, or among all."""
    x, keeps = (
        step.x if step.x.dtype != "bool" else step.cast("numbers", step.x, "int32"),
        step.flag("keepdim"),
    )
    operator = "ArgMax" if step.base == "argmax" else "ArgMin"
    if step.has("dim") and step.rank:
        step.add(operator, step.result, x, axis=step.axis(), keepdims=int(keeps))
        return
    place = step.add(operator, "place", step.reshape("flat", x, [-1]), axis=0, keepdims=0)
    step.reshape(step.result, place, [1] * step.rank if keeps else [])


@lowers("any", "any.dim", "any.dims", "all", "all.dim", "all.dims")
def truth(step: Step) -> None:
    """Whether one is true, or all are."""
    axes = step.axes()
    numbers = step.cast("numbers", step.as_dtype(step.x, "bool", "is_true"), "int32")
    operator = "ReduceMax" if step.base == "any" else "ReduceMin"
    made = step.reduce(operator, "reduced", numbers, axes) if axes else numbers
    _finish(step, step.cast("truth", made, "bool"), axes, step.flag("keepdim"))


@lowers("count_nonzero", "count_nonzero.dim_IntList")
def count_nonzero(step: Step) -> None:
    """How many are not 0."""
    axes = [step.axis()] if step.has("dim") and step.node.operator == "count_nonzero" else step.axes()
    numbers = step.cast("numbers", step.as_dtype(step.x, "bool", "is_true"), "int64")
    _finish(step, step.reduce("ReduceSum", "sum", numbers, axes) if axes else numbers, axes, False)


@lowers(
    "var",
    "var.dim",
    "var.correction",
    "std",
    "std.dim",
    "std.correction",
    "var_mean",
    "var_mean.dim",
    "var_mean.correction",
    "std_mean",
    "std_mean.dim",
    "std_mean.correction",
)
def variance(step: Step) -> None:
    """The variance, or its root, divided by the count less a correction; and perhaps the mean."""
    x, axes, keeps = step.x, step.axes(), step.flag("keepdim")
    correction = (
        step.number("correction", 1)
        if "correction" in step.node.operator
        else float(step.flag("unbiased", True))
    )
    mean = step.reduce("ReduceMean", "mean", x, axes) if axes else x
    centred = step.add("Sub", "centred", x, mean)
    squares = step.add("Mul", "squares", centred, centred)
    count = _count(step, axes)
    if correction == 0:
        made = step.reduce("ReduceMean", "variance", squares, axes) if axes else squares
    else:
        total = step.reduce("ReduceSum", "sum", squares, axes) if axes else squares
        less = step.add(
            "Sub",
            "freedom",
            _float_of(step, "count", count, x.dtype),
            step.scalar("correction", x.dtype, correction),
        )
        positive = step.add("Max", "divisor", less, step.scalar("none", x.dtype, 0))
        made = step.add("Div", "variance", total, positive)
    if step.base.startswith("std"):
        made = step.add("Sqrt", "deviation", made)
    _finish(step, made, axes, keeps)
    if len(step.node.outputs) > 1:
        _finish(step, mean, axes, keeps, 1)


@lowers("logsumexp", "special_logsumexp")
def logsumexp(step: Step) -> None:
    """The logarithm of the sum of exponentials."""
    axes = step.axes()
    x = step.as_dtype(step.x, step.dtype)
    _finish(step, step.reduce("ReduceLogSumExp", "reduced", x, axes), axes, step.flag("keepdim"))


@lowers(
    "linalg_vector_norm",
    "norm.Scalar",
    "norm.ScalarOpt_dim",
    "norm.ScalarOpt_dim_dtype",
    "norm.ScalarOpt_dtype",
)
def norm(step: Step) -> None:
    """(Σ |x|^p)^(1/p); the largest for an infinite p, the count of what is not 0 for p = 0."""
    p = step.number("ord" if step.base == "linalg_vector_norm" else "p", 2)
    axes = step.axes()
    x = step.as_dtype(step.x, step.dtype)
    if not axes:
        step.add("Abs", step.result, x)
        return
    if p == 2:
        made = step.reduce("ReduceL2", "norm", x, axes)
    elif p == 1:
        made = step.reduce("ReduceL1", "norm", x, axes)
    elif p in (inf, -inf):
        sizes = step.add("Abs", "sizes", x)
        made = step.reduce("ReduceMax" if p > 0 else "ReduceMin", "norm", sizes, axes)
    elif p == 0:
        made = step.reduce(
            "ReduceSum", "norm", step.cast("is_some", step.cast("truth", x, "bool"), x.dtype), axes
        )
    else:
        powers = step.add("Pow", "powers", step.add("Abs", "sizes", x), step.scalar("p", x.dtype, p))
        total = step.reduce("ReduceSum", "sum", powers, axes)
        made = step.add("Pow", "norm", total, step.scalar("root", x.dtype, 1 / p))
    _finish(step, made, axes, step.flag("keepdim"))


@lowers("cumsum", "cumprod")
def cumulative(step: Step) -> None:
    """Running sums or products along an axis."""
    x = step.as_dtype(step.x, step.dtype)
    if not step.rank:
        step.add("Identity", step.result, x)
        return
    operator = "CumSum" if step.base == "cumsum" else "CumProd"
    step.add(operator, step.result, x, step.scalar("axis", "int64", step.axis()))


@lowers("logcumsumexp")
def logcumsumexp(step: Step) -> None:
    """The logarithm of running sums of exponentials; the largest number is taken out before."""
    x, axis = step.x, step.axis()
    largest = step.reduce("ReduceMax", "largest", x, [axis])
    powers = step.add("Exp", "powers", step.add("Sub", "less", x, largest))
    sums = step.add("CumSum", "sums", powers, step.scalar("axis", "int64", axis))
    step.add("Add", step.result, step.add("Log", "logs", sums), largest)


@lowers("dist")
def dist(step: Step) -> None:
    """The norm of a difference."""
    if step.number("p", 2) != 2:
        raise step.fail("its norm is not that of squares, which is not supported")
    difference = step.add("Sub", "difference", step.tensor("self"), step.tensor("other"))
    square = step.add("ReduceSumSquare", "squares", difference, keepdims=0)
    step.add("Sqrt", step.result, square)


@lowers("cosine_similarity")
def cosine_similarity(step: Step) -> None:
    """The cosine of the angle between vectors along an axis."""
    a, b, axis = step.tensor("x1"), step.tensor("x2"), step.axis("dim", 1)
    eps = step.scalar("eps", step.dtype, step.number("eps", 1e-8))
    unit = []
    for value in (a, b):
        length = step.reduce("ReduceL2", "length", value, [axis])
        unit.append(step.add("Div", "unit", value, step.add("Max", "divisor", length, eps)))
    made = step.add("Mul", "products", *unit)
    step.add("ReduceSum", step.result, made, step.vector("axis", [axis]), keepdims=0)


@lowers("pairwise_distance")
def pairwise_distance(step: Step) -> None:
    """The lengths of the differences of vectors along the last axis."""
    difference = step.add("Sub", "difference", step.tensor("x1"), step.tensor("x2"))
    moved = step.add("Add", "moved", difference, step.scalar("eps", step.dtype, step.number("eps", 1e-6)))
    p = step.number("p", 2)
    if p not in (1, 2):
        raise step.fail(f"its p is {p}; 1 and 2 are supported")
    operator = "ReduceL2" if p == 2 else "ReduceL1"
    step.add(operator, step.result, moved, step.vector("axis", [-1]), keepdims=int(step.flag("keepdim")))
