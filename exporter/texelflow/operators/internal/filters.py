"""texelflow::Filters: weights whose filters are stored as whole texels, made by passes/align_weights.py."""

from __future__ import annotations

from texelflow.dimensions import Dimension
from texelflow.graph import Node, TensorType
from texelflow.operators import Operator, operator


@operator("Filters", inputs=1, domain="texelflow")
class Filters(Operator):
    """[filters, elements] to `shape`, whose first extent is filters: the first elements of each."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the stored type in that shape."""
        return [TensorType(node.required(0).dtype, filters_shape(node))]


def filters_shape(node: Node) -> tuple[Dimension, ...]:
    """Return the shape that the filters are read in."""
    return tuple(node.attributes["shape"])
