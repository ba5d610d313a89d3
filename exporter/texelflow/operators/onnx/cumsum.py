"""CumSum and CumProd: sums and products of all elements up to each one along an axis."""

from __future__ import annotations

from texelflow.graph import Node, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.shapes import integers, normalize_axis


def cumsum_axis(node: Node) -> int:
    """Return the axis; raise NodeError if it is not known at export."""
    axis = integers(node, [node.known_number(1, "axis")], "axis")[0]
    return normalize_axis(node, axis, node.required(0).known_type.rank)


@operator("CumSum", "CumProd", inputs=2)
class Cumulative(Operator):
    """Running sums or products, from the end if `reverse`, each without its own element if `exclusive`."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the input's type."""
        cumsum_axis(node)
        return [node.required(0).known_type]
