"""How Slice becomes draws."""

from __future__ import annotations

from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.layout.view import View
from texelflow.backends.webgl2.lower import lowers
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.operators.onnx.slice import axis_slices


@lowers("Slice")
def lower(group: Group, lowering: Lowering) -> None:
    """Read a part of the input, without moving it."""
    node = group.node

    def part(view: View) -> View | None:
        sliced: View | None = view
        for piece in axis_slices(node):
            sliced = sliced and sliced.slice(piece.axis, piece.start, piece.step, piece.extent)
        return sliced

    lowering.bind_view(node.outputs[0], node.required(0), part)
