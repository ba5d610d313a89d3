"""GlobalAveragePool, GlobalMaxPool and GlobalLpPool: one number for each channel of an image."""

from __future__ import annotations

from texelflow.dimensions import Dimension
from texelflow.graph import Node, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.shapes import require_rank

REDUCTIONS = {"GlobalAveragePool": "ReduceMean", "GlobalMaxPool": "ReduceMax"}


class Global(Operator):
    """A reduction over the spatial axes, which stay with extent 1."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type with spatial extents of 1."""
        source = node.required(0).known_type
        require_rank(node, source, 3)
        ones: list[Dimension] = [1] * (source.rank - 2)
        return [TensorType(source.dtype, (*source.shape[:2], *ones))]


@operator(*REDUCTIONS, inputs=1)
class GlobalPool(Global):
    """Mean or maximum over the spatial axes."""

    def decompose(self, node: Node) -> list[Node] | None:
        """Replace by a reduction."""
        source = node.required(0)
        steps = Decomposition(node)
        steps.reduce(REDUCTIONS[self.name], node.outputs[0], source, range(2, source.known_type.rank))
        return steps.nodes


@operator("GlobalLpPool", inputs=1)
class GlobalLpPool(Global):
    """`(Σ |x|^p)^(1/p)` over the spatial axes."""

    def decompose(self, node: Node) -> list[Node] | None:
        """Replace by a sum of powers."""
        source, p = node.required(0), float(node.attributes.get("p", 2))
        steps = Decomposition(node)
        size = steps.add("Abs", "size", source)
        power = steps.add("Pow", "power", size, steps.scalar("p", source.dtype, p))
        total = steps.reduce("ReduceSum", "total", power, range(2, source.known_type.rank))
        steps.add("Pow", node.outputs[0], total, steps.scalar("root", source.dtype, 1 / p))
        return steps.nodes
