"""States that runs append to where they lie, such as the keys of a cache: nothing of them is copied.

Rules, all of which must hold; else a state that grows is copied:
1. It is left by a Concat of itself and of what is new, along the axis that grows, and by nothing else.
2. Nothing but this Concat reads what it was before: what others read has the new columns, too.
3. It can be blocked with that axis as width, the axes behind it as channels, and those before it as batch.
4. None of its other extents grows, and its size does not depend on what runs learn.

It is then one tensor, `appended`: its draw writes the new columns, and others read all.
"""

from __future__ import annotations

from collections.abc import Sequence, Set

from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.kernels.copying import copy_kernel
from texelflow.backends.webgl2.kernels.joining import copy_from
from texelflow.backends.webgl2.layout.blocking import is_empty, is_expressible
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.backends.webgl2.plan.plan import Axes, Blocking, PlanTensor
from texelflow.dimensions import symbols_of
from texelflow.graph import Graph, Value
from texelflow.operators import symbols_bound_by
from texelflow.operators.shapes import normalize_axis
from texelflow.passes.pair_states import State


def find_appended(graph: Graph, groups: Sequence[Group], states: Sequence[State]) -> set[Value]:
    """Return what states that can be appended to are after a run."""
    made = {group.result: group for group in groups}
    learned = {name for group in groups if group.host is not None for name in symbols_bound_by(group.node)}
    grown = {state.grows for state in states}
    reads = [value for group in groups for value in group.reads] + graph.outputs
    return {
        state.after
        for state in states
        if state.grows is not None
        and reads.count(state.before) == 1
        and state.after in made
        and _is_join(made[state.after], state.before)
        and not any(learned & set(symbols_of(extent)) for extent in state.after.shape)
        and _is_blocked(made[state.after], grown)
    }


def append(group: Group, lowering: Lowering) -> None:
    """Write what is new to the columns behind those of the state; the runtime draws these alone."""
    past, new, output = group.node.required(0), group.node.required(1), group.result
    axes = _axes(group)
    axis = axes[3][0]
    wanted = axes if axes in lowering.known_axes(new) else None
    source, view = copy_from(new, output.shape, axis, past.shape[axis], wanted, lowering)
    blocking = Blocking(axes, appended=True)
    # What was rounded to 16 bits needs no more.
    tensor = PlanTensor(output.dtype, output.shape, blocking, value=output.name, precise=source.precise)
    lowering.bind(output, lowering.emit(copy_kernel([(source, view)], tensor)))


def _is_join(group: Group, before: Value) -> bool:
    """Whether a group joins a state and, behind it, one other value (rule 1)."""
    node = group.host
    if node is None or (node.domain, node.operator) != ("", "Concat") or group.prologue or group.epilogue:
        return False
    return len(node.inputs) == 2 and node.inputs[0] is before and node.inputs[1] is not before


def _is_blocked(group: Group, grown: Set[str | None]) -> bool:
    """Whether rule 3 holds, and no other extent grows; `grown` are the symbols of those that do."""
    shape, axes = group.result.shape, _axes(group)
    others = [extent for axis, extent in enumerate(shape) if axis not in axes[3]]
    if is_empty(shape) or any(grown & set(symbols_of(extent)) for extent in others):
        return False
    return is_expressible(shape, axes)


def _axes(group: Group) -> Axes:
    """Return the axes of the appended tensor (rule 3); the axis that grows last has channels before it."""
    rank = len(group.result.shape)
    axis = normalize_axis(group.node, int(group.node.attributes["axis"]), rank)
    first = axis + 1 if axis + 1 < rank else max(0, axis - 1)
    channels = tuple(other for other in range(first, rank) if other != axis)
    return tuple(range(min(axis, first))), channels, (), (axis,)
