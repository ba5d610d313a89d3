"""Attention, of opset 23 and later: with masks, a cache, windows, and heads that share keys."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from texelflow.dimensions import Dimension, proved_equal
from texelflow.graph import Node, NodeError, Shape, TensorType, Value
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.shapes import divided, floating_dtype, unify

OWN_ATTRIBUTES = {
    "is_causal": "0 or 1",
    **dict.fromkeys(
        ("kv_num_heads", "q_num_heads", "qk_matmul_output_mode", "softmax_precision"), "a whole number"
    ),
    **dict.fromkeys(("left_window_size", "right_window_size"), "a whole number"),
    **dict.fromkeys(("scale", "softcap"), "a number"),
}

FINITE_MASK = "finite_mask"
"""Attribute of Texelflow: no number of the mask is infinite, so that it alone hides no key."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """The extents of an attention: `keys` counts those of the cache, too, which are `past`."""

    batch: Dimension
    heads: Dimension
    key_heads: Dimension
    queries: Dimension
    keys: Dimension
    past: Dimension
    size: Dimension
    value_size: Dimension


@operator("Attention", inputs=(3, 7), attributes=OWN_ATTRIBUTES)
class Attention(Operator):
    """`softmax(Q Kᵀ scale + bias) V` of heads, an axis [batch, heads, length, size] or within the last.

    Inputs: Q, K, V, a mask (bool, or added), past keys and values, and how many keys are no padding [batch].
    Outputs: the result, keys and values with the past, and the products at one of four stages.
    """

    def infer(self, node: Node) -> list[TensorType]:
        """Return the types of all outputs."""
        q, k, v = (node.required(index).known_type for index in range(3))
        dtype = floating_dtype(node, [q])
        if not q.rank == k.rank == v.rank or q.rank not in (3, 4):
            raise NodeError(node, f"its inputs {q}, {k} and {v} are not all of rank 3 or all of rank 4")
        if (node.input(4) is None) != (node.input(5) is None):
            raise NodeError(node, "it has past keys or past values; both or none are needed")
        sizes = self._sizes(node)
        result: Shape = (sizes.batch, sizes.heads, sizes.queries, sizes.value_size)
        if q.rank == 3:
            result = (sizes.batch, sizes.queries, sizes.heads * sizes.value_size)
        kinds = [
            TensorType(dtype, result),
            TensorType(k.dtype, (sizes.batch, sizes.key_heads, sizes.keys, sizes.size)),
            TensorType(v.dtype, (sizes.batch, sizes.key_heads, sizes.keys, sizes.value_size)),
            TensorType(dtype, (sizes.batch, sizes.heads, sizes.queries, sizes.keys)),
        ]
        return kinds[: len(node.outputs)]

    @staticmethod
    def _sizes(node: Node) -> Sizes:
        q, k, v = (node.required(index).shape for index in range(3))
        past = node.input(4)
        before: Dimension = 0 if past is None else past.shape[2]
        if len(q) == 4:
            heads, key_heads = q[1], unify(node, k[1], v[1], "the heads of its keys and values")
            queries, keys, size, value_size = q[2], k[2], q[3], v[3]
            key_size = k[3]
        else:
            heads, key_heads = (node.attributes.get(f"{name}_num_heads", 0) for name in ("q", "kv"))
            if not isinstance(heads, int) or not isinstance(key_heads, int) or min(heads, key_heads) < 1:
                raise NodeError(node, "its inputs of rank 3 need the attributes q_num_heads and kv_num_heads")
            queries, keys = q[1], k[1]
            size = divided(node, q[2], heads, "the last extent of its queries")
            key_size = divided(node, k[2], key_heads, "the last extent of its keys")
            value_size = divided(node, v[2], key_heads, "the last extent of its values")
        unify(node, size, key_size, "the sizes of its queries and keys")
        batch = unify(node, q[0], k[0], "the batches of its queries and keys")
        keys = unify(node, keys, v[1 if len(q) == 3 else 2], "the numbers of its keys and values")
        divided(node, heads, key_heads, "the number of its heads")
        return Sizes(batch, heads, key_heads, queries, before + keys, before, size, value_size)

    def decompose(self, node: Node) -> list[Node] | None:
        """Multiply, bias, normalise, multiply."""
        steps, sizes = Decomposition(node), self._sizes(node)
        q, k, v = (self._by_head(steps, node, index, sizes) for index in range(3))
        if (past_key := node.input(4)) is not None:
            k, v = (
                steps.add("Concat", name, past, new, axis=2)
                for name, past, new in (("keys", past_key, k), ("values", node.required(5), v))
            )
        scale = self._scale_root(steps, node, sizes.size)
        left = steps.add("Mul", "scaled_queries", q, scale)
        keys, values = steps.add("Mul", "scaled_keys", k, scale), v
        if not proved_equal(sizes.heads, sizes.key_heads):
            keys = self._repeated(steps, node, keys, sizes, sizes.size)
            values = self._repeated(steps, node, v, sizes, sizes.value_size)
        right = steps.add("Transpose", "turned", keys, perm=[0, 1, 3, 2])
        logits = steps.add("MatMul", "products", left, right)
        stages = [logits]
        if cap := float(node.attributes.get("softcap", 0.0)):
            limit = steps.scalar("cap", q_type(node), cap)
            within = steps.add("Tanh", "within", steps.add("Div", "of_cap", logits, limit))
            logits = steps.add("Mul", "capped", within, limit)
        stages.append(logits)
        bias, seen = self._bias(steps, node, sizes)
        if bias is not None:
            logits = steps.add("Add", "biased", logits, bias)
        stages.append(logits)
        shares = steps.add("Softmax", "shares", logits, axis=-1)
        if seen is not None:
            # Not by the bias, in which devices that store 16 bits have no infinity.
            counts = steps.cast("seen_count", seen, "int32")
            any_seen = steps.add("ReduceMax", "any_seen", counts, steps.vector("last", [-1]), keepdims=1)
            some = steps.add("Greater", "some", any_seen, steps.scalar("no", "int32", 0))
            shares = steps.add("Where", "of_seen", some, shares, steps.scalar("none", q_type(node), 0.0))
        stages.append(shares)
        self._finish(steps, node, sizes, shares, values)
        for result, value in zip(node.outputs[1:3], (k, v), strict=False):
            steps.add("Identity", result, value)
        for result in node.outputs[3:]:
            steps.add("Identity", result, stages[int(node.attributes.get("qk_matmul_output_mode", 0))])
        return steps.nodes

    @staticmethod
    def _by_head(steps: Decomposition, node: Node, index: int, sizes: Sizes) -> Value:
        """Return queries, keys or values with heads as an axis [batch, heads, length, size]."""
        value = node.required(index)
        if len(value.shape) == 4:
            return value
        heads = sizes.heads if index == 0 else sizes.key_heads
        size = sizes.value_size if index == 2 else sizes.size
        apart = steps.reshape("apart", value, [*value.shape[:2], heads, size])
        return steps.add("Transpose", "by_heads", apart, perm=[0, 2, 1, 3])

    @staticmethod
    def _repeated(steps: Decomposition, node: Node, value: Value, sizes: Sizes, size: Dimension) -> Value:
        """Return keys or values, once for each of the heads that share them."""
        count = divided(node, sizes.heads, sizes.key_heads, "the number of its heads")
        matrix = (sizes.keys, size)
        apart = steps.reshape("shared", value, [sizes.batch, sizes.key_heads, 1, *matrix])
        shape = steps.vector("each_shape", [sizes.batch, sizes.key_heads, count, *matrix])
        each = steps.add("Expand", "each", apart, shape)
        return steps.reshape("by_head", each, [sizes.batch, sizes.heads, *matrix])

    @staticmethod
    def _scale_root(steps: Decomposition, node: Node, size: Dimension) -> Value:
        """Return the root of the scale, by which queries and keys are multiplied each."""
        dtype = q_type(node)
        scale = float(node.attributes.get("scale", 0.0))
        if scale:
            return steps.scalar("scale", dtype, scale**0.5)
        if isinstance(size, int):
            return steps.scalar("scale", dtype, size**-0.25)
        number = steps.cast("size", steps.index("size_index", size), "float32")
        root = steps.add("Sqrt", "fourth_root", steps.add("Sqrt", "root", number))
        return steps.cast("scale", steps.add("Reciprocal", "inverse", root), dtype)

    def _bias(self, steps: Decomposition, node: Node, sizes: Sizes) -> tuple[Value | None, Value | None]:
        """Return what is added to the products, and, if all keys of a query may be hidden, which are seen."""
        conditions: list[Value] = []
        mask, is_finite = node.input(3), bool(node.attributes.get(FINITE_MASK))
        if mask is not None:
            mask = self._mask(steps, node, mask, sizes.keys)
            if not is_finite:
                conditions.append(mask if mask.dtype == "bool" else self._finite(steps, node, mask))
        lengths = node.input(6)
        places = self._numbers(steps, "places", sizes.keys, [1, sizes.keys])
        own = self._numbers(steps, "queries", sizes.queries, [sizes.queries, 1])
        counts: Value | None = None
        if lengths is not None:
            counts = steps.reshape("counts", steps.cast("lengths", lengths, "int64"), [sizes.batch, 1, 1, 1])
            offset = steps.add("Sub", "offset", counts, steps.index("count", sizes.queries))
        else:
            offset = steps.index("offset", sizes.past)
        ahead = steps.add("Sub", "ahead", steps.add("Add", "absolute", own, offset), places)
        left, right = (int(node.attributes.get(f"{side}_window_size", -1)) for side in ("left", "right"))
        if node.attributes.get("is_causal"):
            conditions.append(steps.add("GreaterOrEqual", "causal", ahead, steps.index("zero", 0)))
        if left >= 0:
            conditions.append(steps.add("LessOrEqual", "left", ahead, steps.index("most", left)))
        if right >= 0:
            conditions.append(steps.add("GreaterOrEqual", "right", ahead, steps.index("least", -right)))
        if counts is not None:
            conditions.append(steps.add("Less", "filled", places, counts))
        if not conditions:
            return mask, None
        seen = conditions[0]
        for condition in conditions[1:]:
            seen = steps.add("And", "seen", seen, condition)
        zero = steps.scalar("zero", q_type(node), 0.0)
        added = mask if mask is not None and mask.dtype != "bool" else zero
        bias = steps.add("Where", "bias", seen, added, steps.scalar("hidden", q_type(node), -inf))
        # A query sees itself, but for what a mask, a length or a window hides.
        may_hide_all = (mask is not None and not is_finite) or lengths is not None or left >= 0 or right >= 0
        return bias, seen if may_hide_all else None

    @staticmethod
    def _numbers(steps: Decomposition, step: str, count: Dimension, shape: list[Dimension]) -> Value:
        return steps.reshape(f"{step}_upright", steps.places(step, count), shape)

    @staticmethod
    def _finite(steps: Decomposition, node: Node, mask: Value) -> Value:
        """Return which keys a mask of numbers does not hide."""
        return steps.add("Greater", "finite", mask, steps.scalar("infinite", q_type(node), -inf))

    @staticmethod
    def _mask(steps: Decomposition, node: Node, mask: Value, keys: Dimension) -> Value:
        """Return a mask for all keys; those beyond its end are hidden."""
        if proved_equal(mask.shape[-1], keys):
            return mask
        rank = len(mask.shape)
        missing: list[Dimension] = [*[0] * (2 * rank - 1), keys - mask.shape[-1]]
        hidden = False if mask.dtype == "bool" else -inf
        outside = steps.scalar("outside", mask.dtype, hidden)
        whole = steps.add("Pad", "whole_mask", mask, steps.vector("missing", missing), outside)
        whole.type = TensorType(mask.dtype, (*mask.shape[:-1], keys))
        return whole

    @staticmethod
    def _finish(steps: Decomposition, node: Node, sizes: Sizes, shares: Value, values: Value) -> None:
        """Write the result: values by their shares."""
        found = steps.add("MatMul", "found", shares, values)
        by_head = [sizes.batch, sizes.heads, sizes.queries, sizes.value_size]
        if len(node.required(0).shape) == 4:
            steps.reshape(node.outputs[0], found, by_head)
            return
        turned = steps.add("Transpose", "by_query", steps.reshape("heads", found, by_head), perm=[0, 2, 1, 3])
        steps.reshape(node.outputs[0], turned, node.outputs[0].shape)


def q_type(node: Node) -> str:
    """Return the element type that an attention is computed in: that of its queries."""
    return node.required(0).dtype
