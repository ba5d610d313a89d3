"""texelflow::Filters: weights whose filters are stored as whole texels, made by passes/align_weights.py."""

from __future__ import annotations

from texelflow.backends.webgl2.layout.view import View
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.dimensions import Dimension, product
from texelflow.graph import Node, TensorType
from texelflow.operators import Operator, operator


@operator("Filters", domain="texelflow")
class Filters(Operator):
    """[filters, elements] to `shape`, whose first extent is filters: the first elements of each."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the stored type in that shape."""
        return [TensorType(node.required(0).dtype, _shape(node))]

    def lower(self, node: Node, lowering: Lowering) -> None:
        """View what is stored."""
        shape = _shape(node)

        def leave_out_the_rest(view: View) -> View | None:
            filters = view.slice(1, 0, 1, product(shape[1:]))
            return filters and filters.reshape(shape)

        lowering.bind_view(node.outputs[0], node.required(0), leave_out_the_rest)


def _shape(node: Node) -> tuple[Dimension, ...]:
    return tuple(node.attributes["shape"])
