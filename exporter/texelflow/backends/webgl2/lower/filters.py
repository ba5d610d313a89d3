"""How texelflow::Filters becomes draws."""

from __future__ import annotations

from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.layout.view import View
from texelflow.backends.webgl2.lower import lowers
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.dimensions import product
from texelflow.operators.internal.filters import filters_shape


@lowers("Filters", domain="texelflow")
def lower(group: Group, lowering: Lowering) -> None:
    """View what is stored."""
    node = group.node
    shape = filters_shape(node)

    def leave_out_the_rest(view: View) -> View | None:
        filters = view.slice(1, 0, 1, product(shape[1:]))
        return filters and filters.reshape(shape)

    lowering.bind_view(node.outputs[0], node.required(0), leave_out_the_rest)
