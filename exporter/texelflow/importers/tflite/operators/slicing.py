"""Parts of a tensor, and axes that run backwards."""

from __future__ import annotations

from texelflow.dimensions import Dimension, maximum, minimum, proved_equal
from texelflow.graph import Value
from texelflow.importers.lowering.channels_last import (
    SliceMasks,
    dynamic_slice,
    dynamic_update,
    strided_slice,
)
from texelflow.importers.tflite.operators import Step, lowers
from texelflow.operators.onnx.slice import UNLIMITED


@lowers("SLICE", inputs=3)
def _slice(step: Step) -> None:
    """The second input has where each axis begins, the third how long it is, -1 for all that is left."""
    sizes = step.known_dimensions(2, "sizes")
    if step.raw(1).elements is None:
        shape = step.raw(0).shape
        if len(sizes) != len(shape) or any(isinstance(size, int) and size < 0 for size in sizes):
            raise step.fail(f"its begins depend on data, so its {len(sizes)} sizes must be known")
        starts = starts_of(step, 1, len(shape))
        step.moved(dynamic_slice(step, "made", step.real(0), shape, starts, sizes))
        return
    begins = step.known_dimensions(1, "begins")
    ends: list[Dimension] = [
        UNLIMITED if isinstance(size, int) and size < 0 else begin + size
        for begin, size in zip(begins, sizes, strict=True)
    ]
    step.moved(_sliced(step, begins, ends))


def _sliced(step: Step, begins: list[Dimension], ends: list[Dimension]) -> Value:
    bounds = (("begins", begins), ("ends", ends))
    return step.add("Slice", "made", step.real(0), *(step.vector(name, numbers) for name, numbers in bounds))


@lowers("STRIDED_SLICE", inputs=4, options="StridedSliceOptions")
def _strided_slice(step: Step) -> None:
    begin, end, strides = (
        step.known_dimensions(index, name) for index, name in ((1, "begin"), (2, "end"), (3, "strides"))
    )
    options = step.options
    if options["offset"]:
        end = [first + length for first, length in zip(begin, end, strict=True)]
    masks = SliceMasks(
        options["begin_mask"],
        options["end_mask"],
        options["ellipsis_mask"],
        options["new_axis_mask"],
        options["shrink_axis_mask"],
    )
    rank = len(step.raw(0).shape)
    step.moved(strided_slice(step, "made", step.real(0), rank, begin, end, strides, masks))


@lowers("REVERSE_V2", inputs=2)
def _reverse(step: Step) -> None:
    rank = len(step.raw(0).shape)
    axes = [step.axis(number, rank) for number in step.known_integers(1, "axes")]
    count = len(axes)
    bounds = (
        ("first", [UNLIMITED] * count),
        ("end", [-UNLIMITED] * count),
        ("axes", axes),
        ("steps", [-1] * count),
    )
    vectors = [step.vector(name, list(numbers)) for name, numbers in bounds]
    step.moved(step.add("Slice", "made", step.real(0), *vectors))


@lowers("REVERSE_SEQUENCE", inputs=2, options="ReverseSequenceOptions")
def _reverse_sequence(step: Step) -> None:
    """The first elements of each sequence run backwards, as many as the second input says."""
    rank = len(step.raw(0).shape)
    time, batch = (step.axis(step.options[name], rank) for name in ("seq_dim", "batch_dim"))
    if time == batch:
        raise step.fail(f"its sequences and its batch are both along axis {time}")
    others = [axis for axis in range(rank) if axis not in (time, batch)]
    order = [batch, time, *others]
    first = step.add("Transpose", "batch_first", step.real(0), perm=order)
    lengths = step.cast("lengths", step.raw(1), "int64")
    made = step.add("ReverseSequence", "reversed", first, lengths, batch_axis=0, time_axis=1)
    step.moved(step.add("Transpose", "made", made, perm=[order.index(axis) for axis in range(rank)]))


@lowers("DYNAMIC_UPDATE_SLICE", inputs=3)
def _update_slice(step: Step) -> None:
    """The second input replaces a part of the first, which begins where the third says, or earlier to fit."""
    shape, part = step.raw(0).shape, step.raw(1).shape
    if not len(shape) == len(part):
        raise step.fail(f"its part {step.raw(1).type} has not the axes of {step.raw(0).type}")
    if step.raw(2).elements is None:
        starts = starts_of(step, 2, len(shape))
        step.finish(dynamic_update(step, "made", step.real(0), step.real(1), shape, part, starts))
        return
    known = step.known_dimensions(2, "starts")
    if len(known) != len(shape):
        raise step.fail(f"it has {len(known)} starts for {len(shape)} axes")
    begins = [
        maximum(minimum(start, whole - size), 0)
        for start, whole, size in zip(known, shape, part, strict=True)
    ]
    behind = [whole - size - begin for whole, size, begin in zip(shape, part, begins, strict=True)]
    borders = step.vector("borders", [*begins, *behind])
    ones = step.add("Expand", "inside", step.scalar("one", "int32", 1), step.vector("part", part))
    mask = step.cast("mask", step.add("Pad", "where", ones, borders), "bool")
    update = step.real(1)
    spread = step.add("Pad", "spread", update, borders)
    step.finish(step.add("Where", "made", mask, spread, step.real(0)))


def starts_of(step: Step, index: int, rank: int) -> list[Value]:
    """Return the numbers of an input that says where each of so many axes begins."""
    given = step.raw(index).shape
    if len(given) != 1 or not proved_equal(given[0], rank):
        raise step.fail(f"its starts are {step.raw(index).type}; {rank} numbers are needed")
    numbers = step.as_int64("starts", step.raw(index))
    return [step.add("Gather", "start", numbers, step.index("axis", axis), axis=0) for axis in range(rank)]
