"""MatMul: products of matrices, NumPy's way."""

from __future__ import annotations

from collections.abc import Sequence

from texelflow.graph import DTYPES, FLOATING, Node, NodeError, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.shapes import broadcast, require_rank, same_dtype, unify


def product_dtype(node: Node, kinds: Sequence[TensorType]) -> str:
    """Return the element type of a matrix product; raise NodeError unless ONNX multiplies matrices of it."""
    dtype = same_dtype(node, kinds)
    if dtype not in FLOATING and DTYPES[dtype] < 4:
        raise NodeError(
            node,
            f"its inputs have type {dtype}; a floating type or integers of 32 or 64 bits are needed",
        )
    return dtype


@operator("MatMul", inputs=2)
class MatMul(Operator):
    """[…, M, K] × […, K, N] → […, M, N]; a vector is a row before and a column behind the sign."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type; raise NodeError if the inner extents differ or the outer do not broadcast."""
        a, b = node.required(0).known_type, node.required(1).known_type
        for kind in (a, b):
            require_rank(node, kind, 1)
        unify(
            node, a.shape[-1], b.shape[-2] if b.rank > 1 else b.shape[0], f"the inner extents of {a} and {b}"
        )
        outer = broadcast(node, [a.shape[:-2], b.shape[:-2]])
        rows, columns = a.shape[-2:-1], b.shape[-1:] if b.rank > 1 else ()
        return [TensorType(product_dtype(node, [a, b]), (*outer, *rows, *columns))]

    def decompose(self, node: Node) -> list[Node] | None:
        """Make matrices of vectors."""
        a, b, output = node.required(0), node.required(1), node.outputs[0]
        if a.known_type.rank > 1 and b.known_type.rank > 1:
            return None
        steps = Decomposition(node)
        if a.known_type.rank == 1:
            a = steps.reshape("row", a, (1, *a.shape))
        if b.known_type.rank == 1:
            b = steps.reshape("column", b, (*b.shape, 1))
        steps.reshape(output, steps.add("MatMul", "matrix", a, b), output.shape)
        return steps.nodes
