"""Transpose: the axes in another order."""

from __future__ import annotations

from texelflow.graph import Element, Node, NodeError, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.row_major import gather_view, strides
from texelflow.operators.shapes import known_shape, normalize_axes


def permutation(node: Node) -> list[int]:
    """Return, for each axis of the output, the axis of the input; reversed axes if `perm` is absent."""
    rank = node.required(0).known_type.rank
    listed = node.attributes.get("perm")
    if listed is None:
        return list(range(rank))[::-1]
    axes = normalize_axes(node, listed, rank)
    if len(axes) != rank:
        raise NodeError(node, f"perm {list(listed)} does not name each of the {rank} axes once")
    return axes


@operator("Transpose", inputs=1)
class Transpose(Operator):
    """Axis i of the output is axis perm[i] of the input."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type with its extents permuted."""
        source = node.required(0).known_type
        return [TensorType(source.dtype, tuple(source.shape[axis] for axis in permutation(node)))]

    def evaluate(self, node: Node) -> list[list[Element]] | None:
        """Permute the elements."""
        source = node.required(0)
        shape = known_shape(source.shape)
        if source.elements is None or shape is None:
            return None
        steps, axes = strides(shape), permutation(node)
        extents, moved = [shape[axis] for axis in axes], [steps[axis] for axis in axes]
        return [gather_view(source.elements, extents, moved)]
