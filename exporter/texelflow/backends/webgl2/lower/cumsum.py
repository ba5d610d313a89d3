"""How CumSum becomes draws."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.kernels.reduction import elements_kernel, sums_of_blocks
from texelflow.backends.webgl2.kernels.rendering import Structure
from texelflow.backends.webgl2.lower import lowers
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.dimensions import floor_divide, product
from texelflow.operators.onnx.cumsum import cumsum_axis

LONGEST = 256
"""Longest axis along which each element sums all before it."""


@dataclass(frozen=True, slots=True)
class CumulativeSum(Structure):
    """A sum of all elements before each; `in_blocks` of which the sums are given."""

    in_blocks: bool


@lowers("CumSum")
def lower(group: Group, lowering: Lowering) -> None:
    """Sum all before each element; of a longer axis what is in its block, and the blocks before it."""
    node = group.node
    source, output, axis = node.required(0), node.outputs[0], cumsum_axis(node)
    extent = source.shape[axis]
    kernel = elements_kernel("cumulative_sum", lowering.tensor(output, precise=True))
    kernel.input("x", lowering.flat(source))
    kernel.integer("extent", extent)
    kernel.integer("inner", product(source.shape[axis + 1 :]))
    kernel.integer("exclusive", int(node.attributes.get("exclusive", 0)))
    kernel.integer("reverse", int(node.attributes.get("reverse", 0)))
    in_blocks = not isinstance(extent, int) or extent > LONGEST
    kernel.structure = CumulativeSum(in_blocks)
    if in_blocks:
        taken = ceil(extent**0.5) if isinstance(extent, int) else LONGEST
        kernel.input("sums", sums_of_blocks(source, lowering, axis, taken))
        kernel.integer("blocks", floor_divide(extent + taken - 1, taken))
        kernel.integer("taken", taken)
    lowering.bind(output, lowering.emit(kernel))
