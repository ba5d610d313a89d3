"""texelflow::PlaceAxis: moves the first axis to another place; a Scan that a run repeats makes it."""

from __future__ import annotations

from texelflow.graph import Node, NodeError, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.shapes import normalize_axis


@operator("PlaceAxis", inputs=1, domain="texelflow")
class PlaceAxis(Operator):
    """The input with its first axis at place `axis`."""

    expands = True

    def infer(self, node: Node) -> list[TensorType]:
        """Raise NodeError: nothing is known without the input's type."""
        raise NodeError(node, "its input has no type")

    def expand(self, node: Node) -> list[Node]:
        """Return a Transpose."""
        rank = node.required(0).known_type.rank
        place = normalize_axis(node, node.attributes["axis"], rank)
        order = [*range(1, rank)]
        order.insert(place, 0)
        return [Node("Transpose", [node.required(0)], node.outputs, {"perm": order}, node.name)]
