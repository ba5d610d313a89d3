"""Poolings of images."""

from __future__ import annotations

from texelflow.importers.lowering.channels_last import pool
from texelflow.importers.tflite.operators import Step, lowers
from texelflow.importers.tflite.operators.convolution import IMAGE, along, require_rank


def _pool(step: Step, operator: str, squared: bool = False) -> None:
    require_rank(step, 0, 4)
    image = step.real(0)
    if squared:
        image = step.add("Mul", "squares", image, image)
    made = pool(
        step,
        "pooled",
        operator,
        image,
        kernel=along(step, "filter", IMAGE),
        strides=along(step, "stride", IMAGE),
        padding=step.options["padding"],
    )
    if squared:
        made = step.add("Sqrt", "roots", made)
    fused = step.options["activation"]
    if operator == "MaxPool" and fused == "NONE":
        step.moved(made)
    else:
        step.finish(made, fused=fused, ties="away")


@lowers("AVERAGE_POOL_2D", inputs=1, options="Pool2DOptions")
def _average_pool(step: Step) -> None:
    _pool(step, "AveragePool")


@lowers("MAX_POOL_2D", inputs=1, options="Pool2DOptions")
def _max_pool(step: Step) -> None:
    _pool(step, "MaxPool")


@lowers("L2_POOL_2D", inputs=1, options="Pool2DOptions")
def _l2_pool(step: Step) -> None:
    """The root of the mean of squares."""
    _pool(step, "AveragePool", squared=True)
