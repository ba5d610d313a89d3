"""How GatherElements becomes draws."""

from __future__ import annotations

from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.kernels.reduction import elements_kernel
from texelflow.backends.webgl2.layout.view import row_major_strides
from texelflow.backends.webgl2.lower import lowers
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.operators.shapes import normalize_axis


@lowers("GatherElements")
def lower(group: Group, lowering: Lowering) -> None:
    """Gather element by element."""
    node = group.node
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
