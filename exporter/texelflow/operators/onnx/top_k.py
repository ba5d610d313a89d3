"""TopK: the largest or smallest elements along an axis, and where they lie."""

from __future__ import annotations

from math import inf

from texelflow.dimensions import Dimension, product
from texelflow.graph import FLOATING, Node, NodeError, TensorType, Value
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.shapes import at_least, dimensions, normalize_axis, require_rank
from texelflow.operators.upgrading import attribute_to_input

FEWEST_SORTED = 256
"""Elements that are sorted at a time, at least: what it takes grows with their square."""

_BITS = {"int8": 8, "uint8": 8, "int16": 16, "uint16": 16}


@operator("TopK", inputs=(1, 2), attributes={"largest": "0 or 1", "sorted": "0 or 1"})
class TopK(Operator):
    """Values and positions (int64) of the k largest elements of each row along `axis`, in order.

    Of equal elements the first comes first, as in ONNX Runtime. `sorted=0` allows any order, so this one.
    """

    def upgrade(self, node: Node, opset: int) -> None:
        """Before opset 10, k was an attribute."""
        if opset < 10:
            node.attributes["k"] = [node.attributes.get("k", 1)]
            attribute_to_input(node, "k", 1)

    def infer(self, node: Node) -> list[TensorType]:
        """Return the types of values and positions: k elements along the axis."""
        source = node.required(0).known_type
        require_rank(node, source, 1)
        if source.dtype == "bool":
            raise NodeError(node, f"its input {source} has no order; numbers are needed")
        axis, count = self._axis(node), self._count(node)
        at_least(node, count, 0, "k")
        at_least(node, source.shape[axis] - count, 0, f"the extent of axis {axis}, without the k it takes,")
        shape = (*source.shape[:axis], count, *source.shape[axis + 1 :])
        return [TensorType(source.dtype, shape), TensorType("int64", shape)]

    @staticmethod
    def _axis(node: Node) -> int:
        return normalize_axis(node, int(node.attributes.get("axis", -1)), node.required(0).known_type.rank)

    @staticmethod
    def _count(node: Node) -> Dimension:
        return dimensions(node, [node.known_number(1, "k")], "k")[0]

    def decompose(self, node: Node) -> list[Node] | None:
        """Sort rows [rows, n], after the axis was made the last."""
        source, axis, count = node.required(0), self._axis(node), self._count(node)
        rank = source.known_type.rank
        order = [*(i for i in range(rank) if i != axis), axis]
        steps = Decomposition(node)
        turned = source if axis == rank - 1 else steps.add("Transpose", "turned", source, perm=order)
        extents = [source.shape[i] for i in order]
        rows = steps.reshape("rows", turned, [product(extents[:-1]), extents[-1]])
        for result, found in zip(node.outputs, self._top(steps, rows, extents, count), strict=False):
            if axis == rank - 1:
                steps.reshape(result, found, [*extents[:-1], count])
                continue
            upright = steps.reshape("found", found, [*extents[:-1], count])
            back = [order.index(i) for i in range(rank)]
            steps.add("Transpose", result, upright, perm=back)
        return steps.nodes

    def _top(
        self, steps: Decomposition, rows: Value, extents: list[Dimension], count: Dimension
    ) -> tuple[Value, Value]:
        """Return values and positions [rows, k] of rows [rows, n]; `extents` are those that make them up.

        The k largest of all are among the k largest of each block of a long row; one alone is looked for.
        """
        *outer, length = extents
        if isinstance(length, int) and isinstance(count, int) and count > 1:
            block = max(FEWEST_SORTED, 4 * count)
            if length >= 4 * block:
                return self._top_of_blocks(steps, rows, (product(outer), length), count, block)
        largest = int(steps.node.attributes.get("largest", 1))
        if isinstance(count, int) and count == 1:
            places = steps.add("ArgMax" if largest else "ArgMin", "places", rows, axis=1, keepdims=1)
            return steps.add("GatherElements", "values", rows, places, axis=1), places
        places = steps.add("SortedPositions", "places", rows, steps.index("k", count), largest=largest)
        assert places.producer is not None
        places.producer.domain = "texelflow"
        return steps.add("GatherElements", "values", rows, places, axis=1), places

    def _top_of_blocks(
        self, steps: Decomposition, rows: Value, shape: tuple[Dimension, int], count: int, block: int
    ) -> tuple[Value, Value]:
        outer, length = shape
        blocks = -(-length // block)
        missing = steps.vector("missing", [0, 0, 0, blocks * block - length])
        whole = steps.add("Pad", "whole", rows, missing, self._last(steps))
        apart = steps.reshape("blocks", whole, [outer * blocks, block])
        values, places = self._top(steps, apart, [outer * blocks, block], count)
        starts = steps.vector("starts", [number * block for number in range(blocks)])
        by_block = steps.reshape("by_block", places, [outer, blocks, count])
        absolute = steps.add("Add", "absolute", by_block, steps.reshape("upright", starts, [blocks, 1]))
        candidates = [outer, blocks * count]
        values, chosen = self._top(steps, steps.reshape("candidates", values, candidates), candidates, count)
        among = steps.reshape("among", absolute, candidates)
        return values, steps.add("GatherElements", "positions", among, chosen, axis=1)

    @staticmethod
    def _last(steps: Decomposition) -> Value:
        """Return what comes last, or equals it, among all elements: it is put behind them."""
        dtype = steps.node.required(0).dtype
        largest = bool(steps.node.attributes.get("largest", 1))
        if dtype in FLOATING:
            return steps.scalar("last", dtype, -inf if largest else inf)
        bits = _BITS.get(dtype, 32)  # wider ones are computed in 32 bits
        if dtype.startswith("u"):
            return steps.scalar("last", dtype, 0 if largest else 2**bits - 1)
        return steps.scalar("last", dtype, -(2 ** (bits - 1)) if largest else 2 ** (bits - 1) - 1)
