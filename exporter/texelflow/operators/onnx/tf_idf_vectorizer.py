"""TfIdfVectorizer: how often sequences of numbers, of a given pool, occur in each row."""

from __future__ import annotations

from texelflow.dimensions import Dimension, maximum
from texelflow.graph import Node, NodeError, TensorType, Value
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.shapes import require_rank

MODES = ("TF", "IDF", "TFIDF")

_ATTRIBUTES = {
    **dict.fromkeys(("max_gram_length", "min_gram_length", "max_skip_count"), "a whole number"),
    **dict.fromkeys(("ngram_counts", "ngram_indexes", "pool_int64s"), "a list of whole numbers"),
    "pool_strings": "a list of texts",
    "weights": "a list of numbers",
}


@operator("TfIdfVectorizer", inputs=1, attributes=_ATTRIBUTES)
class TfIdfVectorizer(Operator):
    """Whole numbers [C] or [N, C] to [columns] or [N, columns]: of each n-gram how often it occurs (TF).

    IDF has its weight where it occurs, TFIDF both multiplied. The numbers of an n-gram lie 1 to
    max_skip_count + 1 places apart.
    """

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type; raise NodeError if the pool is of texts, or attributes do not fit each other."""
        source = node.required(0).known_type
        require_rank(node, source, 1, 2)
        if source.dtype not in ("int32", "int64") or node.attributes.get("pool_strings"):
            raise NodeError(
                node, f"its input has type {source.dtype}; int32 or int64, and no texts, is needed"
            )
        if (mode := node.attributes.get("mode")) not in MODES:
            raise NodeError(node, f"mode is {mode!r}; one of {', '.join(MODES)} is expected")
        grams, columns = _grams(node), node.attributes["ngram_indexes"]
        count = sum(map(len, grams.values()))
        if count > len(columns) or min(columns) < 0:
            raise NodeError(node, f"its ngram_indexes are {len(columns)} for {count} n-grams")
        if mode == "IDF" and len(set(columns)) < len(columns):
            raise NodeError(
                node, "n-grams share a column; what IDF makes of their weights, ONNX does not say"
            )
        weights = node.attributes.get("weights")
        if weights and len(weights) != len(columns):
            raise NodeError(node, f"it has {len(weights)} weights for {len(columns)} n-grams")
        return [TensorType("float32", (*source.shape[:-1], max(columns) + 1))]

    def decompose(self, node: Node) -> list[Node] | None:
        """Compare every place with every n-gram, count, and put counts to their columns."""
        steps, result, grams = Decomposition(node), node.outputs[0], _grams(node)
        lowest, highest, skips = (
            int(node.attributes.get(name, default))
            for name, default in (("min_gram_length", 1), ("max_gram_length", 1), ("max_skip_count", 0))
        )
        batch = node.required(0).shape[0] if node.required(0).known_type.rank == 2 else 1
        rows = steps.reshape("rows", node.required(0), [batch, node.required(0).shape[-1], 1])
        counts: list[Value] = []
        columns: list[int] = []
        first = 0
        for length, pool in grams.items():
            if pool and lowest <= length <= highest:
                found = _counted(steps, rows, pool, length, skips if length > 1 else 0)
                counts.append(_weighted(steps, found, first, len(pool)))
                columns += node.attributes["ngram_indexes"][first : first + len(pool)]
            first += len(pool)
        total = _in_columns(steps, counts, columns, batch, int(str(result.shape[-1])))
        steps.reshape(result, total, result.shape)
        return steps.nodes


def _grams(node: Node) -> dict[int, list[list[int]]]:
    """Return, by length, the n-grams of the pool; raise NodeError if ngram_counts do not divide it so."""
    starts, pool = (node.attributes.get(name) or [] for name in ("ngram_counts", "pool_int64s"))
    grams: dict[int, list[list[int]]] = {}
    for length, (start, end) in enumerate(zip(starts, [*starts[1:], len(pool)], strict=True), 1):
        if not 0 <= start <= end <= len(pool) or (end - start) % length:
            raise NodeError(node, f"its ngram_counts {starts} do not divide a pool of {len(pool)} numbers")
        grams[length] = [pool[i : i + length] for i in range(start, end, length)]
    if not starts or not node.attributes.get("ngram_indexes"):
        raise NodeError(node, "it has no ngram_counts, or no ngram_indexes")
    return grams


def _counted(steps: Decomposition, rows: Value, pool: list[list[int]], length: int, skips: int) -> Value:
    """Return how often each n-gram is in rows [N, C, 1], in [N, 1, n-grams]."""
    source = steps.node.required(0)
    total: Value | None = None
    for step in range(1, skips + 2):
        places: Dimension = maximum(source.shape[-1] - (length - 1) * step, 0)
        found: Value | None = None
        for place in range(length):
            taken = steps.slice("taken", rows, 1, place * step, place * step + places)
            members = steps.constant("members", source.dtype, [len(pool)], [gram[place] for gram in pool])
            equal = steps.add("Equal", "equal", taken, members)
            found = equal if found is None else steps.add("And", "all", found, equal)
        assert found is not None
        count = steps.reduce("ReduceSum", "count", steps.cast("ones", found, "float32"), [1])
        total = count if total is None else steps.add("Add", "total", total, count)
    assert total is not None
    return total


def _in_columns(
    steps: Decomposition, counts: list[Value], columns: list[int], batch: Dimension, width: int
) -> Value:
    """Return counts [N, 1, n-grams], those of all lengths joined, in their columns [N, width]."""
    zero = steps.scalar("zero", "float32", 0)
    none = steps.add("Expand", "none", zero, steps.vector("none_shape", [batch, 1, 1]))
    joined = steps.add("Concat", "joined", *counts, none, axis=2)
    total: Value | None = None
    left = list(enumerate(columns))
    while left or total is None:
        chosen = dict.fromkeys(range(width), len(columns))
        for index, column in left:
            if chosen[column] == len(columns):
                chosen[column] = index
        left = [(index, column) for index, column in left if chosen[column] != index]
        order = steps.constant("order", "int64", [width], list(chosen.values()))
        placed = steps.add("Gather", "placed", joined, order, axis=2)
        total = placed if total is None else steps.add("Add", "sum", total, placed)
    return steps.reshape("rows", total, [batch, width])


def _weighted(steps: Decomposition, counts: Value, first: int, count: int) -> Value:
    """Return what counts of some n-grams, the first of which has that number, are worth."""
    mode, weights = steps.node.attributes["mode"], steps.node.attributes.get("weights")
    if mode == "IDF":
        is_there = steps.add("Greater", "is_there", counts, steps.scalar("nil", "float32", 0))
        counts = steps.cast("occurs", is_there, "float32")
    if mode == "TF" or not weights:
        return counts
    factors = steps.constant("weights", "float32", [count], weights[first : first + count])
    return steps.add("Mul", "weighted", counts, factors)
