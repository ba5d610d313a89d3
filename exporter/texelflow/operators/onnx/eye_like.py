"""EyeLike: ones on a diagonal, zeros elsewhere."""

from __future__ import annotations

from texelflow.graph import Node, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.onnx.cast import dtype_of_code
from texelflow.operators.shapes import require_rank


@operator("EyeLike", inputs=1)
class EyeLike(Operator):
    """A matrix of the input's shape with ones where column - row = k."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the input's type, or that of the attribute `dtype`."""
        source = node.required(0).known_type
        require_rank(node, source, 2, 2)
        code = node.attributes.get("dtype")
        return [TensorType(source.dtype if code is None else dtype_of_code(node, code), source.shape)]

    def decompose(self, node: Node) -> list[Node] | None:
        """Replace by a comparison of row and column numbers."""
        kind = node.outputs[0].known_type
        steps = Decomposition(node)
        row, column = (steps.places(name, kind.shape[axis]) for axis, name in enumerate(("row", "column")))
        diagonal = steps.add("Add", "diagonal", row, steps.index("k", int(node.attributes.get("k", 0))))
        upright = steps.reshape("upright", diagonal, [kind.shape[0], 1])
        on = steps.add("Equal", "on", upright, column)
        steps.cast(node.outputs[0], on, kind.dtype)
        return steps.nodes
