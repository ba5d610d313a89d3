"""TensorScatter: rows written into a cache, of each batch entry from a place of its own on."""

from __future__ import annotations

from texelflow.dimensions import Dimension
from texelflow.graph import Node, NodeError, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.onnx.gather import require_indices
from texelflow.operators.shapes import at_least, normalize_axis, require_rank, same_dtype, unify

MODES = ("linear", "circular")


@operator("TensorScatter", inputs=(2, 3))
class TensorScatter(Operator):
    """The cache with the update in place of as many rows along an axis, from the third input [batch] on.

    With `circular`, rows behind the last are the first ones.
    """

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type of the cache; raise NodeError if the update does not fit it."""
        cache, update = node.required(0).known_type, node.required(1).known_type
        same_dtype(node, [cache, update])
        require_rank(node, cache, 2)
        mode = node.attributes.get("mode", "linear")
        if mode not in MODES:
            raise NodeError(node, f"mode is {mode!r}; one of {', '.join(MODES)} is expected")
        axis = self._axis(node)
        if update.rank != cache.rank:
            raise NodeError(node, f"its update {update} has not the rank of its cache {cache}")
        for number, (a, b) in enumerate(zip(cache.shape, update.shape, strict=True)):
            if number != axis:
                unify(node, a, b, f"the extents of its cache and update along axis {number}")
        at_least(node, cache.shape[axis], update.shape[axis], "the length of its cache")
        if node.input(2) is not None:
            first = node.required(2).known_type
            require_indices(node, first)
            require_rank(node, first, 1, 1)
            unify(node, first.shape[0], cache.shape[0], "the batches of its write_indices and its cache")
        return [cache]

    @staticmethod
    def _axis(node: Node) -> int:
        axis = normalize_axis(node, int(node.attributes.get("axis", -2)), node.required(0).known_type.rank)
        if axis == 0:
            raise NodeError(node, "axis 0 is the batch, along which nothing can be written")
        return axis

    def decompose(self, node: Node) -> list[Node] | None:
        """Gather, for each row of the cache, the row of the update that it becomes, and choose."""
        steps, axis = Decomposition(node), self._axis(node)
        cache, update, first = node.required(0), node.required(1), node.input(2)
        batch, length, written = cache.shape[0], cache.shape[axis], update.shape[axis]
        number = steps.reshape("rows", steps.places("places", length), [1, length])
        if first is not None:
            begin = steps.reshape("begin", steps.cast("first", first, "int64"), [batch, 1])
            number = steps.add("Sub", "number", number, begin)
            if node.attributes.get("mode", "linear") == "circular":
                number = steps.add("Mod", "turned", number, steps.index("length", length))
        else:
            number = steps.add("Expand", "number", number, steps.vector("each", [batch, length]))
        above = steps.add("GreaterOrEqual", "above", number, steps.index("zero", 0))
        below = steps.add("Less", "below", number, steps.index("written", written))
        is_new = steps.add("And", "is_new", above, below)
        last = steps.index("last", written - 1)
        number = steps.add("Clip", "row", number, steps.index("least", 0), last)
        rank = cache.known_type.rank
        order = [0, axis, *(other for other in range(1, rank) if other != axis)]
        rows = steps.add("Transpose", "by_row", update, perm=order)
        tuples = steps.reshape("tuples", number, [batch, length, 1])
        found = steps.add("GatherND", "gathered", rows, tuples, batch_dims=1)
        found = steps.add("Transpose", "found", found, perm=[order.index(i) for i in range(rank)])
        shape: list[Dimension] = [1] * rank
        shape[0], shape[axis] = batch, length
        steps.add("Where", node.outputs[0], steps.reshape("mask", is_new, shape), found, cache)
        return steps.nodes
