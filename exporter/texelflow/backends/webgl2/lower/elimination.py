"""How texelflow::Elimination becomes draws."""

from __future__ import annotations

from dataclasses import dataclass

from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.kernels.reduction import elements_kernel
from texelflow.backends.webgl2.kernels.rendering import Structure
from texelflow.backends.webgl2.lower import lowers
from texelflow.backends.webgl2.lowering import Lowering


@dataclass(frozen=True, slots=True)
class Elimination(Structure):
    """Whether the pivots are asked for, or what is left."""

    pivot: bool


@lowers("Elimination", domain="texelflow")
def lower(group: Group, lowering: Lowering) -> None:
    """Find the pivot for each element anew: that is a column, where the elements are a matrix."""
    node = group.node
    source = node.required(0)
    for index, output in enumerate(node.outputs):
        kernel = elements_kernel("elimination", lowering.tensor(output, precise=True))
        kernel.input("x", lowering.flat_precise(source))
        kernel.integer("size", source.shape[1])
        kernel.structure = Elimination(pivot=index == 0)
        lowering.bind(output, lowering.emit(kernel))
