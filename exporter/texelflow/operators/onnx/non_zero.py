"""NonZero and Compress: where a tensor is not zero, and the slices where a condition holds."""

from __future__ import annotations

from texelflow.dimensions import symbol
from texelflow.graph import Node, NodeError, TensorType
from texelflow.operators import Operator, learn, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.shapes import at_least, normalize_axis, require_rank


@operator("NonZero", inputs=1)
class NonZero(Operator):
    """The places of the elements that are not zero, int64 [rank, count], in row-major order.

    How many there are a run learns when it has counted them.
    """

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type of the list: a column for each such element."""
        source = node.required(0).known_type
        require_rank(node, source, 1)
        [count] = learn(node, [".count"])
        return [TensorType("int64", (source.rank, symbol(count)))]


@operator("Compress", inputs=2)
class Compress(Operator):
    """The slices along an axis (or the elements, without one) at whose places a condition is true."""

    expands = True

    def expand(self, node: Node) -> list[Node]:
        """Gather where the condition is not zero."""
        source, condition = node.required(0), node.required(1)
        if condition.dtype != "bool" or condition.known_type.rank != 1:
            raise NodeError(node, f"its condition {condition} is not a list of bool")
        steps = Decomposition(node)
        axis = node.attributes.get("axis")
        if axis is None:
            source, axis = steps.add("Reshape", "elements", source, steps.vector("flat", [-1])), 0
            extent = node.required(0).known_type.size
        else:
            axis = normalize_axis(node, int(axis), source.known_type.rank)
            extent = source.shape[axis]
        at_least(node, extent, condition.shape[0], f"the extent of axis {axis}, which its condition is for,")
        places = steps.add("NonZero", "places", condition)
        row = steps.add("Squeeze", "row", places, steps.vector("first", [0]))
        steps.add("Gather", node.outputs[0], source, row, axis=axis)
        return steps.nodes
