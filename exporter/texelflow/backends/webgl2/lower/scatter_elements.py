"""How ScatterElements becomes draws."""

from __future__ import annotations

from dataclasses import dataclass

from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.kernels.kernel import Kernel
from texelflow.backends.webgl2.kernels.reduction import elements_kernel
from texelflow.backends.webgl2.kernels.rendering import Structure
from texelflow.backends.webgl2.layout.view import row_major_strides
from texelflow.backends.webgl2.lower import lowers
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.graph import Node
from texelflow.operators.onnx.scatter_elements import reduction_of
from texelflow.operators.shapes import normalize_axis


@dataclass(frozen=True, slots=True)
class Scattering(Structure):
    """What becomes of an element and its update."""

    reduction: str
    unsigned: bool


def scatter_kernel(template: str, node: Node, lowering: Lowering) -> Kernel:
    """Return a kernel that puts `updates` into `data`, the last and the first input of the node."""
    reduction, output = reduction_of(node), node.outputs[0]
    kernel = elements_kernel(template, lowering.tensor(output, precise=reduction in ("add", "mul")))
    kernel.input("data", lowering.flat(node.required(0)))
    kernel.input("updates", lowering.flat(node.required(2)))
    kernel.structure = Scattering(reduction, output.dtype in ("uint32", "uint64"))
    return kernel


@lowers("ScatterElements", "Scatter")
def lower(group: Group, lowering: Lowering) -> None:
    """Look, for each element, through the indices that may name it."""
    node = group.node
    data, indices, output = node.required(0), node.required(1), node.outputs[0]
    axis = normalize_axis(node, int(node.attributes.get("axis", 0)), data.known_type.rank)
    strides = row_major_strides(indices.shape)
    kernel = scatter_kernel("scatter_elements", node, lowering)
    kernel.input("indices", lowering.flat(indices))
    kernel.table(
        "axes",
        [[data.shape[i], extent, 0 if i == axis else strides[i]] for i, extent in enumerate(indices.shape)],
    )
    kernel.integer("rank", len(indices.shape))
    kernel.integer("scattered", axis)
    kernel.integer("extent", data.shape[axis])
    kernel.integer("count", indices.shape[axis])
    kernel.integer("step_size", strides[axis])
    lowering.bind(output, lowering.emit(kernel))
