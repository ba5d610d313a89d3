"""ScatterElements, and Scatter as it was called before opset 11: elements put along one axis."""

from __future__ import annotations

from texelflow.graph import Node, NodeError, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.onnx.gather import known_indices, require_in_range, require_indices
from texelflow.operators.shapes import at_least, normalize_axis, same_dtype, unify

REDUCTION = {"reduction": "a text"}
"""The attribute that says what becomes of an element and its update."""

REDUCTIONS = ("none", "add", "mul", "max", "min")


def reduction_of(node: Node) -> str:
    """Return what becomes of an element and its update; raise NodeError if ONNX does not know it."""
    reduction = str(node.attributes.get("reduction", "none"))
    if reduction not in REDUCTIONS:
        raise NodeError(node, f"reduction is {reduction!r}; one of {', '.join(REDUCTIONS)} is expected")
    if reduction != "none" and node.required(0).dtype == "bool":
        raise NodeError(node, f"reduction is {reduction!r}, which is not for booleans")
    return reduction


@operator("ScatterElements", "Scatter", inputs=3, attributes=REDUCTION)
class ScatterElements(Operator):
    """`output[indices[i, j], j] = updates[i, j]` for axis 0; negative indices count from the end."""

    def in_onnx(self, node: Node) -> list[Node]:
        """Return it by its name since opset 11."""
        node.operator = "ScatterElements"
        return [node]

    def infer(self, node: Node) -> list[TensorType]:
        """Return the data's type."""
        data, indices, updates = (node.required(index).known_type for index in range(3))
        require_indices(node, indices)
        same_dtype(node, [data, updates])
        reduction_of(node)
        if not data.rank == indices.rank == updates.rank:
            raise NodeError(node, f"its data {data}, indices {indices} and updates {updates} differ in rank")
        axis = normalize_axis(node, int(node.attributes.get("axis", 0)), data.rank)
        require_in_range(node, known_indices(node.required(1)), data.shape[axis], axis)
        for position, (extent, index_extent) in enumerate(zip(data.shape, indices.shape, strict=True)):
            unify(
                node,
                index_extent,
                updates.shape[position],
                f"the extents of its indices and updates along axis {position}",
            )
            if position != axis:
                at_least(node, extent, index_extent, f"the extent of its data along axis {position}")
        return [data]
