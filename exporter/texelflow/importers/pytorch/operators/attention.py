"""Attention."""

from __future__ import annotations

from typing import Any

from texelflow.graph import Value
from texelflow.importers.pytorch.lowering import Step, lowers

MOST_AXES = 4


@lowers(
    "scaled_dot_product_attention",
    "_scaled_dot_product_flash_attention_for_cpu",
    "_scaled_dot_product_efficient_attention",
    "_scaled_dot_product_flash_attention",
    "_scaled_dot_product_attention_math",
)
def attention(step: Step) -> None:
    """softmax(Q Kᵀ · scale + mask) V; a mask of truth values says which keys count."""
    if step.number("dropout_p", 0) > 0:
        raise step.fail("it is random, as in training: export the model behind model.eval()")
    if any(step.wants(index) for index in range(1, len(step.node.outputs))):
        raise step.fail("what it makes beside its result is read, as in training")
    q, k, v = (step.tensor(name) for name in ("query", "key", "value"))
    mask = step.optional("attn_mask") or step.optional("attn_bias")
    attributes: dict[str, Any] = {"is_causal": int(step.flag("is_causal"))}
    if step.has("scale"):
        attributes["scale"] = float(step.number("scale"))
    rank = len(q.shape)
    mask = None if mask is None else _with_axes(step, mask)
    if rank == MOST_AXES:
        step.add("Attention", step.result, q, k, v, mask, **attributes)
        return
    if rank > MOST_AXES or rank < 2:
        raise step.fail(f"its queries are {q.type}; 2 to 4 axes are supported")
    wide = [_with_axes(step, value) for value in (q, k, v)]
    made = step.add("Attention", "made", *wide, mask, **attributes)
    step.add("Squeeze", step.result, made, step.vector("axes", list(range(MOST_AXES - rank))))


def _with_axes(step: Step, value: Value) -> Value:
    return step.reshape("with_axes", value, [*[1] * (MOST_AXES - len(value.shape)), *value.shape])
