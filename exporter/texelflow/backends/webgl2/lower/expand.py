"""How Expand becomes draws."""

from __future__ import annotations

from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.lower import lowers
from texelflow.backends.webgl2.lowering import Lowering


@lowers("Expand")
def lower(group: Group, lowering: Lowering) -> None:
    """Read the input's elements again along the repeated axes."""
    node = group.node
    shape = node.outputs[0].shape
    lowering.bind_view(node.outputs[0], node.required(0), lambda view: view.expand(shape))
