"""com.microsoft's GroupQueryAttention, of decoders: with a cache, and heads that share keys."""

from __future__ import annotations

from dataclasses import dataclass

from texelflow.dimensions import Dimension, proved_equal
from texelflow.graph import Node, NodeError, TensorType, Value
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.microsoft.attention import attend, head_count, scale_of
from texelflow.operators.microsoft.domain import (
    MICROSOFT,
    refuse_inputs,
    refuse_outputs,
    require_defaults,
)
from texelflow.operators.microsoft.padding_mask import check_bias, check_past
from texelflow.operators.microsoft.rotary_embedding import places_from, turned_half
from texelflow.operators.shapes import dimensions, divided, floating_dtype, require_rank, unify

_UNSUPPORTED_INPUTS = {
    11: "head_sink",
    12: "k_scale, of a quantised cache",
    13: "v_scale, of a quantised cache",
    14: "q_norm_weight",
    15: "k_norm_weight",
    16: "query_seqlens",
}
_DEFAULTS = {
    "causal": 1,
    "kv_cache_bit_width": 0,
    "k_quant_type": "NONE",
    "v_quant_type": "NONE",
    "sliding_window_cache": 0,
    "qk_output": 0,
}


@dataclass(frozen=True, slots=True)
class Sizes:
    """The extents; `new` keys are as many as queries, `size` is that of a head."""

    batch: Dimension
    heads: int
    key_heads: int
    new: Dimension
    past: Dimension
    size: Dimension

    @property
    def keys(self) -> Dimension:
        return self.past + self.new


@operator(
    "GroupQueryAttention",
    inputs=(7, 17),
    attributes={
        **dict.fromkeys(
            ("num_heads", "kv_num_heads", "local_window_size", "smooth_softmax"), "a whole number"
        ),
        **dict.fromkeys(("do_rotary", "rotary_interleaved"), "0 or 1"),
        **dict.fromkeys(("scale", "softcap"), "a number"),
    },
    domain=MICROSOFT,
)
class GroupQueryAttention(Operator):
    """Causal attention of the new entries of each sequence, behind those of the cache.

    Inputs: queries [batch, new, heads · size], keys and values [batch, new, key heads · size], or all three
    side by side as the queries; past keys and values [batch, key heads, past, size]; seqlens_k [batch], the
    number of valid keys less 1, and total_sequence_length; cosines and sines [positions, half]; positions
    [batch, new]; what is added to the products [batch or 1, heads or 1, new, keys]. Outputs: the result, and
    keys and values with those of the past.

    The cache is taken to be filled, and total_sequence_length to be past + new: past and new are joined, and
    new entries have the positions from past on. Where a first run (past 0) is padded behind shorter
    sequences, no entry before sees the padding: only its own results, which ONNX Runtime leaves undefined,
    differ. A later run on sequences of unequal lengths is not supported, since seqlens_k is not read. Neither
    are buffers of a fixed length that past and present share. Of the positions of a first run ONNX Runtime
    reads the first alone; here all are read.
    """

    def warnings(self, node: Node) -> list[str]:
        """Tell what is taken for granted of seqlens_k, unless there is one sequence."""
        if proved_equal(node.required(0).shape[0], 1):
            return []
        return [
            "it takes the sequences of a batch to be of equal length, and the cache to be filled: seqlens_k"
            " is not read. Pad none, or run one sequence at a time"
        ]

    def infer(self, node: Node) -> list[TensorType]:
        """Return the types of all outputs."""
        refuse_inputs(node, _UNSUPPORTED_INPUTS)
        refuse_outputs(node, [3], "the products")
        require_defaults(node, _DEFAULTS)
        if int(node.attributes.get("smooth_softmax", 0)) > 0:
            raise NodeError(node, "its attribute smooth_softmax is not supported")
        window = int(node.attributes.get("local_window_size", -1))
        if window == 0 or window < -1:
            raise NodeError(node, f"its attribute local_window_size is {window}; -1, or at least 1 is needed")
        scale_of(node)
        kinds = [value.known_type for index in (0, 1, 2, 3, 4, 7, 8, 10) if (value := node.input(index))]
        dtype = floating_dtype(node, kinds)
        sizes = self._sizes(node)
        self._check_lengths(node, sizes)
        self._check_rotation(node, sizes)
        if (bias := node.input(10)) is not None:
            check_bias(node, bias, (sizes.batch, sizes.heads, sizes.new, sizes.keys))
        cache = TensorType(dtype, (sizes.batch, sizes.key_heads, sizes.keys, sizes.size))
        result = TensorType(dtype, (sizes.batch, sizes.new, sizes.heads * sizes.size))
        return [result, cache, cache, result][: len(node.outputs)]

    @staticmethod
    def _sizes(node: Node) -> Sizes:
        heads, key_heads = head_count(node), head_count(node, "kv_num_heads")
        divided(node, heads, key_heads, "num_heads")
        q, k, v = node.required(0).known_type, node.input(1), node.input(2)
        require_rank(node, q, 3, 3)
        batch, new, width = q.shape
        if (k is None) != (v is None):
            raise NodeError(node, "it has keys or values; both or none are needed")
        if k is None or v is None:
            size = divided(node, width, heads + 2 * key_heads, "the width of its packed input")
        else:
            size = divided(node, width, heads, "the width of its queries")
            for value, name in ((k, "keys"), (v, "values")):
                require_rank(node, value.known_type, 3, 3)
                for axis, extent in enumerate((batch, new, key_heads * size)):
                    unify(
                        node,
                        value.shape[axis],
                        extent,
                        f"the extents along axis {axis} of its queries and {name}",
                    )
        past: Dimension = 0
        if (node.input(3) is None) != (node.input(4) is None):
            raise NodeError(node, "it has past keys or past values; both or none are needed")
        for index, name in ((3, "past keys"), (4, "past values")):
            if (cache := node.input(index)) is not None:
                length = check_past(node, cache.known_type, (batch, key_heads, 0, size), name)
                past = (
                    length if index == 3 else unify(node, past, length, "the numbers of past keys and values")
                )
        return Sizes(batch, heads, key_heads, new, past, size)

    @staticmethod
    def _check_lengths(node: Node, sizes: Sizes) -> None:
        """Raise NodeError for a total that is not past + new: where past and present share a buffer, say."""
        for index in (5, 6):
            if node.required(index).dtype != "int32":
                raise NodeError(
                    node, f"its input {index} has type {node.required(index).dtype}; int32 is needed"
                )
        unify(node, node.required(5).known_type.size, sizes.batch, "the number of seqlens_k and the batch")
        if node.required(6).scalar is None:
            return
        [total] = dimensions(node, [node.known_number(6, "total_sequence_length")], "total_sequence_length")
        unify(
            node,
            total,
            sizes.keys,
            "total_sequence_length and past + new (a cache in a buffer of a fixed length is not supported)",
        )

    @staticmethod
    def _check_rotation(node: Node, sizes: Sizes) -> None:
        """Raise NodeError unless cosines and sines fit, if entries are turned."""
        if not node.attributes.get("do_rotary"):
            return
        half = turned_half(node, node.required(7).known_type, node.required(8).known_type)
        if isinstance(sizes.size, int) and 2 * half > sizes.size:
            raise NodeError(node, f"its cosines turn {2 * half} numbers of a head, which has {sizes.size}")
        if (positions := node.input(9)) is not None:
            require_rank(node, positions.known_type, 2, 2)
            unify(node, positions.shape[0], sizes.batch, "the batches of its input and positions")
            unify(node, positions.shape[1], sizes.new, "the lengths of its input and positions")

    def decompose(self, node: Node) -> list[Node] | None:
        """Turn queries and keys, and replace by ONNX's Attention."""
        steps, sizes = Decomposition(node), self._sizes(node)
        q, k, v = node.required(0), node.input(1), node.input(2)
        if k is None or v is None:
            widths = [heads * sizes.size for heads in (sizes.heads, sizes.key_heads, sizes.key_heads)]
            names = ["queries", "keys", "values"]
            q, k, v = steps.add_all("Split", list(names), q, steps.vector("widths", widths), axis=2)
        if node.attributes.get("do_rotary"):
            q, k = self._turned(steps, node, sizes, q, k)
        attributes: dict[str, object] = {"is_causal": 1, **scale_of(node)}
        if (cap := float(node.attributes.get("softcap", 0.0))) > 0:
            attributes["softcap"] = cap
        if (window := int(node.attributes.get("local_window_size", -1))) > 0:
            attributes["left_window_size"] = window - 1
        results: list[str | Value] = [value if value.name else "unread" for value in node.outputs]
        inputs = [q, k, v, node.input(10), node.input(3), node.input(4)]
        attend(steps, inputs, results, q_num_heads=sizes.heads, kv_num_heads=sizes.key_heads, **attributes)
        return steps.nodes

    @staticmethod
    def _turned(steps: Decomposition, node: Node, sizes: Sizes, *values: Value) -> list[Value]:
        """Return queries and keys turned by the angles of their positions."""
        positions = node.input(9)
        if positions is None:
            positions = places_from(steps, steps.index("past", sizes.past), sizes.new)
        half = turned_half(node, node.required(7).known_type, node.required(8).known_type)
        interleaved = int(node.attributes.get("rotary_interleaved", 0))
        return [
            steps.add(
                "RotaryEmbedding",
                name,
                value,
                node.required(7),
                node.required(8),
                positions,
                num_heads=heads,
                interleaved=interleaved,
                rotary_embedding_dim=2 * half,
            )
            for name, value, heads in zip(
                ("turned_queries", "turned_keys"), values, (sizes.heads, sizes.key_heads), strict=True
            )
        ]
