"""If: one of two graphs."""

from __future__ import annotations

from texelflow.dimensions import Expression, canonical
from texelflow.dimensions.constraints import may_branch
from texelflow.graph import Body, Node, NodeError, TensorType, UndecidedError
from texelflow.operators import MANY, Operator, operator
from texelflow.operators.internal.branch import branch

_BRANCHES = ("else_branch", "then_branch")


@operator("If", inputs=(1, MANY))
class If(Operator):
    """The results of `then_branch` where the first input holds, else those of `else_branch`.

    The inputs behind it are what the branches read of the graph around them.
    """

    expands = True
    takes_sequences = True
    steered_by = (0,)

    def infer(self, node: Node) -> list[TensorType]:
        """Raise NodeError: nothing is known of a condition without a type."""
        raise NodeError(node, "its condition has no type")

    def expand(self, node: Node) -> list[Node]:
        """Return the nodes of the branch that is taken, if the condition is known at export; else a Branch.

        Raises:
            UndecidedError: the condition follows from what a run is given, and the model may branch by that.
        """
        condition = node.required(0)
        known = condition.scalar
        if isinstance(known, Expression):
            known = canonical(known)
        if isinstance(known, Expression) and may_branch(known):
            raise UndecidedError(node, known)
        if isinstance(known, int | float):
            taken = _branch(node, _BRANCHES[bool(known)])
            copies = [
                Node("Identity", [value], [result], {}, node.name)
                for value, result in zip(taken.outputs, node.outputs, strict=False)
            ]
            return [*taken.nodes, *copies]
        otherwise, then = (_branch(node, name) for name in _BRANCHES)
        return [branch(node, condition, then, otherwise)]


def _branch(node: Node, name: str) -> Body:
    body = body_of(node, name)
    if len(body.outputs) < len(node.outputs):
        raise NodeError(node, f"its {name} has {len(body.outputs)} outputs, not {len(node.outputs)}")
    return body


def body_of(node: Node, name: str) -> Body:
    """Return a node's attribute that is a graph; raise NodeError if it cannot be exported."""
    body = node.attributes.get(name)
    if not isinstance(body, Body):
        raise NodeError(node, f"it has no {name}")
    if body.problems:
        raise NodeError(node, f"in its {name}: {'; '.join(body.problems)}")
    return body
