"""The order of a plan's steps where runs learn symbols: what uses one comes after the step that binds it."""

from __future__ import annotations

from collections.abc import Iterator

from texelflow.backends.webgl2.plan.plan import Draw, HostStep, Plan, PlanTensor, Real
from texelflow.dimensions import symbols_of
from texelflow.errors import ExportError


def order_steps(plan: Plan) -> None:
    """Move steps behind what they need: work that was fused may have come too early.

    Raises:
        ExportError: steps need each other.
    """
    binders = {name: step for step in plan.host_steps for name in step.binds}
    if not binders:
        return
    makers: dict[PlanTensor, Draw | HostStep] = {t.holder: step for step in plan.run for t in step.outputs}
    ordered: dict[Draw | HostStep, None] = {}
    waiting: dict[Draw | HostStep, None] = {}
    for root in plan.run:
        pending = [root]
        while pending:
            step = pending[-1]
            needed = [
                *(makers[tensor.holder] for tensor in step.inputs if tensor.holder in makers),
                *(binders[name] for name in _symbols(step) if name in binders),
            ]
            missing = [each for each in needed if each not in ordered and each is not step]
            if not missing or step in ordered:
                pending.pop()
                waiting.pop(step, None)
                ordered[step] = None
                continue
            if step in waiting:
                raise ExportError(f"{step.node} needs a size that the run learns from what follows it")
            waiting[step] = None
            pending.extend(reversed(missing))
    plan.run = list(ordered)


def _symbols(step: Draw | HostStep) -> set[str]:
    """Return the names of the symbols that a step computes with."""
    extents = [extent for tensor in (*step.inputs, *step.outputs) for extent in tensor.shape]
    names = set().union(*map(symbols_of, (*step.ints, *extents)))
    return names.union(*map(_names, step.floats)) - set(step.binds if isinstance(step, HostStep) else ())


def _names(number: Real) -> Iterator[str]:
    """Yield the symbols of a float expression, and its operations, which are none."""
    if isinstance(number, str):
        yield number
    elif isinstance(number, list):
        for operand in number[1:]:
            yield from _names(operand)
