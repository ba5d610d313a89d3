"""Numbers joined along axes, or in windows: by an operator of ONNX where it is one, else by halves.

Halves, and windows that double, take some steps for each power of two, whatever joins the numbers; several
tensors may be joined at once, as a number with its place for the largest.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from texelflow.dimensions import Dimension
from texelflow.graph import Value
from texelflow.importers.lowering.channels_last import transpose
from texelflow.importers.tflite.operators import Step, lowers
from texelflow.importers.tflite.operators.stablehlo.joining import Joined, Joining
from texelflow.importers.tflite.operators.stablehlo.listed import axes_of
from texelflow.operators import MANY

_REDUCTIONS = {
    "ADD": ("ReduceSum", 0),
    "MULTIPLY": ("ReduceProd", 1),
    "MAXIMUM": ("ReduceMax", -inf),
    "MINIMUM": ("ReduceMin", inf),
}
_OF_BOOLS = {"AND": ("ReduceMin", True), "OR": ("ReduceMax", False)}
"""What reduces as a subgraph joins, and the number that changes nothing."""


def changes_nothing(joining: Joining | Joined, start: Value) -> bool:
    """Whether numbers that are joined with a constant stay what they are."""
    table = _OF_BOOLS if start.dtype == "bool" else _REDUCTIONS
    _, neutral = table.get(joining.operator, ("", None))
    return neutral is not None and start.elements == [neutral]


@lowers("STABLEHLO_REDUCE", inputs=(2, MANY), options="StablehloReduceOptions")
def _reduce(step: Step) -> None:
    """Inputs are tensors of one shape, and a number for each that is joined with the result."""
    count = step.count // 2
    if step.count % 2 or count != len(step.node.outputs):
        raise step.fail(f"it has {step.count} inputs and {len(step.node.outputs)} outputs")
    joining = Joining(step, 2 * count, count)
    axes = sorted(axes_of(step, "axes", len(step.raw(0).shape)))
    values = [step.raw(index) for index in range(count)]
    starts = [step.reshape("start", step.raw(count + index), []) for index in range(count)]
    neutral = count == 1 and changes_nothing(joining, step.raw(1))
    table = _OF_BOOLS if values[0].dtype == "bool" else _REDUCTIONS
    if count == 1 and joining.operator in table:
        made = [_reduced(step, values[0], axes, table[joining.operator][0])]
    elif (joined := _by_halves(step, joining, values, axes)) is not None:
        made = joined
    else:
        kept = [extent for axis, extent in enumerate(values[0].shape) if axis not in axes]
        made = [step.add("Expand", "alone", start, step.vector("shape", kept)) for start in starts]
        neutral = True
    for index, value in enumerate(made if neutral else joining([*made, *starts])):
        step.finish_raw(value, index)


def _reduced(step: Step, x: Value, axes: Sequence[int], operator: str) -> Value:
    bits = step.cast("bits", x, "int32") if x.dtype == "bool" else x
    listed = step.vector("axes", list(axes))
    made = step.add(operator, "reduced", bits, listed, keepdims=0, noop_with_empty_axes=1)
    return step.cast("truth", made, "bool") if x.dtype == "bool" else made


def _by_halves(step: Step, joining: Joining, values: list[Value], axes: Sequence[int]) -> list[Value] | None:
    """Return tensors joined along axes, None if there is nothing to join."""
    shape = values[0].shape
    kept = [axis for axis in range(len(shape)) if axis not in axes]
    count = 1
    for axis in axes:
        extent = shape[axis]
        if not isinstance(extent, int):
            raise step.fail(f"it joins {extent} elements by a subgraph; how many must be known")
        count *= extent
    if not count:
        return None
    rows: list[Dimension] = [count, *(shape[axis] for axis in kept)]
    order = [*axes, *kept]
    values = [step.reshape("rows", transpose(step, "turned", value, order), rows) for value in values]
    while count > 1:
        half = count // 2
        first = [step.slice("first", value, 0, 0, half) for value in values]
        second = [step.slice("second", value, 0, half, 2 * half) for value in values]
        joined = joining([*first, *second])
        if count % 2:
            rest = [step.slice("rest", value, 0, count - 1, count) for value in values]
            joined = [
                step.add("Concat", "with_rest", *pair, axis=0) for pair in zip(joined, rest, strict=True)
            ]
        values, count = joined, half + count % 2
    return [step.reshape("row", value, rows[1:]) for value in values]


def in_windows(
    joining: Joining | Joined,
    step: Step,
    values: list[Value],
    extent: Dimension,
    axis: int,
    window: int,
    stride: int,
    dilation: int,
) -> list[Value]:
    """Return tensors joined in windows along an axis of that extent, borders and all; windows fit into it."""
    positions = extent - (window - 1) * dilation
    made: list[Value] | None = None
    size, offset = 1, 0
    while True:
        if window & size:
            first = offset * dilation
            piece = [step.slice("piece", value, axis, first, positions + first) for value in values]
            made = piece if made is None else joining([*made, *piece])
            offset += size
        if 2 * size > window:
            break
        length = extent - (2 * size - 1) * dilation
        near = [step.slice("near", value, axis, 0, length) for value in values]
        far = [step.slice("far", value, axis, size * dilation, length + size * dilation) for value in values]
        values, size = joining([*near, *far]), 2 * size
    assert made is not None
    if stride == 1:
        return made
    bounds = (("first", 0), ("end", positions), ("axis", axis), ("stride", stride))
    vectors = [step.vector(name, [number]) for name, number in bounds]
    return [step.add("Slice", "apart", value, *vectors) for value in made]
