"""GatherND: slices of a tensor, chosen along several axes by tuples of indices."""

from __future__ import annotations

from texelflow.backends.webgl2.kernels.reduction import elements_kernel
from texelflow.backends.webgl2.layout.view import row_major_strides
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.dimensions import product
from texelflow.graph import Node, NodeError, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.onnx.gather import known_indices, require_in_range, require_indices
from texelflow.operators.shapes import unify


@operator("GatherND")
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

    def lower(self, node: Node, lowering: Lowering) -> None:
        """Gather element by element."""
        data, indices, output = node.required(0), node.required(1), node.outputs[0]
        batch = int(node.attributes.get("batch_dims", 0))
        depth = indices.shape[-1]
        assert isinstance(depth, int)
        strides = row_major_strides(data.shape)
        kernel = elements_kernel("gather_nd", lowering.tensor(output))
        kernel.input("data", lowering.flat(data))
        kernel.input("indices", lowering.flat(indices))
        kernel.table("axes", [[data.shape[axis], strides[axis]] for axis in range(batch, batch + depth)])
        kernel.integer("depth", depth)
        kernel.integer("inner", product(data.shape[batch + depth :]))
        kernel.integer("tuples", product(indices.shape[batch:-1]))
        kernel.integer("batch_size", product(data.shape[batch:]))
        lowering.bind(output, lowering.emit(kernel))
