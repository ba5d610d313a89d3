"""Diagonals, bins, distinct values, and random numbers."""

from __future__ import annotations

from texelflow.dimensions import Dimension
from texelflow.graph import Value
from texelflow.graph.onnx_dtypes import onnx_number
from texelflow.importers.tflite.operators import Step, lowers


def _is_diagonal(step: Step, rows: Dimension, columns: Dimension) -> Value:
    """Return where a matrix has its diagonal."""
    down = step.add("Unsqueeze", "down", step.places("rows", rows), step.vector("last", [1]))
    return step.add("Equal", "is_diagonal", down, step.places("columns", columns))


@lowers("MATRIX_DIAG", inputs=1)
def _matrix_of_diagonal(step: Step) -> None:
    shape = step.raw(0).shape
    x = step.real(0)
    column = step.add("Unsqueeze", "column", x, step.vector("last", [len(shape)]))
    zero = step.cast("zero", step.scalar("nothing", "float32", 0.0), step.dtype(0))
    step.moved(step.add("Where", "made", _is_diagonal(step, shape[-1], shape[-1]), column, zero))


@lowers("MATRIX_SET_DIAG", inputs=2)
def _set_diagonal(step: Step) -> None:
    shape = step.raw(0).shape
    rows, columns = shape[-2:]
    diagonal, rank = step.real(1), len(shape)
    missing = rows - step.raw(1).shape[-1]
    nothing: list[Dimension] = [0] * (2 * (rank - 1) - 1)
    longer = step.add("Pad", "longer", diagonal, step.vector("borders", [*nothing, missing]))
    column = step.add("Unsqueeze", "column", longer, step.vector("last", [rank - 1]))
    step.finish(step.add("Where", "made", _is_diagonal(step, rows, columns), column, step.real(0)))


@lowers("BUCKETIZE", inputs=1, options="BucketizeOptions")
def _bins(step: Step) -> None:
    """How many boundaries are not above each number."""
    boundaries = step.options["boundaries"] or ()
    rank = len(step.raw(0).shape)
    number = step.add(
        "Unsqueeze", "each", step.cast("number", step.real(0), "float32"), step.vector("last", [rank])
    )
    limits = step.constant("boundaries", "float32", (len(boundaries),), boundaries)
    above = step.cast("above", step.add("GreaterOrEqual", "is_above", number, limits), "int32")
    axis = step.vector("axis", [rank])
    step.finish_raw(step.add("ReduceSum", "made", above, axis, keepdims=0))


@lowers("UNIQUE", inputs=1)
def _unique(step: Step) -> None:
    """The values in the order that they come first in, and for each element which one it is."""
    values, _, places = step.add_all("Unique", ["values", "first", "places"], step.raw(0), sorted=0)
    step.finish_raw(values)
    step.finish_raw(step.cast("indices", places, step.made_dtype(1)), 1)


@lowers("RANDOM_UNIFORM", "RANDOM_STANDARD_NORMAL", inputs=1)
def _random(step: Step) -> None:
    """Other numbers than LiteRT's, of the same distribution."""
    operator = "RandomUniform" if step.operator == "RANDOM_UNIFORM" else "RandomNormal"
    shape = step.known_integers(0, "shape")
    step.finish_raw(step.add(operator, "made", shape=shape, dtype=onnx_number("float32")))
