"""LinearAttention: attention whose memory is one matrix for each head, written and read token by token."""

from __future__ import annotations

from math import sqrt

from texelflow.dimensions import Dimension, proved_equal
from texelflow.graph import PRECISE, Node, NodeError, TensorType, Value
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.shapes import divided, floating_dtype, require_rank, unify

RULES = {
    "linear": (False, False),
    "gated": (True, False),
    "delta": (False, True),
    "gated_delta": (True, True),
}
"""By update rule: whether the state decays, and whether what it holds already is not written again."""


@operator(
    "LinearAttention",
    inputs=(3, 6),
    attributes={
        "update_rule": "a text",
        "q_num_heads": "a whole number",
        "kv_num_heads": "a whole number",
        "chunk_size": "a whole number",
        "scale": "a number",
    },
)
class LinearAttention(Operator):
    """Of queries [B, T, H_q·d_k], keys [B, T, H·d_k], values [B, T, H·d_v] and a state [B, H, d_k, d_v].

    The state S, decay g [B, T, H or H·d_k] and rate b [B, T, H or 1] are the other inputs. For each token in
    turn S is exp(g)·S + k ⊗ v, or with a rate + b·k ⊗ (v - (exp(g)·S)ᵀ k), and its result
    is scale·qᵀ S.
    """

    def infer(self, node: Node) -> list[TensorType]:
        """Return the types of results and state; raise NodeError if heads, decay or rate do not fit."""
        query, key, value = (node.required(index).known_type for index in range(3))
        dtype = floating_dtype(node, [query, key, value])
        past, decay, rate = (node.input(index) for index in (3, 4, 5))
        for kind in (query, key, value):
            require_rank(node, kind, 3, 3)
            for axis in (0, 1):
                unify(node, kind.shape[axis], query.shape[axis], "the batches and lengths of its inputs")
        rule = node.attributes.get("update_rule", "gated_delta")
        if rule not in RULES:
            raise NodeError(node, f"update_rule is {rule!r}; one of {', '.join(RULES)} is expected")
        for name, given, wanted in zip(("decay", "beta"), (decay, rate), RULES[rule], strict=True):
            if (given is not None) != wanted:
                raise NodeError(node, f"update_rule {rule!r} {'needs' if wanted else 'has no'} input {name}")
        queries, heads = self._heads(node)
        state = self._state(node)
        unify(node, key.shape[2], heads * state[2], "the widths of a key's heads and of a query's")
        if decay is not None:
            self._require_width(node, decay, (heads, heads * state[2]), "decay")
        if rate is not None:
            self._require_width(node, rate, (heads, 1), "beta")
        if past is not None:
            require_rank(node, past.known_type, 4, 4)
            for axis, (a, b) in enumerate(zip(past.shape, state, strict=True)):
                unify(
                    node, a, b, f"the extents of its state along axis {axis} as they are and as they must be"
                )
        result = TensorType(dtype, (*query.shape[:2], queries * state[3]))
        return [result, TensorType(past.dtype if past is not None else dtype, state)][: len(node.outputs)]

    @staticmethod
    def _heads(node: Node) -> tuple[int, int]:
        """Return how many heads queries have, and keys and values."""
        queries, heads = (int(node.attributes.get(name, 0)) for name in ("q_num_heads", "kv_num_heads"))
        if queries < 1 or heads < 1 or queries % heads:
            raise NodeError(node, f"{queries} heads of queries are no multiple of {heads} of keys and values")
        return queries, heads

    def _state(self, node: Node) -> tuple[Dimension, int, Dimension, Dimension]:
        queries, heads = self._heads(node)
        query, value = node.required(0).shape, node.required(2).shape
        return (
            query[0],
            heads,
            divided(node, query[2], queries, "the width of its queries"),
            divided(node, value[2], heads, "the width of its values"),
        )

    @staticmethod
    def _require_width(node: Node, value: Value, widths: tuple[Dimension, Dimension], name: str) -> None:
        require_rank(node, value.known_type, 3, 3)
        for axis in (0, 1):
            unify(node, value.shape[axis], node.required(0).shape[axis], f"the extents of query and {name}")
        if not any(proved_equal(value.shape[2], width) for width in widths):
            raise NodeError(node, f"the width of its {name} is {value.shape[2]}, not one of {widths}")

    def decompose(self, node: Node) -> list[Node] | None:
        """Write out the tokens, one after the other, in float32."""
        length = node.required(0).shape[1]
        if not isinstance(length, int):
            raise NodeError(node, f"it has {length} tokens; fix their number, since each is written out")
        queries, heads = self._heads(node)
        batch, _, width, value_width = self._state(node)
        steps, past = Decomposition(node), node.input(3)
        scale = float(node.attributes.get("scale", 0)) or None
        if scale is None and not isinstance(width, int):
            raise NodeError(node, f"its heads are {width} wide; without scale a number is needed")
        factor = steps.scalar("scale", "float32", scale or 1 / sqrt(int(str(width))))
        given = [
            None if value is None else steps.cast("number", value, "float32")
            for value in (node.input(index) for index in (0, 1, 2, 4, 5))
        ]
        state = None if past is None else steps.cast("past", past, "float32")
        results: list[Value] = []
        for token in range(length):

            def at(value: Value | None, shape: list[Dimension], token: int = token) -> Value | None:
                taken = None if value is None else steps.slice("token", value, 1, token, token + 1)
                return None if taken is None else steps.reshape("heads", taken, [batch, *shape])

            query = at(given[0], [heads, queries // heads, width])
            key, row = at(given[1], [heads, width, 1]), at(given[1], [heads, 1, width])
            value = at(given[2], [heads, 1, value_width])
            decay = at(given[3], [heads, self._share(node.input(4), heads), 1])
            rate = at(given[4], [self._share(node.input(5), 1), 1, 1])
            assert key is not None and value is not None
            if state is not None and decay is not None:
                state = steps.add("Mul", "decayed", state, steps.add("Exp", "decay", decay))
            if rate is not None:
                if state is not None:
                    held = steps.add("MatMul", "held", row, state, **{PRECISE: 1})
                    value = steps.add("Sub", "new", value, held)
                value = steps.add("Mul", "written", value, rate)
            written = steps.add("Mul", "outer", key, value)
            state = written if state is None else steps.add("Add", "state", state, written)
            found = steps.add("Mul", "found", steps.add("MatMul", "read", query, state), factor)
            results.append(steps.reshape("result", found, [batch, 1, queries * value_width]))
        if state is None:  # there are no tokens
            zero = steps.scalar("zero", "float32", 0)
            state = steps.add("Expand", "state", zero, steps.vector("state_shape", self._state(node)))
            results = [steps.add("Expand", "none", zero, steps.vector("shape", node.outputs[0].shape))]
        whole = steps.add("Concat", "results", *results, axis=1)
        steps.cast(node.outputs[0], whole, node.outputs[0].dtype)
        if len(node.outputs) > 1:
            steps.cast(node.outputs[1], state, node.outputs[1].dtype)
        return steps.nodes

    @staticmethod
    def _share(value: Value | None, heads: int) -> Dimension:
        """Return how many numbers each head has."""
        return 1 if value is None else value.shape[2] // heads
