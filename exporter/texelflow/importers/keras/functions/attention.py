"""Attention as a function."""

from __future__ import annotations

from texelflow.graph import Value
from texelflow.importers.keras.functions.function import Function, computes


@computes("DotProductAttention")
def attention(steps: Function) -> None:
    """Attention of queries [batch, steps, heads, size] to keys, a mean of values."""
    query, key, value = (steps.given(index, name) for index, name in enumerate(("query", "key", "value")))
    if not all(isinstance(given, Value) and len(given.shape) == 4 for given in (query, key, value)):
        raise steps.fail("queries, keys and values of four axes are needed")
    if steps.setting("is_causal") or steps.setting("attn_logits_soft_cap") is not None:
        raise steps.fail("it is causal, or has a soft cap, which is not supported: give it a mask")
    size = steps.x.shape[3]
    scale = steps.given(5, "scale")
    if scale is None and not isinstance(size, int):
        raise steps.fail(f"the size {size} of its heads is not known")
    factor = size**-0.5 if scale is None and isinstance(size, int) else scale
    scores = steps.add("Einsum", "scores", query, key, equation="btnh,bsnh->bnts")
    scores = steps.add("Mul", "scaled", scores, steps.together([steps.x, factor])[1])
    bias, mask = steps.given(3, "bias"), steps.given(4, "mask")
    if bias is not None:
        scores = steps.add("Add", "biased", scores, bias)
    if mask is not None:
        never = steps.scalar("never", steps.x.dtype, -3.4028234663852886e38 * 0.7)
        scores = steps.add("Where", "seen", steps.flag(mask), scores, never)
    shares = steps.add("Softmax", "shares", scores, axis=-1)
    steps.add("Einsum", steps.result, shares, value, equation="bnts,bsnh->btnh")
