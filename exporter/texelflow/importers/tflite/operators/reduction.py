"""Reductions along axes, and places of the largest numbers."""

from __future__ import annotations

from texelflow.graph import Value
from texelflow.importers.tflite.operators import Step, lowers

_REDUCTIONS = {
    "MEAN": "ReduceMean",
    "SUM": "ReduceSum",
    "REDUCE_MAX": "ReduceMax",
    "REDUCE_MIN": "ReduceMin",
    "REDUCE_PROD": "ReduceProd",
    "REDUCE_ANY": "ReduceMax",
    "REDUCE_ALL": "ReduceMin",
}


@lowers(*_REDUCTIONS, inputs=2, options="ReducerOptions")
def _reduce(step: Step) -> None:
    """The second input has the axes."""
    x, rank = step.real(0), len(step.raw(0).shape)
    axes = sorted({step.axis(number, rank) for number in step.known_integers(1, "axes")})
    of_bits = step.operator in ("REDUCE_ANY", "REDUCE_ALL")
    if of_bits:
        x = step.cast("bits", x, "int32")

    def reduced(operator: str, value: Value) -> Value:
        listed = step.vector("axes", list(axes))
        keep = int(step.options["keep_dims"])
        return step.add(operator, "reduced", value, listed, keepdims=keep, noop_with_empty_axes=1)

    if step.operator == "MEAN" and step.dtype(0).startswith(("int", "uint")):
        count = step.index("count", 1)
        for axis in axes:
            extent = step.index("extent", step.raw(0).shape[axis])
            count = step.add("Mul", "count_so_far", count, extent)
        divisor = step.cast("divisor", count, step.dtype(0))
        step.finish(step.add("Div", "made", reduced("ReduceSum", x), divisor))
        return
    made = reduced(_REDUCTIONS[step.operator], x)
    step.finish(step.cast("made", made, "bool") if of_bits else made, ties="away")


@lowers("ARG_MAX", "ARG_MIN", inputs=2)
def _arg_extreme(step: Step) -> None:
    axis = step.axis(step.known_integers(1, "axis")[0], len(step.raw(0).shape))
    operator = "ArgMax" if step.operator == "ARG_MAX" else "ArgMin"
    places = step.add(operator, "places", step.real(0), axis=axis, keepdims=0)
    step.finish_raw(step.cast("made", places, step.made_dtype()))


@lowers("TOPK_V2", inputs=2)
def _top_k(step: Step) -> None:
    count = step.vector("count", step.known_dimensions(1, "count")[:1])
    values, places = step.add_all("TopK", ["values", "places"], step.real(0), count, axis=-1)
    step.moved(values)
    step.finish_raw(step.cast("indices", places, step.made_dtype(1)), 1)


@lowers("CUMSUM", inputs=2, options="CumsumOptions")
def _cumulative(step: Step) -> None:
    axis = step.index("axis", step.axis(step.known_integers(1, "axis")[0], len(step.raw(0).shape)))
    flags = {name: int(step.options[name]) for name in ("exclusive", "reverse")}
    step.finish(step.add("CumSum", "made", step.real(0), axis, **flags))
