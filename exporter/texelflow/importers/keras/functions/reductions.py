"""Functions along axes: sums, means, extremes, truths, places, running sums, shares."""

from __future__ import annotations

from texelflow.graph import FLOATING, Value
from texelflow.importers.keras.functions.function import Function, computes
from texelflow.importers.keras.layers.attention import masked_softmax
from texelflow.operators.shapes import normalize_axis

_OPERATORS = {
    "Sum": "ReduceSum",
    "Prod": "ReduceProd",
    "Mean": "ReduceMean",
    "Max": "ReduceMax",
    "Amax": "ReduceMax",
    "Min": "ReduceMin",
    "Amin": "ReduceMin",
    "Logsumexp": "ReduceLogSumExp",
}


def _reduced(steps: Function, operator: str, step: str | Value, x: Value, keeps: bool) -> Value:
    axes = steps.vector("axes", list(steps.axes_given(1)))
    return steps.add(operator, step, x, axes, keepdims=int(keeps), noop_with_empty_axes=1)


def _keeps(steps: Function) -> bool:
    return bool(steps.given(2, "keepdims", False))


@computes(*_OPERATORS)
def reduction(steps: Function) -> None:
    """One number of all along some axes, or along all."""
    if steps.setting("initial") is not None or steps.setting("dtype") is not None:
        raise steps.fail("it has an initial number or an element type, which is not supported")
    x = steps.x
    if steps.function in ("Mean", "Logsumexp"):
        x = steps.floats(x)
    elif x.dtype == "bool":
        raise steps.fail("its tensor is of truths: convert it to numbers first")
    _reduced(steps, _OPERATORS[steps.function], steps.result, x, _keeps(steps))


@computes("Any", "All")
def truths(steps: Function) -> None:
    """Whether any, or all, are true."""
    flags = steps.cast("numbers", steps.flag(steps.x), "int32")
    operator = "ReduceMax" if steps.function == "Any" else "ReduceMin"
    steps.cast(steps.result, _reduced(steps, operator, "found", flags, _keeps(steps)), "bool")


@computes("Var", "Std")
def variance(steps: Function) -> None:
    """The mean square of what lies between numbers and their mean, or its root."""
    x = steps.floats(steps.x)
    centred = steps.add("Sub", "centred", x, _reduced(steps, "ReduceMean", "mean", x, True))
    squares = steps.add("Mul", "squares", centred, centred)
    step: str | Value = steps.result if steps.function == "Var" else "variance"
    made = _reduced(steps, "ReduceMean", step, squares, _keeps(steps))
    if steps.function == "Std":
        steps.add("Sqrt", steps.result, made)


@computes("Argmax", "Argmin")
def place(steps: Function) -> None:
    """The place of the largest, or smallest, along an axis: the first one, as int32."""
    axis = steps.given(1, "axis")
    x = steps.x
    if axis is None:
        x, axis = steps.add("Reshape", "flat", x, steps.vector("all", [-1])), 0
        if _keeps(steps):
            raise steps.fail("it keeps all axes, which is not supported")
    [axis] = [axis] if not isinstance(axis, list) else axis[:1] or [0]
    operator = "ArgMax" if steps.function == "Argmax" else "ArgMin"
    rank = 1 if x is not steps.x else steps.rank
    made = steps.add(
        operator, "place", x, axis=normalize_axis(steps.node, int(axis), rank), keepdims=int(_keeps(steps))
    )
    steps.cast(steps.result, made, "int32")


@computes("Cumsum")
def running_sum(steps: Function) -> None:
    """Each number with all before it along an axis."""
    axis = steps.given(1, "axis")
    if not isinstance(axis, int) or steps.setting("dtype") is not None:
        raise steps.fail(f"its axis is {axis!r}; one, and no element type, is supported")
    place = steps.scalar("axis", "int64", normalize_axis(steps.node, axis, steps.rank))
    steps.add("CumSum", steps.result, steps.x, place)


@computes("Softmax", "LogSoftmax")
def softmax(steps: Function) -> None:
    """Shares of all along axes, or their logarithm."""
    axes = steps.axes_given(1) if steps.given(1, "axis", -1) is not None else None
    x = steps.floats(steps.x)
    if axes is None:
        raise steps.fail("its axis is None, which is not supported")
    if steps.function == "LogSoftmax":
        if len(axes) != 1:
            raise steps.fail("it has several axes, which is not supported")
        steps.add("LogSoftmax", steps.result, x, axis=axes[0])
    else:
        steps.add("Identity", steps.result, masked_softmax(steps, x, None, axes))


@computes("Average")
def average(steps: Function) -> None:
    """The mean, or with weights the sum of products through the sum of the weights."""
    weights = steps.given(1, "weights")
    if weights is not None:
        raise steps.fail("it has weights, which is not supported: multiply, and divide by their sum")
    axes = steps.vector("axes", list(steps.axes_given(3)))
    steps.add("ReduceMean", steps.result, steps.floats(steps.x), axes, keepdims=0, noop_with_empty_axes=1)


@computes("Normalize")
def normalize(steps: Function) -> None:
    """X divided by its length along an axis."""
    x = steps.floats(steps.x)
    if steps.setting("order", 2) != 2 or x.dtype not in FLOATING:
        raise steps.fail("its order is not 2, which is not supported")
    axes = steps.axes_given(1) if steps.given(1, "axis", -1) is not None else [steps.rank - 1]
    squares = steps.reduce("ReduceSumSquare", "squares", x, axes)
    tiny = steps.scalar("tiny", "float32", steps.number("epsilon", 1e-12) ** 2 or 1e-24)
    steps.add("Div", steps.result, x, steps.add("Sqrt", "length", steps.add("Max", "least", squares, tiny)))


@computes("CountNonzero")
def count(steps: Function) -> None:
    """How many are not 0, along some axes or all, as int32."""
    flags = steps.cast("numbers", steps.flag(steps.x), "int32")
    _reduced(steps, "ReduceSum", steps.result, flags, False)


@computes("Ptp")
def reach(steps: Function) -> None:
    """What lies between the largest and the smallest."""
    ends = [
        _reduced(steps, operator, operator, steps.x, _keeps(steps)) for operator in ("ReduceMax", "ReduceMin")
    ]
    steps.add("Sub", steps.result, *ends)


@computes("Norm")
def norm(steps: Function) -> None:
    """The length of vectors, or the sum of magnitudes, along axes."""
    order = steps.given(2, "ord")
    axes = steps.given(1, "axis")
    if order not in (None, 1, 2, "fro") or (order in (1, 2) and not isinstance(axes, int)):
        raise steps.fail(f"its order is {str(order)[:80]} along {str(axes)[:80]}, which is not supported")
    operator = "ReduceL1" if order == 1 else "ReduceL2"
    _reduced(steps, operator, steps.result, steps.floats(steps.x), _keeps(steps))
