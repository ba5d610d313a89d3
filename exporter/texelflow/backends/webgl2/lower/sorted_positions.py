"""How texelflow::SortedPositions becomes draws."""

from __future__ import annotations

from dataclasses import dataclass

from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.kernels.kernel import Kernel
from texelflow.backends.webgl2.kernels.reduction import elements_kernel
from texelflow.backends.webgl2.kernels.rendering import Structure
from texelflow.backends.webgl2.lower import lowers
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.backends.webgl2.scalar import UNSIGNED_32


@dataclass(frozen=True, slots=True)
class Ranking(Structure):
    """The order of a row."""

    largest: bool
    unsigned: bool
    x_integer: bool


@lowers("SortedPositions", domain="texelflow")
def lower(group: Group, lowering: Lowering) -> None:
    """Count, for each element, those that come before it; then look for those whose count is 0 to k - 1."""
    node = group.node
    source, output = node.required(0), node.outputs[0]
    x = lowering.flat(source)
    ranks = output.like(f"{output.name}/ranks", source.shape, "int32")
    kernel = Kernel("ranks", lowering.tensor(ranks))
    kernel.input("x", x)
    kernel.integer("extent", source.shape[1])
    largest = bool(node.attributes.get("largest", 1))
    kernel.structure = Ranking(largest, source.dtype in UNSIGNED_32, not source.known_type.is_floating)
    counted = lowering.emit(kernel)
    kernel = elements_kernel("positions_of_ranks", lowering.tensor(output))
    kernel.input("ranks", counted)
    kernel.integer("extent", source.shape[1])
    kernel.integer("taken", output.shape[1])
    lowering.bind(output, lowering.emit(kernel))
