"""Replaces PyTorch's fused operators, for attention and whole encoder layers, by plain ones.

Modules of torch.nn call them where nothing is trained, so that `torch.jit.trace` sees them; they have no
program that torch.export could trace.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
import torch.nn.functional as F

from texelflow.sources.torchscript.primitives import RefusedError

_OF_QUERIES, _OF_KEYS = 0, 1
"""Kinds of masks: of queries and keys, or of a batch and keys; others have all axes of the scores."""


def _masked_softmax(scores: Any, mask: Any, axis: int | None = None, kind: int | None = None) -> Any:
    """Return the softmax of scores [batch, heads, queries, keys]; what a mask says has no share.

    Any number but 0 in the mask says so, also one that would only lower a score.
    """
    if scores.dim() != 4 or (axis is not None and axis not in (3, -1)):
        raise RefusedError(f"_masked_softmax of {scores.dim()} axes along axis {axis} is not supported")
    batch, _, queries, keys = scores.shape
    hidden = mask.to(torch.bool)
    if kind == _OF_KEYS:
        hidden = hidden.reshape(batch, 1, 1, keys)
    elif kind == _OF_QUERIES:
        hidden = hidden.reshape(1, 1, queries, keys)
    return scores.masked_fill(hidden, -torch.inf).softmax(-1)


def _attention(
    query: Any,
    key: Any,
    value: Any,
    channels: int,
    heads: int,
    qkv_weight: Any,
    qkv_bias: Any,
    weight: Any,
    bias: Any,
    mask: Any = None,
    need_weights: bool = True,
    average: bool = True,
    kind: int | None = None,
) -> tuple[Any, Any]:
    """Return attention in several heads of tensors [batch, length, channels], and the shares."""
    split = [qkv_weight.split(channels), qkv_bias.split(channels)]
    parts = [
        F.linear(x, own, own_bias).unflatten(-1, [heads, channels // heads]).transpose(1, 2)
        for x, own, own_bias in zip((query, key, value), *split, strict=True)
    ]
    scores = (parts[0] / (channels // heads) ** 0.5) @ parts[1].transpose(-2, -1)
    shares = scores.softmax(-1) if mask is None else _masked_softmax(scores, mask, 3, kind)
    found = F.linear((shares @ parts[2]).transpose(1, 2).flatten(2), weight, bias)
    return found, (shares.mean(1) if average else shares) if need_weights else None


def _encoder_layer(
    x: Any,
    channels: int,
    heads: int,
    qkv_weight: Any,
    qkv_bias: Any,
    weight: Any,
    bias: Any,
    use_gelu: bool,
    norm_first: bool,
    eps: float,
    scale_1: Any,
    offset_1: Any,
    scale_2: Any,
    offset_2: Any,
    weight_1: Any,
    bias_1: Any,
    weight_2: Any,
    bias_2: Any,
    mask: Any = None,
    kind: int | None = None,
) -> Any:
    """Return what a layer of a transformer's encoder makes of x [batch, length, channels]."""

    def first(x: Any) -> Any:
        return F.layer_norm(x, [channels], scale_1, offset_1, eps)

    def second(x: Any) -> Any:
        return F.layer_norm(x, [channels], scale_2, offset_2, eps)

    def attend(x: Any) -> Any:
        own = (channels, heads, qkv_weight, qkv_bias, weight, bias, mask, False, True, kind)
        return _attention(x, x, x, *own)[0]

    def feed(x: Any) -> Any:
        inner = F.linear(x, weight_1, bias_1)
        return F.linear(F.gelu(inner) if use_gelu else F.relu(inner), weight_2, bias_2)

    if norm_first:
        x = x + attend(first(x))
        return x + feed(second(x))
    x = first(x + attend(x))
    return second(x + feed(x))


FUSED: Mapping[str, Callable[..., Any]] = {
    "aten::_masked_softmax": _masked_softmax,
    "aten::_native_multi_head_attention": _attention,
    "aten::_transformer_encoder_layer_fwd": _encoder_layer,
}
"""By operator what computes the same."""
