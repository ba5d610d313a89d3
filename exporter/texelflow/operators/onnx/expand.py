"""Expand: a tensor broadcast to a shape."""

from __future__ import annotations

from texelflow.graph import Element, Node, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.row_major import broadcast_elements
from texelflow.operators.shapes import broadcast, counts, known_shape


@operator("Expand", inputs=2)
class Expand(Operator):
    """The input repeated along its axes of extent 1; an extent of 1 in the shape leaves the input's."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type with the shapes broadcast together."""
        source = node.required(0).known_type
        wanted = tuple(counts(node, node.known(1, "shape"), "shape"))
        return [TensorType(source.dtype, broadcast(node, [source.shape, wanted]))]

    def evaluate(self, node: Node) -> list[list[Element]] | None:
        """Repeat the elements."""
        source = node.required(0)
        shape, target = known_shape(source.shape), known_shape(node.outputs[0].shape)
        if source.elements is None or shape is None or target is None:
            return None
        return [broadcast_elements(source.elements, shape, target)]
