"""GatherElements: each element of the output chosen along one axis by an index of its own."""

from __future__ import annotations

from texelflow.graph import Node, NodeError, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.onnx.gather import known_indices, require_in_range, require_indices
from texelflow.operators.shapes import normalize_axis


@operator("GatherElements", inputs=2)
class GatherElements(Operator):
    """`output[i, j] = data[indices[i, j], j]` for axis 0; negative indices count from the end."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type with the shape of the indices."""
        data, indices = node.required(0).known_type, node.required(1).known_type
        require_indices(node, indices)
        if data.rank != indices.rank:
            raise NodeError(node, f"its data {data} and indices {indices} have different ranks")
        axis = normalize_axis(node, int(node.attributes.get("axis", 0)), data.rank)
        require_in_range(node, known_indices(node.required(1)), data.shape[axis], axis)
        return [TensorType(data.dtype, indices.shape)]
