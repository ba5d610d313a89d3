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
    builder, x, rank = step.builder, step.real(0), len(step.raw(0).shape)
    axes = sorted({step.axis(number, rank) for number in step.integers(1, "axes")})
    of_bits = step.name in ("REDUCE_ANY", "REDUCE_ALL")
    if of_bits:
        x = builder.cast("bits", x, "int32")

    def reduced(operator: str, value: Value) -> Value:
        listed = builder.vector("axes", list(axes))
        keep = int(step.options["keep_dims"])
        return builder.add(operator, "reduced", value, listed, keepdims=keep, noop_with_empty_axes=1)

    if step.name == "MEAN" and step.dtype(0).startswith(("int", "uint")):
        count = step.builder.index("count", 1)
        for axis in axes:
            extent = builder.index("extent", step.raw(0).shape[axis])
            count = builder.add("Mul", "count_so_far", count, extent)
        divisor = builder.cast("divisor", count, step.dtype(0))
        step.finish(builder.add("Div", "made", reduced("ReduceSum", x), divisor))
        return
    made = reduced(_REDUCTIONS[step.name], x)
    step.finish(builder.cast("made", made, "bool") if of_bits else made, ties="away")


@lowers("ARG_MAX", "ARG_MIN", inputs=2)
def _arg_extreme(step: Step) -> None:
    axis = step.axis(step.integers(1, "axis")[0], len(step.raw(0).shape))
    operator = "ArgMax" if step.name == "ARG_MAX" else "ArgMin"
    places = step.builder.add(operator, "places", step.real(0), axis=axis, keepdims=0)
    step.finish_raw(step.builder.cast("made", places, step.made_dtype()))


@lowers("TOPK_V2", inputs=2)
def _top_k(step: Step) -> None:
    count = step.builder.vector("count", step.numbers(1, "count")[:1])
    values, places = step.builder.add_all("TopK", ["values", "places"], step.real(0), count, axis=-1)
    step.moved(values)
    step.finish_raw(step.builder.cast("indices", places, step.made_dtype(1)), 1)


@lowers("CUMSUM", inputs=2, options="CumsumOptions")
def _cumulative(step: Step) -> None:
    axis = step.builder.index("axis", step.axis(step.integers(1, "axis")[0], len(step.raw(0).shape)))
    flags = {name: int(step.options[name]) for name in ("exclusive", "reverse")}
    step.finish(step.builder.add("CumSum", "made", step.real(0), axis, **flags))
