"""Sums, means and the like along axes."""

from __future__ import annotations

from texelflow.importers.tensorflow.lowering import Lowering, lowers
from texelflow.operators.shapes import normalize_axes

OPERATORS = {
    "Sum": "ReduceSum",
    "Mean": "ReduceMean",
    "Max": "ReduceMax",
    "Min": "ReduceMin",
    "Prod": "ReduceProd",
    "EuclideanNorm": "ReduceL2",
    "All": "ReduceMin",
    "Any": "ReduceMax",
}


@lowers(*OPERATORS, inputs=2)
def reduction(steps: Lowering) -> None:
    """A number of all elements along some axes; none listed are none, not all."""
    x = steps.input(0)
    axes = steps.known_integers(1, "axes")
    name, keeps = steps.node.operator, bool(steps.attribute("keep_dims"))
    if not axes:
        steps.add("Abs" if name == "EuclideanNorm" else "Identity", steps.result, x)
        return
    axes = normalize_axes(steps.node, axes, len(x.shape))
    logical = name in ("All", "Any")
    if logical:
        x = steps.cast("numbers", x, "int32")
    made = steps.add(
        OPERATORS[name],
        "truth" if logical else steps.result,
        x,
        steps.vector("axes", axes),
        keepdims=int(keeps),
    )
    if logical:
        steps.cast(steps.result, made, "bool")


@lowers("ArgMax", "ArgMin", inputs=(1, 2))
def arg_reduction(steps: Lowering) -> None:
    """The place of the largest or smallest number along an axis."""
    axis = steps.known_integers(1, "axis") if steps.count > 1 else [0]
    if len(axis) != 1:
        raise steps.fail(f"it has {len(axis)} axes; one is needed")
    found = steps.add(steps.node.operator, "place", steps.input(0), axis=axis[0], keepdims=0)
    steps.cast(steps.result, found, steps.dtype_attribute("output_type", "int64"))


@lowers("Cumsum", "Cumprod", inputs=2)
def cumulative(steps: Lowering) -> None:
    """Running sums or products along an axis."""
    operator = {"Cumsum": "CumSum", "Cumprod": "CumProd"}[steps.node.operator]
    flags = {name: int(bool(steps.attribute(name))) for name in ("exclusive", "reverse")}
    steps.add(operator, steps.result, steps.input(0), steps.input(1), **flags)


@lowers("CumulativeLogsumexp", inputs=2)
def cumulative_logsumexp(steps: Lowering) -> None:
    """The logarithm of running sums of exponentials; the largest number is taken out before."""
    x = steps.input(0)
    [axis] = steps.known_integers(1, "axis")
    if steps.attribute("exclusive"):
        raise steps.fail("it is exclusive, which is not supported")
    largest = steps.reduce("ReduceMax", "largest", x, [axis])
    powers = steps.add("Exp", "powers", steps.add("Sub", "less", x, largest))
    reverse = int(bool(steps.attribute("reverse")))
    sums = steps.add("CumSum", "sums", powers, steps.input(1), reverse=reverse)
    steps.add("Add", steps.result, steps.add("Log", "logs", sums), largest)
