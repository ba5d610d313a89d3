"""What an If becomes: the branch that it takes, or both and a choice between their results.

Rules:
1. Of a condition that is known at export, the branch that it takes is put in place of the If.
2. Else both branches are computed, and each result is chosen: both must have one type and shape. What either
   needs of sizes is then needed at every run.
"""

from __future__ import annotations

from texelflow.graph import Body, Node, NodeError

_BRANCHES = ("else_branch", "then_branch")


def branches_of(node: Node) -> list[Node]:
    """Return the nodes that compute the outputs of an If; raise NodeError if there are none that can."""
    condition = node.required(0)
    known = condition.number
    if known is not None:
        body = _body(node, _BRANCHES[bool(known)])
        copies = [
            Node("Identity", [value], [result], {}, node.name)
            for value, result in zip(body.outputs, node.outputs, strict=False)
        ]
        return [*body.nodes, *copies]
    otherwise, then = (_body(node, name) for name in _BRANCHES)
    choices = [
        Node("Choose", [condition, *values], [result], {}, node.name, "texelflow")
        for *values, result in zip(then.outputs, otherwise.outputs, node.outputs, strict=False)
    ]
    return [*then.nodes, *otherwise.nodes, *choices]


def _body(node: Node, name: str) -> Body:
    body = node.attributes.get(name)
    if not isinstance(body, Body):
        raise NodeError(node, f"it has no {name}")
    if body.problems:
        raise NodeError(node, f"in its {name}: {'; '.join(body.problems)}")
    if len(body.outputs) < len(node.outputs):
        raise NodeError(node, f"its {name} has {len(body.outputs)} outputs, not {len(node.outputs)}")
    return body
