"""RelativePositionBias of T5 (Raffel et al. 2019, arXiv:1910.10683): a bias for each bucket of distances."""

from __future__ import annotations

import struct
from math import log

from texelflow.dimensions import Dimension, Expression
from texelflow.graph import Node, NodeError, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.microsoft.domain import MICROSOFT
from texelflow.operators.shapes import dimensions, require_rank


def bucket_starts(count: int, most: int) -> list[int]:
    """Return the smallest distance of each bucket from the second on.

    The first half have one distance each; those of the others grow by a constant factor, until `most`.
    """
    exact = count // 2
    starts = list(range(1, exact))
    growth = _single(log(most / exact)) if exact else 1.0
    for bucket in range(exact, count):
        distance = starts[-1] + 1 if starts else exact
        while (
            exact + int(_single(_single(_single(log(distance / exact)) / growth) * (count - exact))) < bucket
        ):
            distance += 1
        starts.append(distance)
    return starts


def _single(number: float) -> float:
    """Return a number rounded to float32, in which the buckets are computed."""
    return float(struct.unpack("<f", struct.pack("<f", number))[0])


@operator(
    "RelativePositionBias",
    inputs=3,
    attributes={"is_bidirectional": "0 or 1", "max_distance": "a whole number"},
    domain=MICROSOFT,
)
class RelativePositionBias(Operator):
    """A table [buckets, heads] and the numbers of queries and keys to biases [1, heads, queries, keys]."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type of the biases."""
        table = node.required(0).known_type
        require_rank(node, table, 2, 2)
        self._starts(node)
        queries, keys = self._lengths(node)
        return [TensorType(table.dtype, (1, table.shape[1], queries, keys))]

    @staticmethod
    def _lengths(node: Node) -> list[Dimension]:
        found: list[Dimension] = []
        for index, name in ((1, "number of queries"), (2, "number of keys")):
            found += dimensions(node, node.known(index, name)[:1], name)
        return found

    @staticmethod
    def _starts(node: Node) -> list[int]:
        buckets = node.required(0).shape[0]
        if isinstance(buckets, Expression):
            raise NodeError(node, f"its number of buckets is {buckets}; a number known at export is needed")
        count = buckets // 2 if node.attributes.get("is_bidirectional") else buckets
        most = int(node.attributes.get("max_distance", 0))
        if count < 2 or most <= count // 2:
            raise NodeError(node, f"its {buckets} buckets and its max_distance {most} do not fit together")
        return bucket_starts(count, most)

    def decompose(self, node: Node) -> list[Node] | None:
        """Count the starts of buckets that each distance has reached, and look the biases up."""
        steps = Decomposition(node)
        queries, keys = self._lengths(node)
        starts = self._starts(node)
        rows = steps.reshape("rows", steps.places("query", queries), [queries, 1, 1])
        columns = steps.reshape("columns", steps.places("key", keys), [1, keys, 1])
        behind = steps.add("Sub", "behind", rows, columns)
        zero = steps.index("no_distance", 0)
        both = bool(node.attributes.get("is_bidirectional"))
        distance = (
            steps.add("Abs", "distance", behind) if both else steps.add("Max", "distance", behind, zero)
        )
        reached = steps.add("GreaterOrEqual", "reached", distance, steps.vector("starts", list(starts)))
        axes = steps.vector("last", [2])
        bucket = steps.add("ReduceSum", "bucket", steps.cast("one", reached, "int64"), axes, keepdims=0)
        if both:
            flat = steps.reshape("behind_flat", behind, [queries, keys])
            ahead = steps.cast("ahead", steps.add("Less", "is_ahead", flat, zero), "int64")
            second = steps.add("Mul", "second_half", ahead, steps.index("half", len(starts) + 1))
            bucket = steps.add("Add", "of_both", bucket, second)
        found = steps.add("Gather", "found", node.required(0), bucket, axis=0)
        by_head = steps.add("Transpose", "by_head", found, perm=[2, 0, 1])
        steps.reshape(node.outputs[0], by_head, node.outputs[0].shape)
        return steps.nodes
