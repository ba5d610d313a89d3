"""OneHot: a new axis that is "on" at the place an index names and "off" elsewhere."""

from __future__ import annotations

from texelflow.dimensions import Dimension, proved_different
from texelflow.dimensions.floats import FloatExpression
from texelflow.graph import Node, NodeError, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.shapes import counts, normalize_axis, unify


@operator("OneHot", inputs=3)
class OneHot(Operator):
    """`output[…, i, …] = values[i == index]`; an index of -depth to -1 counts from the end."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type with the new axis of `depth` places."""
        indices, values = node.required(0).known_type, node.required(2).known_type
        if values.rank != 1 or proved_different(values.shape[0], 2):
            raise NodeError(node, f"its values {values} are not the pair [off, on]")
        unify(node, values.shape[0], 2, "the length of its values and that of the pair [off, on]")
        axis = self._axis(node)
        depth = node.known_number(1, "depth")
        if isinstance(depth, FloatExpression):
            depth = depth.truncated()
        [depth] = counts(node, [depth], "depth")
        return [TensorType(values.dtype, (*indices.shape[:axis], depth, *indices.shape[axis:]))]

    @staticmethod
    def _axis(node: Node) -> int:
        rank = node.required(0).known_type.rank + 1
        return normalize_axis(node, int(node.attributes.get("axis", -1)), rank)

    def decompose(self, node: Node) -> list[Node] | None:
        """Replace by a comparison of the indices with the places along the new axis."""
        indices, values, result = node.required(0), node.required(2), node.outputs[0]
        axis = self._axis(node)
        depth = result.shape[axis]
        steps = Decomposition(node)
        number = steps.cast("number", indices, "int64")
        size = steps.index("depth", depth)
        negative = steps.add("Less", "negative", number, steps.index("zero", 0))
        counted = steps.add("Where", "counted", negative, steps.add("Add", "from_end", number, size), number)
        shape: list[Dimension] = [*indices.shape[:axis], 1, *indices.shape[axis:]]
        upright = steps.reshape("upright", counted, shape)
        place = steps.places("place", depth)
        tail: list[Dimension] = [1] * (len(result.shape) - axis - 1)
        on = steps.add("Equal", "is_on", upright, steps.reshape("places", place, [depth, *tail]))
        choices = [
            steps.add("Gather", name, values, steps.index(f"{name}_index", index), axis=0)
            for index, name in enumerate(("off", "on"))
        ]
        steps.add("Where", result, on, choices[1], choices[0])
        return steps.nodes
