"""Det: determinants of square matrices."""

from __future__ import annotations

from texelflow.dimensions import product
from texelflow.graph import Node, NodeError, TensorType, Value
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.shapes import floating_dtype, require_rank, unify


@operator("Det", inputs=1)
class Det(Operator):
    """The determinant of each matrix of the last two axes."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type without the last two axes."""
        source = node.required(0).known_type
        floating_dtype(node, [source])
        require_rank(node, source, 2)
        unify(node, source.shape[-2], source.shape[-1], "the rows and columns of its matrices")
        return [TensorType(source.dtype, source.shape[:-2])]

    def decompose(self, node: Node) -> list[Node] | None:
        """Multiply the pivots of Gauss' elimination.

        Of n rows it takes n³ operations, an expansion n!; with pivots it is as exact as can be.
        """
        source, result = node.required(0), node.outputs[0]
        rows, columns = source.shape[-2:]
        size = rows if isinstance(rows, int) else columns
        if not isinstance(size, int):
            raise NodeError(node, f"its matrices have {size} rows; their number must be known at export")
        steps, count = Decomposition(node), product(result.shape)
        if size == 0:
            one = steps.scalar("one", source.dtype, 1)
            steps.add("Expand", result, one, steps.vector("shape", result.shape))
            return steps.nodes
        matrices = steps.reshape("matrices", source, [count, size, size])
        total: Value | None = None
        for _ in range(size - 1):
            pivot, matrices = steps.add_all("Elimination", ("pivot", "rest"), matrices)
            steps.nodes[-1].domain = "texelflow"
            total = pivot if total is None else steps.add("Mul", "product", total, pivot)
        last = steps.reshape("last", matrices, [count])
        total = last if total is None else steps.add("Mul", "product", total, last)
        steps.reshape(result, total, result.shape)
        return steps.nodes
