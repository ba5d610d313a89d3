"""Unique: each element, or slice along an axis, once."""

from __future__ import annotations

from texelflow.dimensions import Dimension, symbol
from texelflow.graph import Node, TensorType
from texelflow.operators import Operator, learn, operator
from texelflow.operators.shapes import normalize_axis


@operator("Unique", inputs=1, attributes={"sorted": "0 or 1"})
class Unique(Operator):
    """The different slices along `axis` (elements, without one), in order, or as they occur first.

    With it: where each occurs first, which of them stands at each place, and how often each occurs.
    """

    def infer(self, node: Node) -> list[TensorType]:
        """Return the types of the slices and of the three lists, int64."""
        source = node.required(0).known_type
        [name] = learn(node, [".count"])
        count: Dimension = symbol(name)
        axis = self.axis(node)
        length = source.size if axis is None else source.shape[axis]
        shape = (count,) if axis is None else (*source.shape[:axis], count, *source.shape[axis + 1 :])
        lists = [TensorType("int64", (extent,)) for extent in (count, length, count)]
        return [TensorType(source.dtype, shape), *lists]

    @staticmethod
    def axis(node: Node) -> int | None:
        """Return the axis whose slices are compared; None for elements."""
        axis = node.attributes.get("axis")
        return None if axis is None else normalize_axis(node, int(axis), node.required(0).known_type.rank)
