"""Subgraphs that run now, on a condition, or again and again."""

from __future__ import annotations

from collections.abc import Sequence

from texelflow.graph import Body, Node, Value
from texelflow.importers.tflite.operators import Step, body_name, lowers
from texelflow.operators import MANY
from texelflow.operators.builder import GraphBuilder


def _given(step: Step, body: Body, values: Sequence[Value], prefix: str) -> Body:
    """Return a copy of a body that reads these values in place of its inputs."""
    if len(body.inputs) != len(values):
        raise step.fail(f"its subgraph has {len(body.inputs)} inputs; it is given {len(values)}")
    title = f"{step.prefix}/{prefix}/"
    return body.copied(dict(zip(body.inputs, values, strict=True)), title)


def _arguments(step: Step, first: int) -> list[Value]:
    return [step.node.required(index) for index in range(first, len(step.node.inputs))]


def _require_outputs(step: Step, body: Body) -> None:
    if len(body.outputs) != len(step.node.outputs):
        raise step.fail(f"it has {len(step.node.outputs)} outputs, its subgraph {len(body.outputs)}")


@lowers("CALL", inputs=(0, MANY))
def _call(step: Step) -> None:
    _run(step)


@lowers("STABLEHLO_COMPOSITE", inputs=(0, MANY))
def _composite(step: Step) -> None:
    """What the operator is made of, which every file says."""
    _run(step)


def _run(step: Step) -> None:
    body = _given(step, step.body(0), _arguments(step, 0), "called")
    _require_outputs(step, body)
    step.nodes += body.nodes
    for index, value in enumerate(body.outputs):
        step.add("Identity", step.node.outputs[index], value)
        step.note(index)


@lowers("STABLEHLO_CASE", inputs=(1, MANY))
def _case(step: Step) -> None:
    """The first input says which subgraph runs; the last does for a number that none has."""
    values, count = _arguments(step, 1), 0
    while body_name(count) in step.node.attributes:
        count += 1
    bodies = [_given(step, step.body(place), values, f"case_{place}") for place in range(max(count, 1))]
    for body in bodies:
        body.inputs = []
        _require_outputs(step, body)
    choice = step.reshape("choice", step.node.required(0), [])
    made = bodies[-1]
    for place in reversed(range(count - 1)):
        last = not place
        number = step.scalar("number", step.raw(0).dtype, place)
        builder = step if last else GraphBuilder(f"{step.prefix}/beyond_{place}", step.name)
        condition = builder.add("Equal", "is_chosen", choice, number)
        outputs = step.node.outputs if last else [builder.value("made") for _ in made.outputs]
        branches = {"then_branch": bodies[place], "else_branch": made}
        around = [value for body in branches.values() for value in body.captured()]
        builder.nodes.append(Node("If", [condition, *around], outputs, branches, step.node.name))
        made = Body([], builder.nodes, outputs)
    if count == 1:
        step.nodes += made.nodes
        for result, value in zip(step.node.outputs, made.outputs, strict=True):
            step.add("Identity", result, value)
    for index in range(len(step.node.outputs)):
        step.note(index)


@lowers("IF", inputs=(1, MANY))
def _if(step: Step) -> None:
    """The first input is the condition; the others are those of both subgraphs."""
    values = _arguments(step, 1)
    branches = {}
    for index, name in enumerate(("then_branch", "else_branch")):
        branches[name] = _given(step, step.body(index), values, name)
        branches[name].inputs = []
        _require_outputs(step, branches[name])
    condition = step.node.required(0)
    around = [value for body in branches.values() for value in body.captured()]
    step.nodes.append(Node("If", [condition, *around], step.node.outputs, branches, step.node.name))
    for index in range(len(step.node.outputs)):
        step.note(index)


@lowers("WHILE", "STABLEHLO_WHILE", inputs=(1, MANY))
def _while(step: Step) -> None:
    """While the first subgraph holds, the second makes what both get next."""
    values = _arguments(step, 0)
    before = _given(step, step.body(0), values, "condition")
    step.nodes += before.nodes
    turn, holds = Value(f"{step.prefix}/turn"), Value(f"{step.prefix}/holds")
    carried = [Value(f"{step.prefix}/carried_{index}") for index in range(len(values))]
    body = _given(step, step.body(1), carried, "turn")
    _require_outputs(step, body)
    after = _given(step, step.body(0), body.outputs, "next")
    if len(before.outputs) != 1 or len(body.outputs) != len(values):
        raise step.fail(f"its subgraphs have {len(before.outputs)} and {len(body.outputs)} outputs")
    nodes = [*body.nodes, *after.nodes]
    outputs = [after.outputs[0], *body.outputs]
    whole = Body([turn, holds, *carried], nodes, outputs)
    inputs = [None, before.outputs[0], *values, *whole.captured()]
    step.nodes.append(Node("Loop", inputs, step.node.outputs, {"body": whole}, step.node.name))
    for index in range(len(step.node.outputs)):
        step.note(index)
