"""Numbers joined in windows that slide over a tensor: poolings, sums so far, and whatever else."""

from __future__ import annotations

from dataclasses import dataclass

from texelflow.dimensions import Dimension, proved_equal
from texelflow.graph import FLOATING, Value
from texelflow.importers.lowering.channels_last import transpose
from texelflow.importers.tflite.operators import Step, lowers
from texelflow.importers.tflite.operators.stablehlo.joining import Joined, Joining
from texelflow.importers.tflite.operators.stablehlo.listed import numbers_of, pairs_of
from texelflow.importers.tflite.operators.stablehlo.movement import padded
from texelflow.importers.tflite.operators.stablehlo.reduction import changes_nothing, in_windows
from texelflow.operators import MANY


@dataclass(frozen=True, slots=True)
class _Windows:
    """Of each axis: the extent of a window, how far windows, their elements and those of the input lie apart,
    and what is before and behind.
    """

    sizes: list[int]
    strides: list[int]
    dilations: list[int]
    apart: list[int]
    borders: list[tuple[int, int]]

    def axes(self) -> list[int]:
        """Return the axes along which windows do anything."""
        plain = (1, 1, (0, 0))
        each = zip(self.sizes, self.strides, self.borders, strict=True)
        return [axis for axis, windows in enumerate(each) if windows != plain]


@lowers("STABLEHLO_REDUCE_WINDOW", inputs=(2, MANY), options="StablehloReduceWindowOptions")
def _reduce_window(step: Step) -> None:
    """Inputs are tensors of one shape, and a number for each: that of the borders, joined with the result."""
    count, rank = step.count // 2, len(step.raw(0).shape)
    if step.count % 2 or count != len(step.node.outputs):
        raise step.fail(f"it has {step.count} inputs and {len(step.node.outputs)} outputs")
    windows = _Windows(
        numbers_of(step, "window", rank, least=1),
        numbers_of(step, "strides", rank, default=1, least=1),
        numbers_of(step, "dilations", rank, default=1, least=1),
        numbers_of(step, "base_dilations", rank, default=1, least=1),
        pairs_of(step, "padding", rank),
    )
    _finish(step, Joining(step, 2 * count, count), windows)


_FUNCTIONS = {
    "ADD": ("ADD", "Add"),
    "MUL": ("MULTIPLY", "Mul"),
    "MINIMUM": ("MINIMUM", "Min"),
    "MAXIMUM": ("MAXIMUM", "Max"),
    "ALL": ("AND", "And"),
    "ANY": ("OR", "Or"),
}


@lowers("REDUCE_WINDOW", inputs=5, options="ReduceWindowOptions")
def _reduce_window_by_function(step: Step) -> None:
    """As StableHLO's, of one tensor; inputs say how windows lie, and there are no borders."""
    rank = len(step.raw(0).shape)
    listed = []
    for index, name in enumerate(("window", "strides", "dilations"), 2):
        numbers = step.known_integers(index, name)
        if len(numbers) != rank or min(numbers, default=1) < 1:
            raise step.fail(f"its {name} are {numbers}; {rank} positive numbers are needed")
        listed.append(numbers)
    sizes, strides, dilations = listed
    if step.options["function"] not in _FUNCTIONS:
        raise step.fail("it says not how numbers are joined")
    joined = Joined(step, *_FUNCTIONS[step.options["function"]])
    _finish(step, joined, _Windows(sizes, strides, dilations, [1] * rank, [(0, 0)] * rank))


def _finish(step: Step, joining: Joining | Joined, windows: _Windows) -> None:
    count = len(step.node.outputs)
    starts = [step.reshape("start", step.raw(count + index), []) for index in range(count)]
    neutral = count == 1 and changes_nothing(joining, step.raw(1))
    made = _as_one_operator(step, joining, windows) if neutral else None
    if made is not None:
        step.finish_raw(made)
        return
    values, extents = [], step.raw(0).shape
    low, high = ([pair[side] for pair in windows.borders] for side in (0, 1))
    between = [apart - 1 for apart in windows.apart]
    for index, start in enumerate(starts):
        values.append(padded(step, step.raw(index), extents, start, low, high, between))
    for axis in windows.axes():
        spread = (extents[axis] - 1) * windows.apart[axis] + 1
        whole = spread + low[axis] + high[axis]
        size, dilation = windows.sizes[axis], windows.dilations[axis]
        if isinstance(whole, int) and whole < (size - 1) * dilation + 1:
            raise step.fail(f"its windows of {size} do not fit into the {whole} elements of axis {axis}")
        values = in_windows(joining, step, values, whole, axis, size, windows.strides[axis], dilation)
    for index, value in enumerate(values if neutral else joining([*values, *starts])):
        step.finish_raw(value, index)


def _as_one_operator(step: Step, joining: Joining | Joined, windows: _Windows) -> Value | None:
    """Return a pooling, or sums so far, where that is all."""
    x, axes = step.raw(0), windows.axes()
    if x.dtype not in FLOATING or joining.operator not in ("ADD", "MAXIMUM") or not axes:
        return None
    if any(windows.apart[axis] != 1 or windows.dilations[axis] != 1 for axis in range(len(x.shape))):
        return None
    if joining.operator == "ADD" and len(axes) == 1:
        [axis] = axes
        size, reach = windows.sizes[axis], windows.sizes[axis] - 1
        if proved_equal(x.shape[axis], size) and windows.strides[axis] == 1 and reach:
            for reverse, borders in enumerate(((reach, 0), (0, reach))):
                if windows.borders[axis] == borders:
                    return step.add("CumSum", "made", x, step.index("axis", axis), reverse=reverse)
    others = [axis for axis in range(len(x.shape)) if axis not in axes]
    within = all(0 <= border < windows.sizes[axis] for axis in axes for border in windows.borders[axis])
    if len(others) != 2 or len(axes) > 3 or not within:
        return None
    return _pooled(step, x, joining.operator, windows, others, axes)


def _pooled(
    step: Step, x: Value, operator: str, windows: _Windows, others: list[int], axes: list[int]
) -> Value:
    order = [*others, *axes]
    kernel = [windows.sizes[axis] for axis in axes]
    attributes = {
        "kernel_shape": kernel,
        "strides": [windows.strides[axis] for axis in axes],
        "pads": [windows.borders[axis][side] for side in (0, 1) for axis in axes],
    }
    image = transpose(step, "channels_first", x, order)
    if operator == "MAXIMUM":
        made = step.add("MaxPool", "pooled", image, **attributes)
    else:
        count: Dimension = 1
        for size in kernel:
            count = count * size
        means = step.add("AveragePool", "means", image, count_include_pad=1, **attributes)
        made = step.add("Mul", "sums", means, step.cast("count", step.index("number", count), x.dtype))
    return transpose(step, "made", made, [order.index(axis) for axis in range(len(order))])
