"""How Range becomes draws."""

from __future__ import annotations

from texelflow.backends.webgl2.elements import real_of
from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.kernels.reduction import elements_kernel
from texelflow.backends.webgl2.lower import lowers
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.operators.shapes import dimensions


@lowers("Range")
def lower(group: Group, lowering: Lowering) -> None:
    """Compute each number from its index."""
    node = group.node
    output = node.outputs[0]
    kernel = elements_kernel("range", lowering.tensor(output))
    start, delta = node.known_number(0, "start"), node.known_number(2, "delta")
    if output.known_type.is_floating:
        kernel.real("start_at", real_of(start))
        kernel.real("delta", real_of(delta))
    else:
        kernel.integer("start_at", dimensions(node, [start], "start")[0])
        kernel.integer("delta", dimensions(node, [delta], "delta")[0])
    lowering.bind(output, lowering.emit(kernel))
