"""com.microsoft's Attention and QAttention, which make queries, keys and values by a product of their own."""

from __future__ import annotations

from dataclasses import dataclass

from texelflow.dimensions import Dimension
from texelflow.graph import Node, NodeError, TensorType, Value
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.microsoft.domain import MICROSOFT, refuse_inputs, require_defaults, wanted
from texelflow.operators.microsoft.integer_products import check_float_product, float_product
from texelflow.operators.microsoft.padding_mask import additive_mask, check_bias, check_mask, check_past
from texelflow.operators.onnx.attention import FINITE_MASK
from texelflow.operators.shapes import divided, floating_dtype, require_rank, unify

_OWN = {
    "num_heads": "a whole number",
    "qkv_hidden_sizes": "a list of whole numbers",
    "mask_filter_value": "a number",
    "scale": "a number",
    **dict.fromkeys(("unidirectional", "do_rotary", "past_present_share_buffer"), "0 or 1"),
    "rotary_embedding_dim": "a whole number",
}


@dataclass(frozen=True, slots=True)
class Sizes:
    """The extents of an attention; `widths` are those of queries, keys and values over all heads."""

    batch: Dimension
    heads: int
    queries: Dimension
    past: Dimension
    widths: list[Dimension]

    @property
    def keys(self) -> Dimension:
        return self.past + self.queries


def head_count(node: Node, name: str = "num_heads") -> int:
    """Return the number of heads that an attribute names; raise NodeError if there is none."""
    heads = int(node.attributes.get(name, 0))
    if heads < 1:
        raise NodeError(node, f"its attribute {name} is {heads}; at least 1 is needed")
    return heads


def scale_of(node: Node) -> dict[str, float]:
    """Return the attribute `scale` for ONNX's Attention; 0 is its default there, too: 1 / √size."""
    scale = float(node.attributes.get("scale", 0.0))
    if scale < 0:
        raise NodeError(node, f"its attribute scale is {scale}; 0 (for the default) or more is needed")
    return {"scale": scale} if scale else {}


class Projecting(Operator):
    """What Attention and QAttention share: [batch, length, width] to the same, by attention of its entries.

    The mask is input `mask_input`, past keys and values [2, batch, heads, past, size] are input `past_input`.
    Outputs: the result, and keys and values with those of the past.
    """

    mask_input: int
    past_input: int
    bias_input: int | None = None

    def sizes(self, node: Node) -> Sizes:
        """Return the extents; raise NodeError if they do not fit."""
        x, weights = node.required(0).known_type, node.required(1).known_type
        require_rank(node, x, 3, 3)
        require_rank(node, weights, 2, 2)
        unify(node, x.shape[2], weights.shape[0], "the last extent of its input and the rows of its weights")
        heads = head_count(node)
        widths: list[Dimension] = list(node.attributes.get("qkv_hidden_sizes") or [])
        if not widths:
            widths = [divided(node, weights.shape[1], 3, "the number of columns of its weights")] * 3
        if len(widths) != 3:
            raise NodeError(node, f"its attribute qkv_hidden_sizes is {widths}; three numbers are needed")
        unify(node, widths[0], widths[1], "the widths of its queries and keys")
        unify(
            node,
            widths[0] + widths[1] + widths[2],
            weights.shape[1],
            "the sum of its widths and the columns of its weights",
        )
        past_length: Dimension = 0
        if (past := node.input(self.past_input)) is not None:
            unify(node, widths[0], widths[2], "the widths of keys and values, which share their past,")
            size = divided(node, widths[2], heads, "the width of its values")
            past_length = check_past(node, past.known_type, (2, x.shape[0], heads, 0, size), "past")
        return Sizes(x.shape[0], heads, x.shape[1], past_length, widths)

    def infer(self, node: Node) -> list[TensorType]:
        """Return the types of the result, and of keys and values with the past."""
        require_defaults(node, {"do_rotary": 0, "past_present_share_buffer": 0, "rotary_embedding_dim": 0})
        scale_of(node)
        dtype = self.check_projection(node)
        sizes = self.sizes(node)
        for width in sizes.widths:
            divided(node, width, sizes.heads, "the width of its queries, keys or values")
        if (mask := node.input(self.mask_input)) is not None:
            check_mask(node, mask, sizes.batch, sizes.queries, sizes.keys)
        if (bias := self._bias(node)) is not None:
            check_bias(node, bias, (sizes.batch, sizes.heads, sizes.queries, sizes.keys))
        if wanted(node, 1):
            unify(node, sizes.widths[0], sizes.widths[2], "the widths of the keys and values that it returns")
        size = sizes.widths[2] // sizes.heads
        return [
            TensorType(dtype, (sizes.batch, sizes.queries, sizes.widths[2])),
            TensorType(dtype, (2, sizes.batch, sizes.heads, sizes.keys, size)),
        ][: len(node.outputs)]

    def check_projection(self, node: Node) -> str:
        """Return the floating type of the result; raise NodeError if the projection's operands do not fit."""
        raise NotImplementedError

    def project(self, steps: Decomposition, node: Node) -> Value:
        """Return queries, keys and values of all heads, side by side."""
        raise NotImplementedError

    def _bias(self, node: Node) -> Value | None:
        return None if self.bias_input is None else node.input(self.bias_input)

    def decompose(self, node: Node) -> list[Node] | None:
        """Project, split, and replace by ONNX's Attention."""
        steps, sizes = Decomposition(node), self.sizes(node)
        dtype = node.outputs[0].dtype
        joined = self.project(steps, node)
        q, k, v = steps.add_all(
            "Split", ["queries", "keys", "values"], joined, steps.vector("widths", sizes.widths), axis=2
        )
        bias = self._bias(node)
        if (mask := node.input(self.mask_input)) is not None:
            added = additive_mask(steps, mask, sizes.queries, sizes.keys, sizes.batch, dtype)
            bias = added if bias is None else steps.add("Add", "bias", bias, added)
        pasts: list[Value | None] = [None, None]
        if (past := node.input(self.past_input)) is not None:
            size = sizes.widths[2] // sizes.heads
            shape = [sizes.batch, sizes.heads, sizes.past, size]
            pasts = [
                steps.reshape(f"past_{name}", steps.slice("of_past", past, 0, at, at + 1), shape)
                for at, name in enumerate(("keys", "values"))
            ]
        returns_cache = wanted(node, 1)
        attended = attend(
            steps,
            [q, k, v, bias, *pasts],
            [node.outputs[0], *(["all_keys", "all_values"] if returns_cache else [])],
            q_num_heads=sizes.heads,
            kv_num_heads=sizes.heads,
            is_causal=int(node.attributes.get("unidirectional", 0)),
            **scale_of(node),
        )
        if returns_cache:
            axes = steps.vector("front", [0])
            both = [steps.add("Unsqueeze", "with_front", value, axes) for value in attended[1:]]
            steps.add("Concat", node.outputs[1], *both, axis=0)
        return steps.nodes


def attend(
    steps: Decomposition, inputs: list[Value | None], results: list[str | Value], **attributes: object
) -> list[Value]:
    """Append ONNX's Attention; the fourth input is a bias of finite numbers."""
    while inputs[-1] is None:
        inputs.pop()
    finite = {FINITE_MASK: 1} if len(inputs) > 3 and inputs[3] is not None else {}
    return steps.add_all("Attention", results, *inputs, **attributes, **finite)


@operator("Attention", inputs=(2, 7), attributes=_OWN, domain=MICROSOFT)
class Attention(Projecting):
    """Inputs: x, weights [width, 3 · width], their bias, mask, past, what is added to the products.

    A mask of rank 1 to 4 is described in `padding_mask.py`; with `unidirectional` no entry sees a later one.
    """

    mask_input, past_input, bias_input = 3, 4, 5

    def check_projection(self, node: Node) -> str:
        """Return the type of x."""
        refuse_inputs(node, {6: "past_sequence_length, of buffers of a fixed length"})
        values = [node.input(index) for index in (0, 1, 2, 4, 5)]
        dtype = floating_dtype(node, [value.known_type for value in values if value is not None])
        require_rank(node, node.required(1).known_type, 2, 2)
        if (bias := node.input(2)) is not None:
            require_rank(node, bias.known_type, 1, 1)
            unify(
                node, bias.known_type.size, node.required(1).shape[1], "the lengths of its weights and bias"
            )
        return dtype

    def project(self, steps: Decomposition, node: Node) -> Value:
        """Multiply by the weights, add their bias."""
        joined = steps.add("MatMul", "projected", node.required(0), node.required(1))
        bias = node.input(2)
        return joined if bias is None else steps.add("Add", "projected_biased", joined, bias)


@operator("QAttention", inputs=(5, 9), attributes=_OWN, domain=MICROSOFT)
class QAttention(Projecting):
    """Attention whose projection is of whole numbers.

    Inputs: x and weights of 8 bits, bias, scales of x and weights, mask, zero points of both, past.
    """

    mask_input, past_input = 5, 8
    _PRODUCT = (0, 1, 3, 4, 6, 7, 2)

    def check_projection(self, node: Node) -> str:
        """Return the type of the scales."""
        return check_float_product(node, *(node.input(index) for index in self._PRODUCT)).dtype

    def project(self, steps: Decomposition, node: Node) -> Value:
        """Multiply whole numbers, scale, add the bias."""
        return float_product(steps, "projected", *(node.input(index) for index in self._PRODUCT))
