"""Tensors sorted together, in the order that a subgraph says."""

from __future__ import annotations

from math import prod

from texelflow.graph import Value
from texelflow.importers.tflite.operators import Step, lowers
from texelflow.importers.tflite.operators.stablehlo.joining import Joining
from texelflow.operators import MANY
from texelflow.operators.shapes import known_shape

MOST_PAIRS = 1 << 24
"""Comparisons of an element with each, where what is compared is no function of one number."""


@lowers("STABLEHLO_SORT", inputs=(1, MANY), options="StablehloSortOptions")
def _sort(step: Step) -> None:
    """Equal elements stay in their order."""
    count, shape = step.count, step.raw(0).shape
    if count != len(step.node.outputs):
        raise step.fail(f"it has {count} inputs and {len(step.node.outputs)} outputs")
    axis = step.axis(step.options["axis"], len(shape))
    joining = Joining(step, 2 * count, 1)
    values = [step.raw(index) for index in range(count)]
    keyed = joining.compared()
    if keyed is None:
        places = _by_pairs(step, joining, values, axis)
    else:
        direction, index, function = keyed
        made = function.copied({function.inputs[0]: values[index]}, f"{step.prefix}/key/")
        step.nodes += made.nodes
        how = {"axis": axis, "largest": int(direction == "GT")}
        extent = step.vector("count", [shape[axis]])
        sorted_keys, places = step.add_all("TopK", ["keys", "places"], made.outputs[0], extent, **how)
        if made.outputs[0] is values[index] and count == 1:
            step.finish_raw(sorted_keys)
            return
    for index, value in enumerate(values):
        step.finish_raw(step.add("GatherElements", "sorted", value, places, axis=axis), index)


def _by_pairs(step: Step, joining: Joining, values: list[Value], axis: int) -> Value:
    """Return the places of elements in order: as many come before each as the subgraph says so of."""
    shape = known_shape(values[0].shape)
    if shape is None or prod(shape) * shape[axis] > MOST_PAIRS:
        raise step.fail(
            f"it sorts {values[0].type} by several numbers, which takes more than {MOST_PAIRS} comparisons"
        )
    extent, behind = shape[axis], axis + 1
    rows = [step.reshape("rows", each, [*shape[:behind], 1, *shape[behind:]]) for each in values]
    columns = [step.reshape("columns", each, [*shape[:axis], 1, *shape[axis:]]) for each in values]

    def precedes(first: list[Value], second: list[Value]) -> Value:
        [made] = joining([value for pair in zip(first, second, strict=True) for value in pair])
        return made

    # [..., i, j, ...]: whether element i comes before element j, or is no later and lies before it.
    before, after = precedes(rows, columns), precedes(columns, rows)
    upright = [extent, extent, *[1] * (len(shape) - behind)]
    row = step.reshape("row", step.places("row_places", extent), [extent, 1])
    nearer = step.reshape(
        "nearer", step.add("Less", "lies_before", row, step.places("column_places", extent)), upright
    )
    alike = step.add("And", "stays", step.add("Not", "not_after", after), nearer)
    counted = step.cast("counted", step.add("Or", "ahead", before, alike), "int32")
    axes = step.vector("rows_axis", [axis])
    rank = step.add("ReduceSum", "rank", counted, axes, keepdims=0)
    _, places = step.add_all(
        "TopK", ["ranks", "places"], rank, step.vector("count", [extent]), axis=axis, largest=0
    )
    return places
