"""How texelflow::SplitAxes becomes draws."""

from __future__ import annotations

from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.layout.view import View
from texelflow.backends.webgl2.lower import lowers
from texelflow.backends.webgl2.lowering import Lowering


@lowers("SplitAxes", domain="texelflow")
def lower(group: Group, lowering: Lowering) -> None:
    """Read the elements where they are: of each pair of axes only one is longer than 1."""
    output = group.node.outputs[0]

    def doubled(view: View) -> View | None:
        return None if view.bounds is not None else View(output.shape, view.strides * 2, view.offset)

    lowering.bind_view(output, group.node.required(0), doubled)
