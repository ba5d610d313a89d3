"""texelflow::Choose: one of two values of the same type and shape; an If makes it."""

from __future__ import annotations

from texelflow.dimensions import proved_different
from texelflow.graph import Node, NodeError, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.shapes import same_dtype, unify


@operator("Choose", inputs=3, domain="texelflow")
class Choose(Operator):
    """The second input where the first, one truth value, holds; else the third."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type that both values have; raise NodeError if they differ."""
        condition, then, otherwise = (node.required(index).known_type for index in range(3))
        if condition.dtype != "bool" or proved_different(condition.size, 1):
            raise NodeError(node, f"its condition is {condition}; one truth value is needed")
        same_dtype(node, [then, otherwise])
        if then.rank != otherwise.rank:
            raise NodeError(
                node,
                f"its condition depends on data, but its branches give {then} and {otherwise}: give the input"
                " that decides it a value with --constant, or shapes with --input",
            )
        for axis, (a, b) in enumerate(zip(then.shape, otherwise.shape, strict=True)):
            unify(node, a, b, f"the extents of its branches' results along axis {axis}")
        return [then]

    def in_onnx(self, node: Node) -> list[Node]:
        """Return a Where; of truth values, for which ONNX Runtime has none, what says the same."""
        if node.required(1).dtype != "bool":
            return self.decompose(node) or [node]
        steps = Decomposition(node)
        condition, then, otherwise = (node.required(index) for index in range(3))
        holds = steps.reshape("condition", condition, [])
        steps.add(
            "Or",
            node.outputs[0],
            steps.add("And", "then", holds, then),
            steps.add("And", "otherwise", steps.add("Not", "fails", holds), otherwise),
        )
        return steps.nodes

    def decompose(self, node: Node) -> list[Node] | None:
        """Replace by a Where."""
        steps = Decomposition(node)
        condition = steps.reshape("condition", node.required(0), [])
        steps.add("Where", node.outputs[0], condition, node.required(1), node.required(2))
        return steps.nodes
