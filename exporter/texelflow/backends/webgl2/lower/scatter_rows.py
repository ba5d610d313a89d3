"""How texelflow::ScatterRows becomes draws."""

from __future__ import annotations

from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.lower import lowers
from texelflow.backends.webgl2.lower.scatter_elements import scatter_kernel
from texelflow.backends.webgl2.lowering import Lowering


@lowers("ScatterRows", domain="texelflow")
def lower(group: Group, lowering: Lowering) -> None:
    """Look, for each element, through the places of all rows."""
    node = group.node
    places = node.required(1)
    kernel = scatter_kernel("scatter_rows", node, lowering)
    kernel.input("places", lowering.flat(places))
    kernel.integer("count", places.shape[0])
    kernel.integer("inner", node.required(0).shape[1])
    lowering.bind(node.outputs[0], lowering.emit(kernel))
