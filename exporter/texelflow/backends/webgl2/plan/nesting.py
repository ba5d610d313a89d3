"""Finds the steps of loops and branches: from the step that begins one to the step that ends it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from texelflow.backends.webgl2.plan.plan import Draw, HostStep, Plan, PlanTensor, Real
from texelflow.dimensions import symbols_of

Step: TypeAlias = Draw | HostStep

BEGIN, MIDDLE, END = {"loop", "branch"}, "other", {"again", "join"}
"""Names of host steps: those that begin, the one between two branches, and those that end."""


def units_of(steps: Iterable[Step]) -> list[list[Step]]:
    """Return steps one by one, but those from where a loop or a branch begins to where it ends together."""
    units: list[list[Step]] = []
    depth = 0
    for step in steps:
        name = host_of(step)
        if depth > 0:
            units[-1].append(step)
        else:
            units.append([step])
        depth += (name in BEGIN) - (name in END)
    return units


def parts_of(unit: Sequence[Step]) -> list[list[Step]]:
    """Return the steps of a turn, or of each branch; of the second branch with the step before it."""
    parts: list[list[Step]] = [[]]
    for part in units_of(unit[1:-1]):
        if host_of(part[0]) == MIDDLE:
            parts.append([])
        parts[-1] += part
    return parts


def host_of(step: Step) -> str:
    """Return what the page does in a step; nothing if it draws."""
    return step.host if isinstance(step, HostStep) else ""


def move_out(plan: Plan, begin: int) -> None:
    """Move draws that are the same in each turn of a loop in front of it.

    The loop is the last that the plan does; `begin` is the index of its first step. What it has in a branch
    stays there.
    """
    first, *rest = plan.run[begin:]
    inside: set[PlanTensor] = {tensor.holder for tensor in first.outputs}
    names = set(first.binds if isinstance(first, HostStep) else ())
    kept, moved = [first], []
    for unit in units_of(rest):
        step = unit[0]
        depends = not inside.isdisjoint(t.holder for t in step.inputs) or not names.isdisjoint(
            symbols_in(step)
        )
        if isinstance(step, Draw) and not depends:
            moved.append(step)
            continue
        kept += unit
        for each in unit:
            inside.update(tensor.holder for tensor in each.outputs)
            names.update(each.binds if isinstance(each, HostStep) else ())
    plan.run[begin:] = [*moved, *kept]


def symbols_in(step: Step) -> set[str]:
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
