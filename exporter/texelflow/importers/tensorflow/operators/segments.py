"""Rows that belong together by their numbers, and how often numbers occur."""

from __future__ import annotations

from texelflow.dimensions import proved_equal
from texelflow.graph import Value
from texelflow.importers.lowering.channels_last import segments
from texelflow.importers.tensorflow.lowering import Lowering, lowers


@lowers("UnsortedSegmentSum", "UnsortedSegmentProd", "UnsortedSegmentMax", "UnsortedSegmentMin", inputs=3)
def unsorted(steps: Lowering) -> None:
    """Reduces the rows of each of a given number of segments; rows with negative numbers belong to none."""
    [count] = steps.known_dimensions(2, "number of segments")
    how = steps.node.operator.removeprefix("UnsortedSegment")
    segments(steps, steps.result, steps.input(0), steps.input(1), count, how)


@lowers("SegmentSum", "SegmentProd", "SegmentMax", "SegmentMin", "SegmentMean", inputs=2)
def in_order(steps: Lowering) -> None:
    """The same of numbers that do not fall, the last of which says how many; empty segments are 0, or 1."""
    x, numbers = steps.input(0), steps.input(1)
    if len(numbers.shape) != 1:
        raise steps.fail(f"its segments are {numbers.type}; one axis is needed")
    listed = steps.known_dimensions(1, "segments")
    count = listed[-1] + 1 if listed else 0
    how = steps.node.operator.removeprefix("Segment")
    if how in ("Sum", "Prod"):
        segments(steps, steps.result, x, numbers, count, how)
        return
    one = steps.scalar("one", x.dtype, 1)
    ones = steps.add("Expand", "ones", one, steps.vector("count", [x.shape[0]]))
    ones.type = type(x.known_type)(x.dtype, (x.shape[0],))
    rows = segments(steps, "rows", ones, numbers, count, "Sum")
    rows = steps.reshape("each", rows, [count, *[1] * (len(x.shape) - 1)])
    if how == "Mean":
        total = segments(steps, "total", x, numbers, count, "Sum")
        steps.add("Div", steps.result, total, steps.add("Max", "divisor", rows, one))
        return
    joined = segments(steps, "joined", x, numbers, count, how)
    zero = steps.scalar("zero", x.dtype, 0)
    steps.add("Where", steps.result, steps.add("Less", "is_empty", rows, one), zero, joined)


@lowers("Bincount", "DenseBincount", inputs=3)
def occurrences(steps: Lowering) -> None:
    """How often each number below `size` occurs in a list, or in each row; or the sum of weights there."""
    numbers, weights = steps.input(0), steps.input(2)
    [size] = steps.known_dimensions(1, "size")
    rank = len(numbers.shape)
    if steps.node.operator == "Bincount":
        numbers, rank = steps.reshape("list", numbers, [-1]), 1
    if rank not in (1, 2):
        raise steps.fail(f"its numbers are {numbers.type}; one or two axes are needed")
    wide = steps.add("Unsqueeze", "wide", steps.cast("numbers", numbers, "int64"), steps.vector("last", [-1]))
    is_there = steps.add("Equal", "is_there", wide, steps.places("all", size))
    found: Value = steps.cast("found", is_there, weights.dtype)
    if steps.attribute("binary_output"):
        steps.add("ReduceMax", steps.result, found, steps.vector("axis", [-2]), keepdims=0)
        return
    if not proved_equal(weights.known_type.size, 0):
        of_each = steps.reshape("list_of_weights", weights, [-1]) if rank == 1 else weights
        of_each = steps.add("Unsqueeze", "of_each", of_each, steps.vector("last_of_weights", [-1]))
        found = steps.add("Mul", "weighed", found, of_each)
    steps.add("ReduceSum", steps.result, found, steps.vector("axis", [-2]), keepdims=0)


@lowers("LowerBound", "UpperBound", inputs=2)
def bound(steps: Lowering) -> None:
    """How many numbers of each row, which do not fall, are below a number; or not above it."""
    rows, values = steps.input(0), steps.input(1)
    if len(rows.shape) != 2 or len(values.shape) != 2:
        raise steps.fail(f"its rows are {rows.type}, its numbers {values.type}; two axes are needed")
    sorted_rows = steps.add("Unsqueeze", "rows", rows, steps.vector("middle", [1]))
    wanted = steps.add("Unsqueeze", "wanted", values, steps.vector("last", [2]))
    operator = "Less" if steps.node.operator == "LowerBound" else "LessOrEqual"
    passed = steps.add(operator, "passed", sorted_rows, wanted)
    count = steps.cast("counted", passed, steps.dtype_attribute("out_type", "int32"))
    steps.add("ReduceSum", steps.result, count, steps.vector("axis", [-1]), keepdims=0)
