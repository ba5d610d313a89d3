"""Diagonals, bins, distinct values, and random numbers."""

from __future__ import annotations

from texelflow.dimensions import Dimension
from texelflow.graph import Value
from texelflow.graph.onnx_dtypes import onnx_number
from texelflow.importers.tflite.operators import Step, lowers


def _is_diagonal(step: Step, rows: Dimension, columns: Dimension) -> Value:
    """Return where a matrix has its diagonal."""
    builder = step.builder
    down = builder.add("Unsqueeze", "down", builder.places("rows", rows), builder.vector("last", [1]))
    return builder.add("Equal", "is_diagonal", down, builder.places("columns", columns))


@lowers("MATRIX_DIAG", inputs=1)
def _matrix_of_diagonal(step: Step) -> None:
    builder, shape = step.builder, step.raw(0).shape
    x = step.real(0)
    column = builder.add("Unsqueeze", "column", x, builder.vector("last", [len(shape)]))
    zero = builder.cast("zero", step.number("nothing", 0.0), step.dtype(0))
    step.moved(builder.add("Where", "made", _is_diagonal(step, shape[-1], shape[-1]), column, zero))


@lowers("MATRIX_SET_DIAG", inputs=2)
def _set_diagonal(step: Step) -> None:
    builder, shape = step.builder, step.raw(0).shape
    rows, columns = shape[-2:]
    diagonal, rank = step.real(1), len(shape)
    missing = rows - step.raw(1).shape[-1]
    nothing: list[Dimension] = [0] * (2 * (rank - 1) - 1)
    longer = builder.add("Pad", "longer", diagonal, builder.vector("borders", [*nothing, missing]))
    column = builder.add("Unsqueeze", "column", longer, builder.vector("last", [rank - 1]))
    step.finish(builder.add("Where", "made", _is_diagonal(step, rows, columns), column, step.real(0)))


@lowers("BUCKETIZE", inputs=1, options="BucketizeOptions")
def _bins(step: Step) -> None:
    """How many boundaries are not above each number."""
    builder, boundaries = step.builder, step.options["boundaries"] or ()
    rank = len(step.raw(0).shape)
    number = builder.add(
        "Unsqueeze", "each", builder.cast("number", step.real(0), "float32"), builder.vector("last", [rank])
    )
    limits = builder.constant("boundaries", "float32", (len(boundaries),), boundaries)
    above = builder.cast("above", builder.add("GreaterOrEqual", "is_above", number, limits), "int32")
    axis = builder.vector("axis", [rank])
    step.finish_raw(builder.add("ReduceSum", "made", above, axis, keepdims=0))


@lowers("UNIQUE", inputs=1)
def _unique(step: Step) -> None:
    """The values in the order that they come first in, and for each element which one it is."""
    values, _, places = step.builder.add_all("Unique", ["values", "first", "places"], step.raw(0), sorted=0)
    step.finish_raw(values)
    step.finish_raw(step.builder.cast("indices", places, step.made_dtype(1)), 1)


@lowers("RANDOM_UNIFORM", "RANDOM_STANDARD_NORMAL", inputs=1)
def _random(step: Step) -> None:
    """Other numbers than LiteRT's, of the same distribution."""
    operator = "RandomUniform" if step.name == "RANDOM_UNIFORM" else "RandomNormal"
    shape = step.integers(0, "shape")
    step.finish_raw(step.builder.add(operator, "made", shape=shape, dtype=onnx_number("float32")))
