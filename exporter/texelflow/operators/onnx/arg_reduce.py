"""ArgMax and ArgMin: the position of the largest or smallest number along an axis."""

from __future__ import annotations

from texelflow.dimensions import Dimension
from texelflow.graph import Node, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.shapes import at_least, normalize_axis


@operator("ArgMax", "ArgMin", inputs=1)
class ArgReduce(Operator):
    """The first such position, or the last with select_last_index, as int64."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type without the axis, or with its extent 1 if `keepdims`."""
        source = node.required(0).known_type
        axis = normalize_axis(node, int(node.attributes.get("axis", 0)), source.rank)
        at_least(node, source.shape[axis], 1, f"the extent of axis {axis}, of which it takes one,")
        kept: tuple[Dimension, ...] = (1,) if node.attributes.get("keepdims", 1) else ()
        return [TensorType("int64", (*source.shape[:axis], *kept, *source.shape[axis + 1 :]))]
