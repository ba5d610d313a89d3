"""com.microsoft's MultiHeadAttention: attention of queries, keys and values that were projected before."""

from __future__ import annotations

from dataclasses import dataclass

from texelflow.dimensions import Dimension
from texelflow.graph import Node, NodeError, TensorType, Value
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.microsoft.attention import attend, head_count, scale_of
from texelflow.operators.microsoft.domain import MICROSOFT, refuse_inputs, wanted
from texelflow.operators.microsoft.padding_mask import additive_mask, check_bias, check_mask, check_past
from texelflow.operators.shapes import divided, floating_dtype, require_rank, unify

BIASED = 2
"""The stage of ONNX's Attention at which products are an output: biased and masked, before the softmax."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """The extents; `new` counts the keys that are no past ones, `size` and `value_size` are of one head."""

    batch: Dimension
    heads: int
    queries: Dimension
    new: Dimension
    past: Dimension
    size: Dimension
    value_size: Dimension

    @property
    def keys(self) -> Dimension:
        return self.past + self.new


@operator(
    "MultiHeadAttention",
    inputs=(1, 10),
    attributes={
        "num_heads": "a whole number",
        "mask_filter_value": "a number",
        "scale": "a number",
        "unidirectional": "0 or 1",
    },
    domain=MICROSOFT,
)
class MultiHeadAttention(Operator):
    """Inputs: queries, keys, values [batch, length, heads · size]; their bias; a mask; a bias of products.

    Then past keys and values [batch, heads, past, size]. Queries may hold all three [batch, length, heads, 3,
    size], keys both [batch, length, heads, 2, size]; keys and values may be of another run [batch, heads,
    length, size]. The mask is described in `padding_mask.py`. Outputs: the result, keys and values with the
    past, and the products before the softmax.
    """

    def infer(self, node: Node) -> list[TensorType]:
        """Return the types of all outputs."""
        refuse_inputs(node, {8: "past_sequence_length, of buffers of a fixed length", 9: "cache_indirection"})
        scale_of(node)
        kinds = [value.known_type for index in (0, 1, 2, 3, 5, 6, 7) if (value := node.input(index))]
        dtype = floating_dtype(node, kinds)
        sizes = self._sizes(node)
        batch, heads = sizes.batch, sizes.heads
        if (bias := node.input(3)) is not None:
            if len(node.required(0).shape) == 3 and node.required(1).known_type.rank == 4:
                raise NodeError(node, "its keys are of another run, and cannot have a bias")
            width = heads * (2 * sizes.size + sizes.value_size)
            unify(node, bias.known_type.size, width, "the length of its bias and the widths that it is for")
        if (mask := node.input(4)) is not None:
            check_mask(node, mask, batch, sizes.queries, sizes.keys)
        if (added := node.input(5)) is not None:
            check_bias(node, added, (batch, heads, sizes.queries, sizes.keys))
        return [
            TensorType(dtype, (batch, sizes.queries, heads * sizes.value_size)),
            TensorType(dtype, (batch, heads, sizes.keys, sizes.size)),
            TensorType(dtype, (batch, heads, sizes.keys, sizes.value_size)),
            TensorType(dtype, (batch, heads, sizes.queries, sizes.keys)),
        ][: len(node.outputs)]

    @staticmethod
    def _sizes(node: Node) -> Sizes:
        heads, q = head_count(node), node.required(0).known_type
        k, v = node.input(1), node.input(2)
        require_rank(node, q, 3, 5)
        batch, queries = q.shape[:2]
        new, size = queries, q.shape[-1]
        if q.rank == 5:
            if k is not None or v is not None:
                raise NodeError(
                    node, "its queries of rank 5 hold keys and values, which it has as inputs, too"
                )
            _require_packed(node, q, heads, 3)
            return _with_past(node, Sizes(batch, heads, queries, new, 0, size, size))
        if q.rank != 3 or k is None:
            raise NodeError(node, f"its queries {q} and keys are neither separate nor packed in rank 5")
        size = divided(node, q.shape[2], heads, "the last extent of its queries")
        unify(node, k.shape[0], batch, "the batches of its queries and keys")
        if len(k.shape) == 5:
            if v is not None:
                raise NodeError(node, "its keys of rank 5 hold values, which it has as input, too")
            _require_packed(node, k.known_type, heads, 2)
            unify(node, k.shape[4], size, "the sizes of its queries and keys")
            return _with_past(node, Sizes(batch, heads, queries, k.shape[1], 0, size, size))
        if v is None or len(v.shape) != len(k.shape) or len(k.shape) not in (3, 4):
            raise NodeError(node, f"its keys {k.type} and values are not both of rank 3 or 4")
        unify(node, v.shape[0], batch, "the batches of its queries and values")
        if len(k.shape) == 4:
            for value in (k, v):
                unify(node, value.shape[1], heads, "num_heads and the heads of its keys and values")
            new, key_size, value_size = k.shape[2], k.shape[3], v.shape[3]
            unify(node, new, v.shape[2], "the numbers of its keys and values")
        else:
            new = unify(node, k.shape[1], v.shape[1], "the numbers of its keys and values")
            key_size = divided(node, k.shape[2], heads, "the last extent of its keys")
            value_size = divided(node, v.shape[2], heads, "the last extent of its values")
        unify(node, key_size, size, "the sizes of its queries and keys")
        return _with_past(node, Sizes(batch, heads, queries, new, 0, size, value_size))

    def decompose(self, node: Node) -> list[Node] | None:
        """Take apart what is packed, add the bias, and replace by ONNX's Attention."""
        steps, sizes = Decomposition(node), self._sizes(node)
        q, k, v = self._operands(steps, node, sizes)
        added = node.input(5)
        if (mask := node.input(4)) is not None:
            masked = additive_mask(steps, mask, sizes.queries, sizes.keys, sizes.batch, node.outputs[0].dtype)
            added = masked if added is None else steps.add("Add", "bias", added, masked)
        is_by_head = node.input(1) is not None and len(node.required(1).shape) == 4
        results: list[str | Value] = ["found" if is_by_head else node.outputs[0]]
        results += [value if value.name else "unread" for value in node.outputs[1:]]
        attributes = {"is_causal": int(node.attributes.get("unidirectional", 0)), **scale_of(node)}
        if not is_by_head:
            attributes |= {"q_num_heads": sizes.heads, "kv_num_heads": sizes.heads}
        if wanted(node, 3):
            attributes["qk_matmul_output_mode"] = BIASED
        inputs = [q, k, v, added, node.input(6), node.input(7)]
        found = attend(steps, inputs, results, **attributes)
        if is_by_head:
            turned = steps.add("Transpose", "by_query", found[0], perm=[0, 2, 1, 3])
            steps.reshape(node.outputs[0], turned, node.outputs[0].shape)
        return steps.nodes

    @staticmethod
    def _operands(steps: Decomposition, node: Node, sizes: Sizes) -> list[Value]:
        """Return queries, keys and values as ONNX's Attention takes them, their biases added."""
        q, k, v = node.required(0), node.input(1), node.input(2)
        width = sizes.heads * sizes.size
        if len(q.shape) == 5:
            operands = _parts(steps, q, ["queries", "keys", "values"], [sizes.batch, sizes.queries, width])
        elif k is not None and len(k.shape) == 5:
            operands = [q, *_parts(steps, k, ["keys", "values"], [sizes.batch, sizes.new, width])]
        else:
            assert k is not None and v is not None
            if len(k.shape) == 4:
                apart = steps.reshape("apart", q, [sizes.batch, sizes.queries, sizes.heads, sizes.size])
                q = steps.add("Transpose", "by_head", apart, perm=[0, 2, 1, 3])
            operands = [q, k, v]
        if (bias := node.input(3)) is None:
            return operands
        widths = steps.vector("widths", [width, width, sizes.heads * sizes.value_size])
        biases = steps.add_all("Split", ["query_bias", "key_bias", "value_bias"], bias, widths, axis=0)
        return [steps.add("Add", "biased", *pair) for pair in zip(operands, biases, strict=True)]


def _require_packed(node: Node, kind: TensorType, heads: int, count: int) -> None:
    unify(node, kind.shape[2], heads, "num_heads and the heads of its packed input")
    unify(node, kind.shape[3], count, f"the extents of {kind} and of {count} packed parts")


def _with_past(node: Node, sizes: Sizes) -> Sizes:
    """Return sizes with the length of the past; raise NodeError if its other extents do not fit."""
    k, v = node.input(6), node.input(7)
    if k is None and v is None:
        return sizes
    if k is None or v is None:
        raise NodeError(node, "it has past keys or past values; both or none are needed")
    batch, heads = sizes.batch, sizes.heads
    past = check_past(node, k.known_type, (batch, heads, 0, sizes.size), "past keys")
    other = check_past(node, v.known_type, (batch, heads, 0, sizes.value_size), "past values")
    past = unify(node, past, other, "the numbers of past keys and values")
    return Sizes(batch, heads, sizes.queries, sizes.new, past, sizes.size, sizes.value_size)


def _parts(steps: Decomposition, packed: Value, names: list[str], shape: list[Dimension]) -> list[Value]:
    """Return the parts of [batch, length, heads, parts, size], each with heads within the last axis."""
    return [
        steps.reshape(name, steps.slice(f"{name}_of", packed, 3, at, at + 1), shape)
        for at, name in enumerate(names)
    ]
