"""How Transpose becomes draws."""

from __future__ import annotations

from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.lower import lowers
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.operators.onnx.transpose import permutation


@lowers("Transpose")
def lower(group: Group, lowering: Lowering) -> None:
    """Read the elements in another order, without moving them."""
    node = group.node
    axes = tuple(permutation(node))
    lowering.bind_view(node.outputs[0], node.required(0), lambda view: view.transpose(axes))
