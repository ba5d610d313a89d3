"""Gemm: `alpha·A·B + beta·C` with A and B optionally transposed."""

from __future__ import annotations

from texelflow.graph import FLOATING, Node, NodeError, TensorType, Value
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.onnx.matmul import product_dtype
from texelflow.operators.shapes import broadcast_to, require_rank, unify


@operator("Gemm", inputs=(2, 3))
class Gemm(Operator):
    """The product of two matrices, scaled, plus a scaled addend that broadcasts to it."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type; raise NodeError if the inner extents differ or C does not broadcast."""
        kinds = [value.known_type for value in node.inputs if value is not None]
        a, b = node.required(0).known_type, node.required(1).known_type
        for kind in (a, b):
            require_rank(node, kind, 2, 2)
        rows, inner = a.shape[::-1] if node.attributes.get("transA", 0) else a.shape
        other, columns = b.shape[::-1] if node.attributes.get("transB", 0) else b.shape
        unify(node, inner, other, f"the inner extents of {a} and {b}")
        addend = node.input(2)
        if addend is not None:
            broadcast_to(node, addend.shape, (rows, columns), "its addend")
        dtype = product_dtype(node, kinds)
        for name in ("alpha", "beta"):
            factor = float(node.attributes.get(name, 1.0))
            if dtype not in FLOATING and not factor.is_integer():
                raise NodeError(node, f"{name} is {factor}; {dtype} is scaled by whole numbers only")
        return [TensorType(dtype, (rows, columns))]

    def decompose(self, node: Node) -> list[Node] | None:
        """Replace by Transpose, MatMul, Mul and Add, as far as each is needed."""
        result = node.outputs[0]
        alpha, beta = float(node.attributes.get("alpha", 1.0)), float(node.attributes.get("beta", 1.0))
        addend = node.input(2) if beta != 0 else None
        steps = Decomposition(node)
        a, b = (
            steps.add("Transpose", step, value, perm=[1, 0]) if node.attributes.get(attribute, 0) else value
            for step, value, attribute in (
                ("a", node.required(0), "transA"),
                ("b", node.required(1), "transB"),
            )
        )
        scaled, added = alpha != 1, addend is not None
        product = steps.add("MatMul", "product" if scaled or added else result, a, b)
        if scaled:
            product = self._scale(steps, "scaled" if added else result, product, alpha)
        if addend is not None:
            if beta != 1:
                addend = self._scale(steps, "addend", addend, beta)
            steps.add("Add", result, product, addend)
        return steps.nodes

    @staticmethod
    def _scale(steps: Decomposition, step: str | Value, value: Value, factor: float) -> Value:
        name = "alpha" if step == "addend" else "beta"
        return steps.add("Mul", step, value, steps.scalar(name, steps.node.outputs[0].dtype, factor))
