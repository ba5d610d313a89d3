"""texelflow::Repeat: the page does the steps of a turn again and again, and stacks what they leave."""

from __future__ import annotations

from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.layout.view import View, row_major_strides
from texelflow.backends.webgl2.lower import lowers
from texelflow.backends.webgl2.lower_graph import lower_body
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.backends.webgl2.plan.nesting import move_out
from texelflow.backends.webgl2.plan.plan import PlanTensor
from texelflow.dimensions import Dimension, Expression, floor_divide
from texelflow.graph import Value
from texelflow.operators import symbols_bound_by
from texelflow.operators.internal.repeat import MOST_COUNTED


@lowers("Repeat", domain="texelflow")
def lower_repeat(group: Group, lowering: Lowering) -> None:
    """Emit the step that begins, the steps of a turn, and the step that goes back or on.

    The first one's inputs are what the first turn starts with, its outputs the number of the turn and what
    is carried, its `ints` the most turns and whether there is a first. The last one's inputs are whether to
    go on, unless its `ints` say it, what the next turn starts with, and what is stacked; its outputs the last
    of the former, and the stacks, each part of which begins a texel.
    """
    node = group.node
    [body], [groups] = node.bodies, group.bodies
    assert body.counter is not None
    count = len(body.carried)
    starts = [lowering.flat_copyable(node.required(2 + index)) for index in range(count)]
    given = [lowering.tensor(value, precise=True) for value in (body.counter, *body.carried)]
    limits = [_number(node.input(0), MOST_COUNTED), _number(node.input(1), 1)]
    begin = len(lowering.plan.run)
    lowering.host("loop", starts, given, limits, binds=body.steering.get(body.counter, []))
    for value, tensor in zip((body.counter, *body.carried), given, strict=True):
        lowering.bind(value, tensor)
    for value, around in zip(body.inputs[1 + count :], node.inputs[2 + count :], strict=True):
        if value.elements is None and around is not None:
            lowering.share(value, around)
    lower_body(group, groups, lowering)
    condition, *results = body.outputs
    is_read = condition.scalar is None
    reads = [lowering.flat_precise(condition)] if is_read else []
    left = [lowering.flat_copyable(value) for value in results]
    finals = [lowering.tensor(value) for value in node.outputs[:count]]
    stacks = [
        _stack(stacked, part) for stacked, part in zip(node.outputs[count:], results[count:], strict=True)
    ]
    lowering.host(
        "again",
        [*reads, *left],
        [*finals, *(tensor for tensor, _ in stacks)],
        [] if is_read else [_number(condition, 1)],
        binds=symbols_bound_by(node),
    )
    move_out(lowering.plan, begin)
    for value, tensor in zip(node.outputs[:count], finals, strict=True):
        lowering.bind(value, tensor)
    for value, (tensor, view) in zip(node.outputs[count:], stacks, strict=True):
        lowering.bind(value, tensor, view)


def _stack(stacked: Value, part: Value) -> tuple[PlanTensor, View]:
    """Return the tensor of a stack, whose parts are whole texels, and the view without what fills them up."""
    row = floor_divide(part.known_type.size + 3, 4) * 4
    tensor = PlanTensor(stacked.dtype, (stacked.shape[0], row), precise=True)
    return tensor, View(stacked.shape, (row, *row_major_strides(part.shape)))


def _number(value: Value | None, omitted: int) -> Dimension:
    number = omitted if value is None else value.scalar
    if isinstance(number, Expression):
        return number
    assert isinstance(number, int)
    return min(int(number), MOST_COUNTED)
