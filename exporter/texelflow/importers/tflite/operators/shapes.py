"""What changes shapes, and what tells them."""

from __future__ import annotations

from texelflow.dimensions import Dimension
from texelflow.importers.tflite.operators import Step, lowers
from texelflow.importers.tflite.operators.step import COMPLEX


@lowers("RESHAPE", inputs=(1, 2), options="ReshapeOptions")
def _reshape(step: Step) -> None:
    """The shape is the second input, or in files without one an option."""
    if step.has(1):
        shape = step.known_dimensions(1, "shape")
    else:
        shape = list(step.options["new_shape"] or ())
        if len(shape) == 1 and isinstance(shape[0], int) and not shape[0]:
            shape = []  # how old files say that it is a scalar
    if step.tensor(0).dtype == COMPLEX:
        step.finish_complex(step.reshape("made", step.complex(0), [*shape, 2]))
        return
    step.moved(step.reshape("made", step.real(0), shape))


@lowers("SQUEEZE", inputs=1, options="SqueezeOptions")
def _squeeze(step: Step) -> None:
    shape = step.raw(0).shape
    axes = [step.axis(number, len(shape)) for number in step.options["dims"] or ()]
    axes = axes or [axis for axis, extent in enumerate(shape) if isinstance(extent, int) and extent == 1]
    step.moved(step.add("Squeeze", "made", step.real(0), step.vector("axes", list(axes))))


@lowers("EXPAND_DIMS", inputs=2)
def _expand_dims(step: Step) -> None:
    axis = step.axis(step.known_integers(1, "axis")[0], len(step.raw(0).shape) + 1)
    step.moved(step.add("Unsqueeze", "made", step.real(0), step.vector("axes", [axis])))


@lowers("TRANSPOSE", inputs=2)
def _transpose(step: Step) -> None:
    order = [step.axis(number, len(step.raw(0).shape)) for number in step.known_integers(1, "order")]
    step.moved(step.add("Transpose", "made", step.real(0), perm=order))


@lowers("SHAPE", inputs=1)
def _shape(step: Step) -> None:
    step.finish_raw(step.cast("made", step.add("Shape", "shape", step.raw(0)), step.made_dtype()))


@lowers("RANK", inputs=1)
def _rank(step: Step) -> None:
    step.finish_raw(step.scalar("rank", "int32", len(step.raw(0).shape)))


@lowers("FILL", inputs=2)
def _fill(step: Step) -> None:
    shape = step.vector("shape", step.known_dimensions(0, "shape"))
    step.finish(step.add("Expand", "made", step.reshape("number", step.real(1), []), shape))


@lowers("BROADCAST_TO", inputs=2)
def _broadcast_to(step: Step) -> None:
    shape = step.vector("shape", step.known_dimensions(1, "shape"))
    step.moved(step.add("Expand", "made", step.real(0), shape))


@lowers("BROADCAST_ARGS", inputs=2)
def _broadcast_args(step: Step) -> None:
    """The shape that two shapes broadcast to."""
    shapes = [step.known_integers(index, "shape") for index in (0, 1)]
    rank = max(map(len, shapes))
    result: list[Dimension] = []
    for extents in zip(*([1] * (rank - len(shape)) + shape for shape in shapes), strict=True):
        others = {extent for extent in extents if extent != 1}
        if len(others) > 1:
            raise step.fail(f"its shapes {shapes[0]} and {shapes[1]} do not broadcast")
        result.append(others.pop() if others else 1)
    step.finish_raw(step.cast("made", step.vector("shape", result), step.made_dtype()))


@lowers("RANGE", inputs=3)
def _range(step: Step) -> None:
    step.finish(step.add("Range", "made", *(step.real(index) for index in range(3))))


@lowers("TILE", inputs=2)
def _tile(step: Step) -> None:
    repeats = step.vector("repeats", step.known_dimensions(1, "multiples"))
    step.moved(step.add("Tile", "made", step.real(0), repeats))
