"""Steps that a run repeats: from one that begins a loop to the one that goes back to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from texelflow.backends.webgl2.plan.plan import Draw, HostStep, Plan, PlanTensor, Real
from texelflow.dimensions import symbols_of

Step: TypeAlias = Draw | HostStep

BEGIN, END = "loop", "again"


def units_of(steps: Iterable[Step]) -> list[list[Step]]:
    """Return steps one by one, but those from where a loop begins to where it ends together."""
    units: list[list[Step]] = []
    depth = 0
    for step in steps:
        name = step.host if isinstance(step, HostStep) else ""
        depth -= name == END
        if depth > 0 or name == END:
            units[-1].append(step)
        else:
            units.append([step])
        depth += name == BEGIN
    return units


def move_out(plan: Plan, begin: int) -> None:
    """Move draws that are the same in each turn of a loop in front of it.

    The loop is the last that the plan does; `begin` is the index of its first step.
    """
    first, *rest = plan.run[begin:]
    inside: set[PlanTensor] = {tensor.holder for tensor in first.outputs}
    names = set(first.binds if isinstance(first, HostStep) else ())
    kept, moved = [first], []
    for step in rest:
        is_host = isinstance(step, HostStep)
        if (
            not is_host
            and inside.isdisjoint(t.holder for t in step.inputs)
            and names.isdisjoint(symbols_in(step))
        ):
            moved.append(step)
            continue
        kept.append(step)
        inside.update(tensor.holder for tensor in step.outputs)
        names.update(step.binds if isinstance(step, HostStep) else ())
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
