"""texelflow::Elimination: one step of Gauss' elimination; operators/onnx/det.py makes it."""

from __future__ import annotations

from texelflow.dimensions import Dimension
from texelflow.graph import Node, TensorType
from texelflow.operators import Operator, operator


@operator("Elimination", inputs=1, domain="texelflow")
class Elimination(Operator):
    """Matrices [count, n, n] by their pivots [count] and what is left of them [count, n - 1, n - 1].

    The pivot is the element of the first column with the largest magnitude, of equal ones the first; negated
    in every second row. Its row times a factor is subtracted from the others: their first column is 0 then.
    The determinant is the pivot times that of what is left.
    """

    def infer(self, node: Node) -> list[TensorType]:
        """Return the types of pivots and rest."""
        source = node.required(0).known_type
        count, size, _ = source.shape
        left: Dimension = size - 1
        return [TensorType(source.dtype, (count,)), TensorType(source.dtype, (count, left, left))]
