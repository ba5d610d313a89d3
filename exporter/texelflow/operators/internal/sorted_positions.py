"""texelflow::SortedPositions: where the first of sorted rows lie; operators/onnx/top_k.py makes it."""

from __future__ import annotations

from texelflow.graph import Node, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.shapes import dimensions


@operator("SortedPositions", inputs=2, attributes={"largest": "0 or 1"}, domain="texelflow")
class SortedPositions(Operator):
    """The positions [rows, k], int64, of the k largest elements of rows [rows, n] (else the smallest).

    In order; of equal elements the one that comes first in the row is first. k is known at export.
    """

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type of the positions."""
        count = dimensions(node, [node.known_number(1, "k")], "k")[0]
        return [TensorType("int64", (node.required(0).shape[0], count))]
