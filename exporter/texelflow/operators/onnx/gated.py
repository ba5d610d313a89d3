"""Swish and SwiGLU: numbers that open their own gate, or that of others (Shazeer 2020, arXiv:2002.05202)."""

from __future__ import annotations

from texelflow.graph import Node, NodeError, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.shapes import floating_dtype, unify


@operator("Swish", "SwiGLU", inputs=(1, 2))
class Swish(Operator):
    """`a * sigmoid(alpha * a)`; of SwiGLU times b, of the same shape."""

    decomposes = True

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type of a."""
        kinds = [value.known_type for value in node.reads]
        floating_dtype(node, kinds)
        if (self.name == "SwiGLU") != (len(node.inputs) == 2):
            raise NodeError(node, f"it has {len(node.inputs)} inputs; SwiGLU takes two, Swish one")
        a, b = node.required(0).shape, node.required(len(node.inputs) - 1).shape
        if len(a) != len(b):
            raise NodeError(node, f"its inputs have the shapes {list(a)} and {list(b)}; one is needed")
        for axis, (one, other) in enumerate(zip(a, b, strict=True)):
            unify(node, one, other, f"its inputs' extents along axis {axis}")
        return [node.required(0).known_type]

    def decompose(self, node: Node) -> list[Node] | None:
        """Multiply by the gate."""
        steps, a = Decomposition(node), node.required(0)
        alpha = steps.scalar("alpha", a.dtype, float(node.attributes.get("alpha", 1.0)))
        gate = steps.add("Sigmoid", "gate", steps.add("Mul", "slope", a, alpha))
        if len(node.inputs) == 1:
            steps.add("Mul", node.outputs[0], a, gate)
        else:
            steps.add("Mul", node.outputs[0], steps.add("Mul", "gated", a, gate), node.required(1))
        return steps.nodes
