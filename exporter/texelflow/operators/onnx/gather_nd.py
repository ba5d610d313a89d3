"""GatherND: slices of a tensor, chosen along several axes by tuples of indices."""

from __future__ import annotations

from texelflow.graph import Node, NodeError, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.onnx.gather import known_indices, require_in_range, require_indices
from texelflow.operators.shapes import unify


@operator("GatherND", inputs=2)
class GatherND(Operator):
    """The last axis of the indices holds tuples that address the data behind its first `batch_dims` axes."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type of the gathered slices."""
        data, indices = node.required(0).known_type, node.required(1).known_type
        require_indices(node, indices)
        batch = int(node.attributes.get("batch_dims", 0))
        if not 0 <= batch < min(data.rank, indices.rank):
            raise NodeError(
                node, f"batch_dims is {batch}; it must lie below the ranks of {data} and {indices}"
            )
        length = indices.shape[-1]
        if not isinstance(length, int) or not 1 <= length <= data.rank - batch:
            raise NodeError(node, f"the last axis of its indices {indices} does not address axes of {data}")
        known = known_indices(node.required(1))
        for place in range(length):
            require_in_range(node, known[place::length], data.shape[batch + place], batch + place)
        shared = [
            unify(node, a, b, f"batch axes {axis}")
            for axis, (a, b) in enumerate(zip(data.shape[:batch], indices.shape[:batch], strict=True))
        ]
        return [TensorType(data.dtype, (*shared, *indices.shape[batch:-1], *data.shape[batch + length :]))]
