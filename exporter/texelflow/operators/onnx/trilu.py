"""Trilu: the upper or lower triangle of matrices."""

from __future__ import annotations

from texelflow.graph import Node, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.shapes import require_rank


@operator("Trilu", inputs=(1, 2))
class Trilu(Operator):
    """Keeps the last two axes' elements with column - row ≥ k (upper) or ≤ k (lower); the rest is zero."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the input's type."""
        require_rank(node, node.required(0).known_type, 2)
        return [node.required(0).known_type]

    def decompose(self, node: Node) -> list[Node] | None:
        """Replace by a comparison of row and column numbers and a Where."""
        source = node.required(0)
        steps = Decomposition(node)
        rows, columns = source.shape[-2:]
        row, column = steps.places("row", rows), steps.places("column", columns)
        k = node.input(1)
        diagonal = row
        if k is not None:
            diagonal = steps.add(
                "Add", "diagonal", row, k if k.known_type.rank == 0 else steps.reshape("k", k, [])
            )
        upright = steps.reshape("upright", diagonal, [rows, 1])
        comparison = "GreaterOrEqual" if node.attributes.get("upper", 1) else "LessOrEqual"
        kept = steps.add(comparison, "kept", column, upright)
        steps.add("Where", node.outputs[0], kept, source, steps.scalar("blank", source.dtype, 0))
        return steps.nodes
