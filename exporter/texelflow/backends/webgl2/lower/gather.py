"""How Gather becomes draws."""

from __future__ import annotations

from itertools import pairwise

from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.kernels.elementwise import attach_epilogue
from texelflow.backends.webgl2.kernels.reduction import elements_kernel
from texelflow.backends.webgl2.layout.view import View
from texelflow.backends.webgl2.lower import lowers
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.dimensions import Dimension, less, product, select
from texelflow.graph import PRECISE, Value
from texelflow.operators.elementwise import whole
from texelflow.operators.shapes import normalize_axis


@lowers("Gather", fuses_epilogue=True)
def lower(group: Group, lowering: Lowering) -> None:
    """View a part of the data if the indices are known and evenly spaced, else gather by elements."""
    node = group.node
    data, indices, output = node.required(0), node.required(1), group.result
    axis = normalize_axis(node, int(node.attributes.get("axis", 0)), data.known_type.rank)
    part = _even_part(indices, data.shape[axis])
    if part is not None and not group.epilogue:
        start, step, count = part

        def sliced(view: View) -> View | None:
            taken = view.slice(axis, start, step, count)
            return taken and taken.reshape(output.shape)

        lowering.bind_view(output, data, sliced)
        return
    precise = bool(node.attributes.get(PRECISE))
    kernel = elements_kernel("gather", lowering.tensor(output, precise=precise))
    kernel.input("data", lowering.flat(data))
    kernel.input("indices", lowering.flat(indices))
    kernel.integer("inner", product(data.shape[axis + 1 :]))
    kernel.integer("extent", data.shape[axis])
    kernel.integer("count", indices.known_type.size)
    attach_epilogue(kernel, group, lowering)
    lowering.bind(output, lowering.emit(kernel))


def _even_part(indices: Value, extent: Dimension) -> tuple[Dimension, int, int] | None:
    """Return (start, step, count) of indices that are known at export and evenly spaced, else None."""
    numbers = [whole(element) for element in indices.elements or []]
    if not numbers or any(number is None for number in numbers):
        return None
    # Of an expression, a run may decide whether it counts from the end.
    positions = [select(less(number, 0), number + extent, number) for number in numbers if number is not None]
    if len(positions) == 1:
        return positions[0], 1, 1
    steps = {str(b - a) for a, b in pairwise(positions)}
    step = positions[1] - positions[0]
    if len(steps) != 1 or not isinstance(step, int) or step == 0:
        return None
    return positions[0], step, len(positions)
