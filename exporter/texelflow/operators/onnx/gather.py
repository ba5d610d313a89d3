"""Gather: slices of a tensor, chosen along one axis by a tensor of indices."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import prod

from texelflow.backends.webgl2.kernels.elementwise import attach_epilogue
from texelflow.backends.webgl2.kernels.reduction import elements_kernel
from texelflow.backends.webgl2.layout.view import View
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.dimensions import Dimension, Expression, less, lower_bound, product, select
from texelflow.graph import Element, Node, NodeError, TensorType, Value
from texelflow.graph.constants import unpack_elements
from texelflow.operators import Operator, operator
from texelflow.operators.elementwise import whole
from texelflow.operators.shapes import at_least, known_shape, normalize_axis


def require_indices(node: Node, kind: TensorType) -> None:
    """Raise NodeError unless the type can hold indices."""
    if kind.dtype not in ("int32", "int64"):
        raise NodeError(node, f"its indices have type {kind.dtype}; int32 or int64 is needed")


def require_in_range(node: Node, indices: Sequence[Element], extent: Dimension, axis: int) -> None:
    """Raise NodeError if an index known at export lies outside its axis; negative ones count from the end."""
    numbers = [index for index in indices if isinstance(index, int)]
    least = max((index + 1 if index >= 0 else -index for index in numbers), default=0)
    if isinstance(extent, int) and extent < least:
        outside = next(index for index in numbers if not -extent <= index < extent)
        raise NodeError(node, f"index {outside} is out of range for axis {axis}, {extent} long")
    at_least(node, extent, least, f"the extent of axis {axis} that its indices are of")
    for index in indices:
        lowest = lower_bound(index) if isinstance(index, Expression) else None
        if isinstance(index, Expression) and lowest is not None and lowest >= 0:
            at_least(node, extent, index + 1, f"the extent of axis {axis} that its indices are of")


def known_indices(indices: Value) -> Sequence[Element]:
    """Return indices known at export, however many; none if they are computed from data."""
    if indices.elements is None and indices.constant is not None:
        return unpack_elements(indices.dtype, indices.constant.tobytes())
    return indices.elements or []


@operator("Gather")
class Gather(Operator):
    """The axis `axis` of the data is replaced by those of the indices; negative ones count from the end."""

    fuses_epilogue = True

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type of the gathered slices."""
        data, indices = node.required(0).known_type, node.required(1).known_type
        require_indices(node, indices)
        axis = normalize_axis(node, int(node.attributes.get("axis", 0)), data.rank)
        require_in_range(node, known_indices(node.required(1)), data.shape[axis], axis)
        return [TensorType(data.dtype, (*data.shape[:axis], *indices.shape, *data.shape[axis + 1 :]))]

    def evaluate(self, node: Node) -> list[list[Element]] | None:
        """Take the slices; an index that depends on the shapes of the inputs leaves them unknown."""
        data, indices = node.required(0), node.required(1)
        shape = known_shape(data.shape)
        if data.elements is None or indices.elements is None or shape is None:
            return None
        axis = normalize_axis(node, int(node.attributes.get("axis", 0)), len(shape))
        inner = prod(shape[axis + 1 :])
        result: list[Element] = []
        for outer in range(prod(shape[:axis])):
            for index in indices.elements:
                if not isinstance(index, int):
                    return None
                start = (outer * shape[axis] + index % shape[axis]) * inner
                result.extend(data.elements[start : start + inner])
        return [result]

    def lower(self, node: Node, lowering: Lowering) -> None:
        """View a part of the data if the indices are known and evenly spaced, else gather by elements."""
        data, indices, output = node.required(0), node.required(1), node.outputs[0]
        axis = normalize_axis(node, int(node.attributes.get("axis", 0)), data.known_type.rank)
        part = _even_part(indices, data.shape[axis])
        if part is not None and not node.epilogue:
            start, step, count = part

            def sliced(view: View) -> View | None:
                taken = view.slice(axis, start, step, count)
                return taken and taken.reshape(output.shape)

            lowering.bind_view(output, data, sliced)
            return
        kernel = elements_kernel("gather", lowering.tensor(output))
        kernel.input("data", lowering.flat(data))
        kernel.input("indices", lowering.flat(indices))
        kernel.integer("inner", product(data.shape[axis + 1 :]))
        kernel.integer("extent", data.shape[axis])
        kernel.integer("count", indices.known_type.size)
        attach_epilogue(kernel, node, lowering)
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
