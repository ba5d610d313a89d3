"""texelflow::Branch: the page reads the condition and does the steps of one branch."""

from __future__ import annotations

from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.lower import lowers
from texelflow.backends.webgl2.lower_graph import lower_body
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.dimensions import Expression
from texelflow.operators import symbols_bound_by
from texelflow.operators.internal.branch import learned_extents


@lowers("Branch", domain="texelflow")
def lower_branch(group: Group, lowering: Lowering) -> None:
    """Emit a step that begins, with the condition; each branch, and behind it a step with its results.

    The first step reads the condition, unless its `ints` say it.

    The last step's outputs are the results of the branch that was done; the `ints` of both are the extents
    that the last one binds.
    """
    node = group.node
    condition = node.required(0)
    if isinstance(condition.scalar, Expression):
        lowering.host("branch", [], (), [condition.scalar], binds=[])
    else:
        lowering.host("branch", [lowering.flat_precise(condition)], binds=[])
    outputs = [lowering.tensor(value) for value in node.outputs]
    around = iter(node.inputs[1:])
    for index, (body, groups) in enumerate(zip(node.bodies, group.bodies, strict=True)):
        for value in body.inputs:
            other = next(around)
            if value.elements is None and other is not None:
                lowering.share(value, other, apart=True)
        lower_body(group, groups, lowering)
        results = [lowering.flat_copyable(value) for value in body.outputs]
        extents = learned_extents(node, index)
        if index == 0:
            lowering.host("other", results, (), extents, binds=[])
        else:
            lowering.host("join", results, outputs, extents, binds=symbols_bound_by(node))
    for value, output in zip(node.outputs, outputs, strict=True):
        lowering.bind(value, output)
