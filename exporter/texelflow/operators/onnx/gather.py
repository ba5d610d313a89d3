"""Gather: slices of a tensor, chosen along one axis by a tensor of indices."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from texelflow.dimensions import Dimension, Expression, lower_bound
from texelflow.graph import Element, Node, NodeError, TensorType, Value
from texelflow.graph.constants import unpack_elements
from texelflow.operators import Operator, operator
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


@operator("Gather", inputs=2)
class Gather(Operator):
    """The axis `axis` of the data is replaced by those of the indices; negative ones count from the end."""

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
