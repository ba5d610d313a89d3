"""The order of a plan's steps where runs learn symbols: what uses one comes after the step that binds it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from texelflow.backends.webgl2.plan.nesting import Step, parts_of, symbols_in, units_of
from texelflow.backends.webgl2.plan.plan import HostStep, Plan, PlanTensor
from texelflow.errors import ExportError


def order_steps(plan: Plan) -> None:
    """Move steps behind what they need: work that was fused may have come too early.

    Raises:
        ExportError: steps need each other.
    """
    if any(step.binds for step in plan.host_steps):
        plan.run = _ordered(plan.run)


def _ordered(steps: Sequence[Step]) -> list[Step]:
    """Return steps in an order in which each has what it needs; those of a loop stay together."""
    units = [tuple(unit) for unit in units_of(steps)]
    makers: dict[PlanTensor | str, tuple[Step, ...]] = {
        made: unit for unit in units for made in chain.from_iterable(map(_made_by, unit))
    }
    ordered: dict[tuple[Step, ...], None] = {}
    waiting: dict[tuple[Step, ...], None] = {}
    for root in units:
        pending = [root]
        while pending:
            unit = pending[-1]
            needed = (makers.get(need) for step in unit for need in _needed_by(step))
            missing = [maker for maker in needed if maker not in (None, unit) and maker not in ordered]
            if not missing or unit in ordered:
                pending.pop()
                waiting.pop(unit, None)
                ordered[unit] = None
                continue
            if unit in waiting:
                raise ExportError(f"{unit[0].node} needs a size that the run learns from what follows it")
            waiting[unit] = None
            pending.extend(reversed([maker for maker in missing if maker is not None]))
    return [step for unit in ordered for step in _ordered_within(unit)]


def _ordered_within(unit: Sequence[Step]) -> list[Step]:
    """Return the steps of a loop or a branch with those within in order; one step is as it is."""
    if len(unit) == 1:
        return [*unit]
    first, *others = parts_of(unit)
    behind = [step for middle, *part in others for step in (middle, *_ordered(part))]
    return [unit[0], *_ordered(first), *behind, unit[-1]]


def _made_by(step: Step) -> list[PlanTensor | str]:
    """Return the tensors that a step fills and the symbols that it binds."""
    return [*(tensor.holder for tensor in step.outputs), *(step.binds if isinstance(step, HostStep) else ())]


def _needed_by(step: Step) -> list[PlanTensor | str]:
    """Return the tensors that a step reads and the symbols that it uses, always in the same order."""
    return [*(tensor.holder for tensor in step.inputs), *sorted(symbols_in(step))]
