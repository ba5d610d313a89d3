"""How GatherND becomes draws."""

from __future__ import annotations

from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.kernels.reduction import elements_kernel
from texelflow.backends.webgl2.layout.view import row_major_strides
from texelflow.backends.webgl2.lower import lowers
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.dimensions import product


@lowers("GatherND")
def lower(group: Group, lowering: Lowering) -> None:
    """Gather element by element."""
    node = group.node
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
