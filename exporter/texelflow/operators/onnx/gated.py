"""Swish and SwiGLU: numbers that open their own gate, or that of others (Shazeer 2020, arXiv:2002.05202)."""

from __future__ import annotations

from texelflow.graph import Node, NodeError, TensorType, Value
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.shapes import floating_dtype, unify


@operator("Swish", inputs=1)
class Swish(Operator):
    """`a * sigmoid(alpha * a)`."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type of a."""
        kind = node.required(0).known_type
        floating_dtype(node, [kind])
        return [kind]

    def decompose(self, node: Node) -> list[Node] | None:
        """Multiply by the gate."""
        steps = Decomposition(node)
        steps.add("Mul", node.outputs[0], node.required(0), _gate(steps, node))
        return steps.nodes


@operator("SwiGLU", inputs=2)
class SwiGLU(Operator):
    """`a * sigmoid(alpha * a) * b`, of one shape."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type of a."""
        a, b = (node.required(index).known_type for index in (0, 1))
        floating_dtype(node, [a, b])
        if a.rank != b.rank:
            raise NodeError(node, f"its inputs {a} and {b} have different ranks")
        for axis, (one, other) in enumerate(zip(a.shape, b.shape, strict=True)):
            unify(node, one, other, f"its inputs' extents along axis {axis}")
        return [a]

    def decompose(self, node: Node) -> list[Node] | None:
        """Multiply by the gate."""
        steps = Decomposition(node)
        gated = steps.add("Mul", "gated", node.required(0), _gate(steps, node))
        steps.add("Mul", node.outputs[0], gated, node.required(1))
        return steps.nodes


def _gate(steps: Decomposition, node: Node) -> Value:
    a = node.required(0)
    alpha = steps.scalar("alpha", a.dtype, float(node.attributes.get("alpha", 1.0)))
    return steps.add("Sigmoid", "gate", steps.add("Mul", "slope", a, alpha))
