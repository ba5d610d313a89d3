"""How CumSum and CumProd become draws."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.kernels.reduction import elements_kernel, reduced_blocks
from texelflow.backends.webgl2.kernels.rendering import Structure
from texelflow.backends.webgl2.lower import lowers
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.dimensions import floor_divide, product
from texelflow.operators.onnx.cumsum import cumsum_axis

LONGEST = 256
"""Longest axis along which each element takes all before it."""


@dataclass(frozen=True, slots=True)
class Running(Structure):
    """All elements before each, summed or multiplied (prod); `in_blocks` of which the totals are given."""

    operation: str
    in_blocks: bool


@lowers("CumSum", "CumProd")
def lower(group: Group, lowering: Lowering) -> None:
    """Take all before each element; of a longer axis what is in its block, and the blocks before it."""
    node = group.node
    source, output, axis = node.required(0), node.outputs[0], cumsum_axis(node)
    extent = source.shape[axis]
    kernel = elements_kernel("running_total", lowering.tensor(output, precise=True))
    kernel.input("x", lowering.flat(source))
    kernel.integer("extent", extent)
    kernel.integer("inner", product(source.shape[axis + 1 :]))
    kernel.integer("exclusive", int(node.attributes.get("exclusive", 0)))
    kernel.integer("reverse", int(node.attributes.get("reverse", 0)))
    in_blocks = not isinstance(extent, int) or extent > LONGEST
    operation = "sum" if node.operator == "CumSum" else "prod"
    kernel.structure = Running(operation, in_blocks)
    if in_blocks:
        taken = ceil(extent**0.5) if isinstance(extent, int) else LONGEST
        kernel.input("totals", reduced_blocks(source, lowering, axis, taken, operation))
        kernel.integer("blocks", floor_divide(extent + taken - 1, taken))
        kernel.integer("taken", taken)
    lowering.bind(output, lowering.emit(kernel))
