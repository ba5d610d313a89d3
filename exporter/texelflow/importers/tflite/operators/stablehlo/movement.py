"""Elements that are moved, repeated or cut."""

from __future__ import annotations

from collections.abc import Sequence

from texelflow.dimensions import Dimension, proved_equal
from texelflow.graph import Value
from texelflow.importers.lowering.channels_last import dynamic_slice, dynamic_update, transpose
from texelflow.importers.tflite.operators import Step, lowers
from texelflow.importers.tflite.operators.stablehlo.listed import axes_of, numbers_of
from texelflow.operators import MANY


@lowers("STABLEHLO_RESHAPE", inputs=1)
def _reshape(step: Step) -> None:
    shape = step.made().shape
    if shape.count(-1) > 1:
        raise step.fail(f"its output has the shape {list(shape)}; one extent may be free")
    step.moved(step.reshape("made", step.real(0), shape))


@lowers("STABLEHLO_TRANSPOSE", inputs=1, options="StablehloTransposeOptions")
def _transpose(step: Step) -> None:
    rank = len(step.raw(0).shape)
    order = axes_of(step, "order", rank)
    if len(order) != rank:
        raise step.fail(f"its order has {len(order)} axes of {rank}")
    step.moved(transpose(step, "made", step.real(0), order))


@lowers("STABLEHLO_BROADCAST_IN_DIM", inputs=1, options="StablehloBroadcastInDimOptions")
def _broadcast(step: Step) -> None:
    """The input's axes become those that the option lists; all else is repeated."""
    shape, extents = step.made().shape, step.raw(0).shape
    places, x = axes_of(step, "axes", len(shape)), step.real(0)
    if len(places) != len(extents):
        raise step.fail(f"it lists {len(places)} axes for an input with {len(extents)}")
    order = sorted(range(len(places)), key=places.__getitem__)
    if order != list(range(len(places))):
        x = transpose(step, "turned", x, order)
    apart: list[Dimension] = [1] * len(shape)
    for extent, place in zip(extents, places, strict=True):
        apart[place] = extent
    whole = [wide if extent < 0 else extent for extent, wide in zip(shape, apart, strict=True)]
    spread = step.reshape("apart", x, apart)
    step.moved(step.add("Expand", "made", spread, step.vector("shape", whole)))


@lowers("STABLEHLO_CONCATENATE", inputs=(1, MANY), options="StablehloConcatenateOptions")
def _concatenate(step: Step) -> None:
    axis = step.axis(step.options["axis"], len(step.raw(0).shape))
    step.finish(step.add("Concat", "made", *(step.real(index) for index in range(step.count)), axis=axis))


@lowers("STABLEHLO_SLICE", inputs=1, options="StablehloSliceOptions")
def _slice(step: Step) -> None:
    rank = len(step.raw(0).shape)
    bounds = (
        ("starts", numbers_of(step, "starts", rank, least=0)),
        ("ends", numbers_of(step, "limits", rank, least=0)),
        ("axes", list(range(rank))),
        ("strides", numbers_of(step, "strides", rank, default=1, least=1)),
    )
    vectors = [step.vector(name, list(numbers)) for name, numbers in bounds]
    step.moved(step.add("Slice", "made", step.real(0), *vectors))


@lowers("STABLEHLO_DYNAMIC_SLICE", inputs=(1, MANY), options="StablehloDynamicSliceOptions")
def _dynamic_slice(step: Step) -> None:
    """A part of a given size, which begins where a number for each axis says, or earlier to fit."""
    shape = step.raw(0).shape
    sizes = numbers_of(step, "sizes", len(shape), least=0)
    step.moved(dynamic_slice(step, "made", step.real(0), shape, _starts(step, 1, len(shape)), sizes))


@lowers("STABLEHLO_DYNAMIC_UPDATE_SLICE", inputs=(2, MANY))
def _dynamic_update_slice(step: Step) -> None:
    shape, part = step.raw(0).shape, step.raw(1).shape
    if len(part) != len(shape):
        raise step.fail(f"its part {step.raw(1).type} has not the axes of {step.raw(0).type}")
    starts = _starts(step, 2, len(shape))
    step.finish(dynamic_update(step, "made", step.real(0), step.real(1), shape, part, starts))


def _starts(step: Step, first: int, rank: int) -> list[Value]:
    if step.count != first + rank:
        raise step.fail(f"it has {step.count - first} starts for {rank} axes")
    return [
        step.as_int64("start", step.reshape("number", step.raw(first + axis), [])) for axis in range(rank)
    ]


@lowers("STABLEHLO_PAD", inputs=2, options="StablehloPadOptions")
def _pad(step: Step) -> None:
    """Negative borders are cut off; `interior` is what goes between any two elements."""
    rank = len(step.raw(0).shape)
    low, high = (numbers_of(step, name, rank, default=0) for name in ("low", "high"))
    between = numbers_of(step, "interior", rank, default=0, least=0)
    step.finish(padded(step, step.real(0), step.raw(0).shape, step.real(1), low, high, between))


@lowers("DILATE", inputs=3)
def _dilate(step: Step) -> None:
    """Elements lie as far apart as the second input says, with the third between them."""
    rank = len(step.raw(0).shape)
    steps = step.known_integers(1, "dilations")
    if len(steps) != rank or min(steps, default=1) < 1:
        raise step.fail(f"its dilations are {steps}; {rank} positive numbers are needed")
    nothing, number = [0] * rank, step.reshape("number", step.real(2), [])
    between = [each - 1 for each in steps]
    step.finish(padded(step, step.real(0), step.raw(0).shape, number, nothing, nothing, between))


def padded(
    step: Step,
    x: Value,
    shape: Sequence[Dimension],
    number: Value,
    low: Sequence[int],
    high: Sequence[int],
    between: Sequence[int],
) -> Value:
    """Return x of a shape with a number (rank 0) around its elements, and between them along each axis."""
    shape, high = list(shape), list(high)
    apart, borders, joined = [], [], []
    for axis, count in enumerate(between):
        holds = count > 0 and not proved_equal(shape[axis], 0)
        apart += [shape[axis], 1] if holds else [shape[axis]]
        borders += [0, count] if holds else [0]
        joined.append(shape[axis] * (count + 1) if holds else shape[axis])
        high[axis] -= count if holds else 0
    if any(borders):
        wide = step.reshape("apart", x, apart)
        filled = step.add(
            "Pad", "between", wide, step.vector("gaps", [*[0] * len(borders), *borders]), number
        )
        x = step.reshape("spread", filled, joined)
    return step.add("Pad", "made", x, step.vector("borders", [*low, *high]), number)


@lowers("STABLEHLO_IOTA", inputs=0, options="StablehloIotaOptions")
def _iota(step: Step) -> None:
    """The places along an axis."""
    shape = step.made().shape
    axis = step.axis(step.options["axis"], len(shape))
    if min(shape) < 0:
        raise step.fail(f"its output has the shape {list(shape)}; its extents must be known")
    places = step.cast("numbers", step.places("places", shape[axis]), step.made_dtype())
    upright = step.reshape("along", places, [extent if at == axis else 1 for at, extent in enumerate(shape)])
    step.finish(step.add("Expand", "made", upright, step.vector("shape", list(shape))))
