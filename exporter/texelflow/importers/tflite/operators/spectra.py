"""Spectra: complex numbers are pairs along a last axis."""

from __future__ import annotations

from texelflow.graph import Value
from texelflow.importers.tflite.operators import Step, lowers


@lowers("RFFT2D", inputs=2)
def _real_transform(step: Step) -> None:
    """Along the last two axes, cut or filled to the lengths of the second input; of the last axis the first
    half.
    """
    lengths, rank = step.known_integers(1, "lengths"), len(step.raw(0).shape)
    if len(lengths) != 2 or rank < 2 or min(lengths) < 1:
        raise step.fail(f"its lengths are {lengths}, its input is {step.raw(0).type}")
    pairs = step.add("Unsqueeze", "pairs", step.real(0), step.vector("last", [rank]))
    columns = step.index("columns", lengths[1])
    made = step.add("DFT", "rows_turned", pairs, columns, step.index("axis", rank - 1), onesided=1)
    height = step.raw(0).shape[rank - 2]
    if lengths[0] != 1 or not isinstance(height, int) or height != 1:
        rows = step.index("rows", lengths[0])
        made = step.add("DFT", "made", made, rows, step.index("first_axis", rank - 2))
    step.finish_complex(made)


def _part(step: Step, place: int) -> Value:
    value = step.complex(0)
    return step.add("Gather", "part", value, step.index("place", place), axis=-1)


@lowers("REAL", inputs=1)
def _real(step: Step) -> None:
    step.finish(_part(step, 0))


@lowers("IMAG", inputs=1)
def _imaginary(step: Step) -> None:
    step.finish(_part(step, 1))


@lowers("COMPLEX_ABS", inputs=1)
def _magnitude(step: Step) -> None:
    value = step.complex(0)
    rank = len(step.node.required(0).shape)
    length = step.add("ReduceL2", "length", value, step.vector("last", [rank - 1]), keepdims=0)
    step.finish(length)
