"""Gather: slices of a tensor, chosen along one axis by a tensor of indices."""

from __future__ import annotations

from math import prod

from texelflow.ir import Element, Node, NodeError, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.shapes import known_shape, normalize_axis


def require_indices(node: Node, kind: TensorType) -> None:
    """Raise NodeError unless the type can hold indices."""
    if kind.dtype not in ("int32", "int64"):
        raise NodeError(node, f"its indices have type {kind.dtype}; int32 or int64 is needed")


@operator("Gather")
class Gather(Operator):
    """The axis `axis` of the data is replaced by those of the indices; negative ones count from the end."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type of the gathered slices."""
        data, indices = node.required(0).known_type, node.required(1).known_type
        require_indices(node, indices)
        axis = normalize_axis(node, int(node.attributes.get("axis", 0)), data.rank)
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
                if not -shape[axis] <= index < shape[axis]:
                    raise NodeError(
                        node, f"index {index} is out of range for axis {axis}, {shape[axis]} long"
                    )
                start = (outer * shape[axis] + index % shape[axis]) * inner
                result.extend(data.elements[start : start + inner])
        return [result]
