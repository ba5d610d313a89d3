"""GatherElements: each element of the output chosen along one axis by an index of its own."""

from __future__ import annotations

from texelflow.backends.webgl2.kernels.reduction import elements_kernel
from texelflow.backends.webgl2.layout.view import row_major_strides
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.graph import Node, NodeError, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.onnx.gather import known_indices, require_in_range, require_indices
from texelflow.operators.shapes import normalize_axis


@operator("GatherElements")
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

    def lower(self, node: Node, lowering: Lowering) -> None:
        """Gather element by element."""
        data, indices, output = node.required(0), node.required(1), node.outputs[0]
        axis = normalize_axis(node, int(node.attributes.get("axis", 0)), data.known_type.rank)
        strides = row_major_strides(data.shape)
        kernel = elements_kernel("gather_elements", lowering.tensor(output))
        kernel.input("data", lowering.flat(data))
        kernel.input("indices", lowering.flat(indices))
        kernel.table(
            "axes",
            [[extent, 0 if i == axis else strides[i]] for i, extent in enumerate(indices.shape)],
        )
        kernel.integer("rank", len(indices.shape))
        kernel.integer("extent", data.shape[axis])
        kernel.integer("step_size", strides[axis])
        lowering.bind(output, lowering.emit(kernel))
