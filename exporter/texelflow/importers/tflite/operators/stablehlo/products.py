"""Products of matrices, and convolutions, whose axes lie in any order."""

from __future__ import annotations

from string import ascii_lowercase, ascii_uppercase
from typing import Any

from texelflow.dimensions import Dimension
from texelflow.graph import Value
from texelflow.importers.lowering.channels_last import transpose
from texelflow.importers.tflite.operators import Step, lowers
from texelflow.importers.tflite.operators.convolution import weight_shape
from texelflow.importers.tflite.operators.stablehlo.listed import axes_of, numbers_of, pairs_of
from texelflow.importers.tflite.operators.stablehlo.movement import padded
from texelflow.operators.onnx.slice import UNLIMITED


def _operands(step: Step) -> tuple[Value, Value]:
    """Return both inputs in the type of the output."""
    dtype = step.made_dtype()
    both = (step.real(0), step.real(1))
    a, b = (each if each.dtype == dtype else step.cast("wide", each, dtype) for each in both)
    return a, b


@lowers("STABLEHLO_DOT_GENERAL", inputs=2, options="StablehloDotGeneralOptions")
def _dot_general(step: Step) -> None:
    """The result has the axes of the batch, then what is left of the first input, and of the second."""
    ranks = [len(step.raw(index).shape) for index in (0, 1)]
    batches = [axes_of(step, f"{side}_batch", rank) for side, rank in zip("ab", ranks, strict=True)]
    summed = [axes_of(step, f"{side}_summed", rank) for side, rank in zip("ab", ranks, strict=True)]
    if len(batches[0]) != len(batches[1]) or len(summed[0]) != len(summed[1]):
        raise step.fail(f"its axes {batches} of a batch and {summed} of sums are no pairs")
    terms = [list(ascii_lowercase[: ranks[0]]), list(ascii_uppercase[: ranks[1]])]
    for pairs in (batches, summed):
        if set(pairs[0]) & set(summed[0] if pairs is batches else batches[0]):
            raise step.fail(f"its axes {batches} of a batch are summed, too: {summed}")
        for one, other in zip(*pairs, strict=True):
            terms[1][other] = terms[0][one]
    batch = [terms[0][axis] for axis in batches[0]]
    left = [
        term[axis]
        for side, term in enumerate(terms)
        for axis in range(len(term))
        if axis not in (*batches[side], *summed[side])
    ]
    equation = f"{''.join(terms[0])},{''.join(terms[1])}->{''.join([*batch, *left])}"
    step.finish(step.add("Einsum", "made", *_operands(step), equation=equation))


@lowers("STABLEHLO_CONVOLUTION", inputs=2, options="StablehloConvolutionOptions")
def _convolution(step: Step) -> None:
    options, count = step.options, len(step.raw(0).shape) - 2
    if count < 1:
        raise step.fail(f"its input is {step.raw(0).type}; three axes or more are needed")
    if options["batch_groups"] != 1:
        raise step.fail(f"its batch has {options['batch_groups']} groups; one is supported")
    strides, dilations, apart = (
        numbers_of(step, name, count, default=1, least=1)
        for name in ("strides", "dilations", "base_dilations")
    )
    borders = pairs_of(step, "padding", count)
    x, filters = _operands(step)
    image = transpose(step, "image", x, _order(step, "input", ("batch", "channels")))
    weights = transpose(step, "filters", filters, _order(step, "kernel", ("outputs", "inputs")))
    shape = weight_shape(step, 1, count + 2)
    kernel = [shape[axis] for axis in axes_of(step, "kernel_spatial", count + 2)]
    turned = [axis for axis, is_turned in enumerate(options["reversed"] or ()) if is_turned]
    attributes: dict[str, Any] = {"kernel_shape": kernel, "dilations": dilations, "group": options["groups"]}
    ends = [(size - 1) * dilation for size, dilation in zip(kernel, dilations, strict=True)]
    gaps = [(end - low, end - high) for end, (low, high) in zip(ends, borders, strict=True)]
    if max(apart) > 1 and options["groups"] == 1 and max(strides) == 1 and min(min(gap) for gap in gaps) >= 0:
        # Elements that lie apart are what a transposed convolution has, with the kernel the other way around.
        back = [axis for axis in range(count) if axis not in turned]
        swapped = _reversed(step, transpose(step, "swapped", weights, [1, 0, *range(2, count + 2)]), back)
        attributes["pads"] = [gap[side] for side in (0, 1) for gap in gaps]
        made = step.add("ConvTranspose", "convolved", image, swapped, strides=apart, **attributes)
    else:
        if max(apart) > 1 or any(border < 0 for pair in borders for border in pair):
            extents: list[Dimension] = [
                step.raw(0).shape[axis] for axis in _order(step, "input", ("batch", "channels"))
            ]
            low, high = ([0, 0, *(pair[side] for pair in borders)] for side in (0, 1))
            zero = step.scalar("zero", step.made_dtype(), 0)
            between = [0, 0, *(each - 1 for each in apart)]
            image = padded(step, image, extents, zero, low, high, between)
            borders = [(0, 0)] * count
        attributes["pads"] = [pair[side] for side in (0, 1) for pair in borders]
        weights = _reversed(step, weights, turned)
        made = step.add("Conv", "convolved", image, weights, strides=strides, **attributes)
    order = _order(step, "output", ("batch", "channels"))
    step.finish(transpose(step, "made", made, [order.index(axis) for axis in range(count + 2)]))


def _order(step: Step, side: str, names: tuple[str, str]) -> list[int]:
    """Return the axes of an input or the output: two by name, then the spatial ones."""
    rank = len(step.raw(0).shape)
    axes = [step.axis(step.options[f"{side}_{name}"], rank) for name in names]
    axes += axes_of(step, f"{side}_spatial", rank)
    if sorted(axes) != list(range(rank)):
        raise step.fail(f"the axes of its {side} are {axes}; each of {rank} is needed once")
    return axes


def _reversed(step: Step, weights: Value, axes: list[int]) -> Value:
    """Return filters that run backwards along spatial axes."""
    if not axes:
        return weights
    count = len(axes)
    bounds = (
        ("first", [UNLIMITED] * count),
        ("end", [-UNLIMITED] * count),
        ("axes", [axis + 2 for axis in axes]),
        ("steps", [-1] * count),
    )
    return step.add("Slice", "backwards", weights, *(step.vector(name, list(each)) for name, each in bounds))
