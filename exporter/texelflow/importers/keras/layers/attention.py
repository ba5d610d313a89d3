"""Attention: what a query finds among keys, and takes of their values; masks say which of them count."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from texelflow.dimensions import product
from texelflow.graph import Value
from texelflow.importers.keras.lowering import KERAS_3, Layer, kept, lowers
from texelflow.operators.shapes import known_shape, normalize_axes

_NOTHING = -1e9
"""A score that gets no share beside others; where all have it, each gets the same share."""

_PARAMETERS = ("query", "value", "key")


def masked_softmax(
    layer: Layer, x: Value, mask: Value | None, axes: Sequence[int], with_zeros: bool = False
) -> Value:
    """Return the softmax of x along axes, together; `mask`, whose last axes are those of x, leaves out.

    Where nothing counts all have the same share, or if so none.
    """
    shares = _softmax(layer, x, mask, axes)
    if mask is None or not with_zeros:
        return shares
    return layer.add("Where", "shares_counting", mask, shares, layer.scalar("none", layer.x.dtype, 0))


def _softmax(layer: Layer, x: Value, mask: Value | None, axes: Sequence[int]) -> Value:
    if mask is not None:
        x = layer.add("Where", "counting", mask, x, layer.scalar("nothing", layer.x.dtype, _NOTHING))
    if len(axes) == 1:
        return layer.add("Softmax", "shares", x, axis=axes[0])
    moved = layer.add("Sub", "moved", x, layer.reduce("ReduceMax", "most", x, axes))
    powers = layer.add("Exp", "powers", moved)
    return layer.add("Div", "shares", powers, layer.reduce("ReduceSum", "sum", powers, axes))


def _scores_returned(_config: Mapping[str, Any], arguments: Mapping[str, Any]) -> int:
    return 2 if arguments.get("return_attention_scores") else 1


def _projections(config: Mapping[str, Any]) -> list[str]:
    kinds = ["query", "key", *(["gate"] if config.get("use_gate") else []), "value", "output"]
    names = ["kernel", *(["bias"] if config.get("use_bias", True) else [])]
    return [f"{kind}/{name}" for kind in kinds for name in names]


@lowers(
    "MultiHeadAttention",
    "GroupQueryAttention",
    "GroupedQueryAttention",
    weights=_projections,
    masks=kept,
    parameters=_PARAMETERS,
    results=_scores_returned,
)
def multi_head(layer: Layer) -> None:
    """Attention in several heads, each with projections of its own; heads may share keys and values."""
    if len(layer.data) not in (2, 3):
        raise layer.fail(f"it is called with {len(layer.data)} tensors; a query, a value, and a key or none")
    query, value = layer.data[:2]
    key = layer.data[2] if len(layer.data) == 3 else value
    rank = len(query.shape)
    if len(value.shape) != rank or len(key.shape) != rank or rank < 3:
        raise layer.fail(f"its tensors are {query.type}, {value.type} and {key.type}; one rank is needed")
    axes = _attention_axes(layer, rank)
    heads = {
        kind: _projected(layer, kind, x) for kind, x in (("query", query), ("key", key), ("value", value))
    }
    size = heads["query"].known_type.shape[-1]
    if not isinstance(size, int):
        raise layer.fail("the size of its heads is not known")
    if layer.node.operator != "MultiHeadAttention":
        heads |= {kind: _repeated(layer, kind, heads) for kind in ("key", "value")}
    # [batch, … kept axes, head, … attended axes, size]
    order = [axis for axis in range(rank - 1) if axis not in axes]
    turned = {
        kind: layer.add("Transpose", f"{kind}_turned", x, perm=[*order, rank - 1, *axes, rank])
        for kind, x in heads.items()
    }
    queries, keys = [query.shape[axis] for axis in axes], [key.shape[axis] for axis in axes]
    lead = [*(query.shape[axis] for axis in order), heads["query"].known_type.shape[-2]]
    rows = {"query": product(queries), "key": product(keys), "value": product(keys)}
    flat = {
        kind: layer.reshape(f"{kind}_flat", x, [*lead, rows[kind], heads[kind].known_type.shape[-1]])
        for kind, x in turned.items()
    }
    scale = layer.scalar("scale", query.dtype, 1 / math.sqrt(size))
    scaled = layer.add("Mul", "scaled", flat["query"], scale)
    across = list(range(len(lead) + 2))
    across[-2:] = reversed(across[-2:])
    scores = layer.add("MatMul", "scores", scaled, layer.add("Transpose", "keys", flat["key"], perm=across))
    apart = layer.reshape("scores_apart", scores, [*lead, *queries, *keys])
    last = list(range(len(lead) + len(axes), len(lead) + 2 * len(axes)))
    mask = _attention_mask(layer, query, value, len(lead), len(axes))
    # Keras 3 has two ways, which differ where a query sees nothing.
    is_fused = layer.number("dropout", 0.0) == 0 and len(layer.results) == 1 and len(axes) == 1
    with_zeros = layer.dialect == KERAS_3 and not (is_fused and rank == 3)
    shares = masked_softmax(layer, apart, mask, last, with_zeros)
    together = layer.reshape("shares_flat", shares, [*lead, rows["query"], rows["key"]])
    taken = layer.add("MatMul", "taken", together, flat["value"])
    deep = layer.reshape("taken_apart", taken, [*lead, *queries, heads["value"].known_type.shape[-1]])
    places = [*order, rank - 1, *axes, rank]
    back = layer.add("Transpose", "taken_back", deep, perm=[places.index(axis) for axis in range(rank + 1)])
    if layer.setting("use_gate", False):
        back = layer.add("Mul", "gated", back, layer.add("Sigmoid", "gate", _projected(layer, "gate", query)))
    layer.add("Identity", layer.result, _output(layer, back))
    if len(layer.results) > 1:
        layer.add("Identity", layer.results[1], shares)


def _attention_axes(layer: Layer, rank: int) -> list[int]:
    """Return the axes along which a query looks, by default all between batch and channels."""
    axes = layer.setting("attention_axes")
    if axes is None or layer.node.operator != "MultiHeadAttention":
        return list(range(1, rank - 1))
    listed = axes if isinstance(axes, list) else [axes]
    if not listed or not all(type(axis) is int for axis in listed):
        raise layer.fail(f"its attention_axes are {str(axes)[:80]}; whole numbers are needed")
    # Negative ones are counted without the channels' axis twice: Keras projects first.
    return normalize_axes(layer.node, [axis if axis >= 0 else rank + axis for axis in listed], rank)


def _projected(layer: Layer, kind: str, x: Value) -> Value:
    """Return x [batch, …, channels] as [batch, …, heads, size], and its type."""
    kernel = layer.weight(f"{kind}/kernel")
    shape = known_shape(kernel.shape)
    if shape is None or len(shape) != 3 or 0 in shape:
        raise layer.fail(f"its {kind}/kernel is {kernel.type}; three axes are needed")
    flat = layer.reshape(f"{kind}_matrix", kernel, [shape[0], shape[1] * shape[2]])
    made = layer.add("MatMul", f"{kind}_product", x, flat)
    if layer.setting("use_bias", True):
        bias = layer.reshape(f"{kind}_bias", layer.weight(f"{kind}/bias"), [shape[1] * shape[2]])
        made = layer.add("Add", f"{kind}_biased", made, bias)
    apart = layer.reshape(kind, made, [*x.shape[:-1], *shape[1:]])
    apart.type = type(x.known_type)(x.dtype, (*x.shape[:-1], *shape[1:]))
    return apart


def _repeated(layer: Layer, kind: str, heads: Mapping[str, Value]) -> Value:
    """Return keys or values with each head as often as queries share it."""
    x, count = heads[kind], heads["query"].known_type.shape[-2]
    shape = x.known_type.shape
    if not isinstance(count, int) or not isinstance(shape[-2], int) or count % shape[-2]:
        raise layer.fail(f"its {count} heads cannot share {shape[-2]}")
    apart = layer.reshape(f"{kind}_apart", x, [*shape[:-1], 1, shape[-1]])
    wide = layer.vector(f"{kind}_wide", [*shape[:-1], count // shape[-2], shape[-1]])
    copies = layer.add("Expand", f"{kind}_copies", apart, wide)
    made = layer.reshape(f"{kind}_repeated", copies, [*shape[:-2], count, shape[-1]])
    made.type = type(x.known_type)(x.dtype, (*shape[:-2], count, shape[-1]))
    return made


def _output(layer: Layer, x: Value) -> Value:
    """Return what all heads found, [batch, …, heads, size], as the channels of the result."""
    kernel = layer.weight("output/kernel")
    shape = known_shape(kernel.shape)
    if shape is None or len(shape) < 3 or 0 in shape:
        raise layer.fail(f"its output/kernel is {kernel.type}; three axes or more are needed")
    query = layer.data[0]
    channels = math.prod(shape[2:])
    flat = layer.reshape("found", x, [*query.shape[:-1], shape[0] * shape[1]])
    made = layer.add(
        "MatMul", "output", flat, layer.reshape("output_matrix", kernel, [shape[0] * shape[1], channels])
    )
    if layer.setting("use_bias", True):
        bias = layer.reshape("output_bias", layer.weight("output/bias"), [channels])
        made = layer.add("Add", "output_biased", made, bias)
    return layer.reshape("output_apart", made, [*query.shape[:-1], *shape[2:]])


def _attention_mask(layer: Layer, query: Value, value: Value, lead: int, attended: int) -> Value | None:
    """Return which queries see which keys, with the axes of the scores; None if all see all.

    Args:
        layer: the layer.
        query: [batch, …, channels].
        value: likewise.
        lead: how many axes the scores have in front: batch, others, heads.
        attended: along how many axes queries look, which come twice behind these.
    """
    parts: list[tuple[int, Value]] = []
    masks = [layer.mask(index) for index in range(len(layer.data))]
    for mask, axis in zip(masks, (-1, -2, -2), strict=False):
        if mask is not None:
            upright = layer.add("Unsqueeze", "mask", mask, layer.vector("mask_axis", [axis]))
            parts.append((len(mask.shape) + 1, upright))
    if layer.argument("use_causal_mask", False):
        parts.append((3, _causal(layer, query, value)))
    if layer.setting("sliding_window") is not None:
        parts.append((3, _band(layer, query, value, layer.whole("sliding_window", 1))))
    given = layer.argument("attention_mask")
    if isinstance(given, Value):
        flags = given if given.dtype == "bool" else layer.cast("given", given, "bool")
        parts.append((len(given.shape), flags))
    elif given is not None:
        raise layer.fail("its attention_mask is no tensor")
    made = None
    for rank, part in parts:
        # The mask lacks axes of the scores: from the heads on, or all that are in front.
        kept_axes, missing = rank - 2 * attended, lead + 2 * attended - rank
        if kept_axes < 0 or missing < 0:
            raise layer.fail(f"a mask of {rank} axes does not fit scores of {lead + 2 * attended}")
        places = layer.vector("head_axes", [kept_axes + place for place in range(missing)])
        wide = layer.add("Unsqueeze", "wide", part, places) if missing else part
        made = wide if made is None else layer.add("And", "seen", made, wide)
    return made


def _places(layer: Layer, query: Value, value: Value) -> tuple[Value, Value]:
    """Return the places of queries [queries, 1] and of keys [1, keys], which broadcast."""
    rows = layer.places("row", query.shape[1])
    rows = layer.add("Unsqueeze", "rows", rows, layer.vector("rows_axis", [1]))
    columns = layer.places("column", value.shape[1])
    return rows, layer.add("Unsqueeze", "columns", columns, layer.vector("columns_axis", [0]))


def _one_more(layer: Layer, x: Value) -> Value:
    return layer.add("Unsqueeze", "of_all", x, layer.vector("batch_axis", [0]))


def _causal(layer: Layer, query: Value, value: Value) -> Value:
    """Return [1, queries, keys]: a query sees what is not behind it."""
    return _one_more(layer, layer.add("GreaterOrEqual", "causal", *_places(layer, query, value)))


def _band(layer: Layer, query: Value, value: Value, width: int) -> Value:
    """Return [1, queries, keys]: a query sees what is less than `width` places away."""
    apart = layer.add("Abs", "distance", layer.add("Sub", "apart", *_places(layer, query, value)))
    return _one_more(layer, layer.add("Less", "band", apart, layer.index("width", width)))


def _dense_weights(config: Mapping[str, Any]) -> list[str]:
    scale = ["scale"] if config.get("use_scale") else []
    return [*scale, *(["concat_score_weight"] if config.get("score_mode") == "concat" else [])]


@lowers("Attention", weights=_dense_weights, masks=kept, results=_scores_returned)
def attention(layer: Layer) -> None:
    """Luong's attention: scores are products of queries and keys, or sums of tanh(query + key)."""
    query, _, key = _three(layer)
    if layer.setting("score_mode", "dot") == "dot":
        scores = layer.add("MatMul", "scores", query, layer.add("Transpose", "keys", key, perm=[0, 2, 1]))
        if layer.setting("use_scale", False):
            scores = layer.add("Mul", "scaled", scores, layer.weight("scale"))
    else:
        both = _sums(layer, query, key)
        if layer.setting("use_scale", False):
            both = layer.add("Mul", "scaled", both, layer.weight("scale"))
        sums = layer.add("Tanh", "bent", both)
        scores = layer.add("ReduceSum", "sum", sums, layer.vector("channels", [3]), keepdims=0)
        scores = layer.add("Mul", "weighted", scores, layer.weight("concat_score_weight"))
    _take(layer, scores)


@lowers(
    "AdditiveAttention",
    weights=lambda config: ["scale"] if config.get("use_scale", True) else [],
    masks=kept,
    results=_scores_returned,
)
def additive_attention(layer: Layer) -> None:
    """Bahdanau's attention: scores are sums of scale · tanh(query + key)."""
    query, _, key = _three(layer)
    bent = layer.add("Tanh", "bent", _sums(layer, query, key))
    if layer.setting("use_scale", True):
        bent = layer.add("Mul", "scaled", bent, layer.weight("scale"))
    _take(layer, layer.add("ReduceSum", "scores", bent, layer.vector("channels", [3]), keepdims=0))


def _three(layer: Layer) -> tuple[Value, Value, Value]:
    """Return query, value and key; raise NodeError unless these are sequences."""
    if len(layer.data) not in (2, 3) or any(len(value.shape) != 3 for value in layer.data):
        raise layer.fail("two or three sequences are needed: query, value, and a key or none")
    query, value = layer.data[:2]
    return query, value, layer.data[2] if len(layer.data) == 3 else value


def _sums(layer: Layer, query: Value, key: Value) -> Value:
    """Return the sum of each query with each key, [batch, queries, keys, channels]."""
    rows = layer.add("Unsqueeze", "rows", query, layer.vector("rows_axis", [2]))
    columns = layer.add("Unsqueeze", "columns", key, layer.vector("columns_axis", [1]))
    return layer.add("Add", "pairs", rows, columns)


def _take(layer: Layer, scores: Value) -> None:
    """End in what queries take of the values by their scores, and in the shares."""
    query, value, _ = _three(layer)
    mask = layer.mask(1)
    if mask is not None:
        mask = layer.add("Unsqueeze", "mask", mask, layer.vector("mask_axis", [1]))
    if layer.argument("use_causal_mask", layer.setting("causal", False)):
        causal = _causal(layer, query, value)
        mask = causal if mask is None else layer.add("And", "seen", mask, causal)
    if mask is not None:
        # As Keras does: where nothing counts, the scores still differ as far as numbers of this size can.
        less = layer.add("Add", "far", scores, layer.scalar("nothing", query.dtype, _NOTHING))
        scores = layer.add("Where", "counting", mask, scores, less)
    shares = layer.add("Softmax", "shares", scores, axis=2)
    taken = layer.add("MatMul", "taken", shares, value)
    asked = layer.mask(0)
    if asked is not None:
        upright = layer.add("Unsqueeze", "asked", asked, layer.vector("asked_axis", [2]))
        taken = layer.add("Where", "answers", upright, taken, layer.scalar("none", query.dtype, 0))
    layer.add("Identity", layer.result, taken)
    if len(layer.results) > 1:
        layer.add("Identity", layer.results[1], shares)
