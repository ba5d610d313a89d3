"""Shape and Size: the extents of a tensor, and their product, as numbers."""

from __future__ import annotations

from texelflow.graph import Element, Node, Shape, TensorType
from texelflow.operators import Operator, operator


def _part(node: Node) -> Shape:
    shape = node.required(0).shape
    return shape[node.attributes.get("start", 0) : node.attributes.get("end", len(shape))]


@operator("Shape", inputs=1)
class ShapeOperator(Operator):
    """The extents from axis `start` to before `end`, as int64."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type of the list of extents."""
        return [TensorType("int64", (len(_part(node)),))]

    def evaluate(self, node: Node) -> list[list[Element]] | None:
        """Return the extents."""
        return [list(_part(node))]


@operator("Size", inputs=1)
class Size(Operator):
    """The number of elements, as int64."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return a scalar type."""
        return [TensorType("int64", ())]

    def evaluate(self, node: Node) -> list[list[Element]] | None:
        """Return the product of the extents."""
        return [[node.required(0).known_type.size]]
