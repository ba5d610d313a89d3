"""Joining tensors, and taking them apart."""

from __future__ import annotations

from collections.abc import Sequence

from texelflow.dimensions import Dimension
from texelflow.graph import Value
from texelflow.importers.tflite.operators import Step, lowers
from texelflow.importers.tflite.operators.step import same_steps
from texelflow.operators import MANY


@lowers("CONCATENATION", inputs=(1, MANY), options="ConcatenationOptions")
def _concatenation(step: Step) -> None:
    count = len(step.node.inputs)
    axis = step.axis(step.options["axis"], len(step.raw(0).shape))
    made = step.add("Concat", "made", *(step.real(index) for index in range(count)), axis=axis)
    fused = step.options["activation"]
    alike = all(same_steps(step.tensor(index), step.made()) for index in range(count))
    step.finish(made, fused=fused, rounded=alike and fused == "NONE")


@lowers("PACK", inputs=(1, MANY), options="PackOptions")
def _pack(step: Step) -> None:
    count = len(step.node.inputs)
    axis = step.axis(step.options["axis"], len(step.raw(0).shape) + 1)
    parts = [
        step.add("Unsqueeze", "part", step.real(index), step.vector("axis", [axis])) for index in range(count)
    ]
    alike = all(same_steps(step.tensor(index), step.made()) for index in range(count))
    step.finish(step.add("Concat", "made", *parts, axis=axis), rounded=alike)


@lowers("UNPACK", inputs=1, options="UnpackOptions")
def _unpack(step: Step) -> None:
    axis = step.axis(step.options["axis"], len(step.raw(0).shape))
    count = len(step.call.outputs)
    for index, part in enumerate(_parts(step, step.real(0), axis, [1] * count)):
        step.moved(step.add("Squeeze", "made", part, step.vector("axis", [axis])), index)


@lowers("SPLIT", inputs=2)
def _split(step: Step) -> None:
    """The axis is the first input; all parts are as long."""
    shape, count = step.raw(1).shape, len(step.call.outputs)
    axis = step.axis(step.known_integers(0, "axis")[0], len(shape))
    extent = shape[axis]
    if isinstance(extent, int) and extent % count:
        raise step.fail(f"axis {axis} of {step.raw(1).type} has no {count} parts of the same length")
    x = step.real(1)
    parts = step.add_all("Split", ["part"] * count, x, axis=axis, num_outputs=count)
    _finish_parts(step, 1, parts)


@lowers("SPLIT_V", inputs=3)
def _split_at(step: Step) -> None:
    """The second input has the parts' lengths, of which one may be what is left (-1); the third the axis."""
    shape, sizes = step.raw(0).shape, step.known_dimensions(1, "sizes")
    axis = step.axis(step.known_integers(2, "axis")[0], len(shape))
    open_ends = [index for index, size in enumerate(sizes) if isinstance(size, int) and size < 0]
    if len(sizes) != len(step.call.outputs) or len(open_ends) > 1:
        raise step.fail(f"its {len(step.call.outputs)} parts have the lengths {', '.join(map(str, sizes))}")
    for index in open_ends:
        sizes[index] = shape[axis] - (sum(sizes) - sizes[index])
    _finish_parts(step, 0, _parts(step, step.real(0), axis, sizes))


def _parts(step: Step, x: Value, axis: int, sizes: Sequence[Dimension]) -> list[Value]:
    lengths = step.vector("lengths", list(sizes))
    return step.add_all("Split", ["part"] * len(sizes), x, lengths, axis=axis)


def _finish_parts(step: Step, source: int, parts: Sequence[Value]) -> None:
    for index, part in enumerate(parts):
        step.finish(part, index, rounded=same_steps(step.tensor(source), step.made(index)))
