"""From the Graph to the Plan: each group by its rule in turn, then the outputs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from texelflow.backends.webgl2.appended_states import append, find_appended
from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.kernels import copying
from texelflow.backends.webgl2.kernels.elementwise import lower_elementwise
from texelflow.backends.webgl2.layout.blocking import is_vector
from texelflow.backends.webgl2.layout.view import View
from texelflow.backends.webgl2.location import Buffer, Location
from texelflow.backends.webgl2.lower import rule_of
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.backends.webgl2.plan.plan import Plan, PlanTensor
from texelflow.dimensions import assuming, product
from texelflow.graph import Graph, NodeError, Value
from texelflow.graph.problems import Problems
from texelflow.operators import operator_of
from texelflow.passes.pair_states import State


def lower_graph(graph: Graph, groups: list[Group], states: Sequence[State] = ()) -> Plan:
    """Turn the groups of a graph into draws; states are not among the plan's inputs and outputs.

    Raises:
        ExportError: a node cannot be lowered; `problems` has every reason.
    """
    with assuming(graph.facts):
        lowering = Lowering(operator_of)
        problems = Problems()
        exchanged = {state.before for state in states if state.grows is None}
        for value in graph.inputs:
            tensor = PlanTensor(value.dtype, value.shape, value=value.name, precise=True, external=True)
            lowering.bind(value, tensor)
            lowering.plan.inputs.append(tensor)
            if value in exchanged:
                lowering.exchanged.add(tensor)
        appended = find_appended(graph, groups, states)
        lower_groups(groups, lowering, problems, appended)
        problems.raise_for(graph.source)
        lowering.group = None
        taken: set[PlanTensor] = set()
        after = {state.after for state in states}
        made: dict[Value, PlanTensor] = {}
        # States first: they need a flat tensor that is theirs alone.
        for value in sorted(graph.outputs, key=lambda value: value not in after):
            try:
                for extent in value.shape:
                    lowering.require_computable(extent)
                if value in appended:
                    made[value] = lowering.source_tensor(value)[0]
                else:
                    made[value] = _output(value, lowering, taken, value in after)
            except NodeError as error:
                problems.add_node(error.node, error.reason)
        problems.raise_for(graph.source)
        _part_states(graph, lowering.plan, made, states)
        return lowering.plan


def lower_groups(
    groups: Sequence[Group], lowering: Lowering, problems: Problems, appended: Collection[Value] = ()
) -> None:
    """Emit what groups do, in their order; `appended` are those results that states grow by."""
    for group in groups:
        lowering.group = group
        with problems.of(group.origin):
            if group.result in appended:
                append(group, lowering)
                continue
            lower = lower_elementwise if group.host is None else rule_of(group.host).lower
            lower(group, lowering)
            continue
        for value in group.outputs:  # in flat tensors, so that the nodes that read them are tried, too
            lowering.bind(value, lowering.tensor(value))


def lower_body(group: Group, groups: Sequence[Group], lowering: Lowering) -> None:
    """Emit what the groups of a graph in a node do; raise NodeError if one cannot be lowered."""
    problems = Problems()
    lower_groups(groups, lowering, problems)
    lowering.group = group
    if problems:
        raise NodeError(group.node, f"in a graph of it: {'; '.join(problems.lines())}")


def _part_states(graph: Graph, plan: Plan, made: Mapping[Value, PlanTensor], states: Sequence[State]) -> None:
    """Give the plan its states, and the inputs and outputs that are none."""
    inputs = dict(zip(graph.inputs, plan.inputs, strict=True))
    kept = {value for state in states for value in (state.before, state.after)}
    read = {tensor.holder for step in (*plan.load, *plan.run) for tensor in step.inputs}
    plan.inputs = [
        tensor if tensor in read or tensor in made.values() else None
        for value, tensor in inputs.items()
        if value not in kept
    ]
    plan.outputs = [made[value] for value in graph.outputs if value not in kept]
    for state in states:
        before, after = inputs[state.before], made[state.after]
        assert before is not None
        plan.states.append((after if after.appended else before, after))
        if state.grows is not None:
            plan.growing |= {before, after}


def _output(value: Value, lowering: Lowering, taken: set[PlanTensor], is_state: bool) -> PlanTensor:
    """Return a tensor of the value that is this output's alone: flat, or, no state, blocked of one pixel.

    That of a state is drawn, since only draws find textures that change places.
    """
    vector = None if is_state else _vector(value, lowering)
    if vector is not None and vector not in taken:
        taken.add(vector)
        vector.value = value.name
        return vector
    tensor = lowering.flat(value)
    is_filled = is_state and any(tensor in step.outputs for step in lowering.plan.host_steps)
    if tensor in taken or tensor.constant or tensor.external or is_filled:
        location = Location(Buffer(tensor.dtype, tensor.shape, flat=tensor), View.whole(value.shape))
        tensor = PlanTensor(tensor.dtype, value.shape, value=value.name)
        kernel = copying.copy_kernel([(location.buffer.tensors[0], location.view)], tensor)
        lowering.plan.run.append(kernel.draw(f"Output {value.name!r}"))
    taken.add(tensor)
    tensor.precise = True
    tensor.value = value.name
    return tensor


def _vector(value: Value, lowering: Lowering) -> PlanTensor | None:
    """Return the blocked tensor of one pixel that a run leaves a value in, if it does."""
    location = lowering.locate(value)
    buffer = location.buffer
    if buffer.flat is not None or not location.view.is_whole(product(buffer.shape)):
        return None
    return next((t for t in buffer.blocked if is_vector(t) and not t.constant), None)
