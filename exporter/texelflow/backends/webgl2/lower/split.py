"""How Split becomes draws."""

from __future__ import annotations

from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.layout.view import View
from texelflow.backends.webgl2.lower import lowers
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.dimensions import Dimension
from texelflow.operators.onnx.split import split_axis


@lowers("Split")
def lower(group: Group, lowering: Lowering) -> None:
    """Read each part where it lies in the input."""
    node = group.node
    axis = split_axis(node)
    start: Dimension = 0
    for output in node.outputs:

        def part(view: View, start: Dimension = start, extent: Dimension = output.shape[axis]) -> View | None:
            return view.slice(axis, start, 1, extent)

        lowering.bind_view(output, node.required(0), part)
        start = start + output.shape[axis]
