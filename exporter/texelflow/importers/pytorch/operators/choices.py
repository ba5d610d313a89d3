"""Numbers chosen by a condition, and limited to a range."""

from __future__ import annotations

from texelflow.graph import Value
from texelflow.importers.pytorch.lowering import Step, lowers
from texelflow.importers.pytorch.promotion import common_dtype


@lowers("where.self", "where.ScalarSelf", "where.ScalarOther", "where.Scalar")
def where(step: Step) -> None:
    """The second argument where the first holds, else the third."""
    condition = step.as_dtype(step.tensor("condition"), "bool", "condition")
    chosen = step.add(
        "Where", "chosen", condition, step.operand("self", step.dtype), step.operand("other", step.dtype)
    )
    step.finish(chosen)


@lowers("masked_fill.Scalar", "masked_fill.Tensor")
def masked_fill(step: Step) -> None:
    """X, and a number where the mask holds."""
    x, mask = step.tensor("self"), step.as_dtype(step.tensor("mask"), "bool", "mask")
    step.add("Where", step.result, mask, step.operand("value", x.dtype), x)


@lowers(
    "clamp",
    "clamp.Tensor",
    "clip",
    "clip.Tensor",
    "clamp_min",
    "clamp_max",
    "clamp_min.Tensor",
    "clamp_max.Tensor",
)
def clamp(step: Step) -> None:
    """X between two numbers, of which one may be missing."""
    names = [name for name in ("min", "max") if step.has(name)]
    dtype = step.dtype if step.dtype != "bool" else common_dtype(step, ["self", *names])
    x: Value = step.operand("self", dtype)
    if all(not step.node.operator.endswith("Tensor") for _ in names) and names:
        limits = [step.operand(name, dtype) if name in names else None for name in ("min", "max")]
        step.add("Clip", step.result, x, *limits)
        return
    for name in names:
        x = step.add("Max" if name == "min" else "Min", f"limited_by_{name}", x, step.operand(name, dtype))
    step.finish(x)


@lowers("threshold")
def threshold(step: Step) -> None:
    """X where it is above a threshold, else a number."""
    x = step.x
    above = step.add("Greater", "is_above", x, step.operand("threshold", x.dtype))
    step.add("Where", step.result, above, x, step.operand("value", x.dtype))


@lowers("isin.Tensor_Tensor", "isin.Tensor_Scalar")
def isin(step: Step) -> None:
    """Whether each element is among others."""
    among = "test_elements" if step.has("test_elements") else "test_element"
    dtype = common_dtype(step, ["elements", among])
    elements = step.operand("elements", dtype)
    others = step.reshape("others", step.operand(among, dtype), [-1])
    wide = step.add("Unsqueeze", "wide", elements, step.vector("last", [-1]))
    same = step.cast("same", step.add("Equal", "is_same", wide, others), "int32")
    found = step.add("ReduceMax", "found", same, step.vector("axis", [-1]), keepdims=0)
    result: str | Value = "is_among" if step.flag("invert") else step.result
    made = step.cast(result, found, "bool")
    if step.flag("invert"):
        step.add("Not", step.result, made)
