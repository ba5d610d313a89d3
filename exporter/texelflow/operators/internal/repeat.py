"""texelflow::Repeat: a graph that a run repeats; Loop and Scan become it where they are not written out."""

from __future__ import annotations

from collections.abc import Sequence

from texelflow.dimensions import Dimension, Expression, maximum, proved_equal, symbol, symbols_of
from texelflow.graph import BODIES, Body, Graph, Node, NodeError, TensorType, Value
from texelflow.graph.constants import scalar_value
from texelflow.operators import Operator, learn, operator, symbols_bound_by
from texelflow.operators.bodies import give
from texelflow.operators.shapes import unify

MOST_COUNTED = 2**31 - 1
"""What turns are counted up to where nothing bounds them but a condition."""


@operator("Repeat", inputs=(2, 2**31 - 1), domain="texelflow")
class Repeat(Operator):
    """Its body as often as the first input says, while the second, and then what it returns first, holds.

    Behind these two, which may be omitted but are known before the first turn, come what the first turn
    starts with, and what is the same in all turns. The body gets the number of the turn and these; it returns
    whether to go on, what the next turn starts with, and results. The node gives the last of the former, and
    all of the latter, stacked along a new first axis.
    """

    def enter(self, node: Node) -> None:
        """Let the body know the types of what it is given, and elements of what is the same in all turns."""
        [body] = node.bodies
        assert body.counter is not None
        body.counter.type = TensorType("int64", ())
        give(body, dict(zip(body.inputs[1:], node.inputs[2:], strict=True)))

    def in_onnx(self, node: Node) -> list[Node]:
        """Return a Loop."""
        [body] = node.bodies
        assert body.counter is not None
        count = len(body.carried)
        given = dict(zip(body.inputs[1:], node.inputs[2:], strict=True))
        around = {inner: outer for inner, outer in given.items() if outer and inner not in body.carried}
        inputs = [body.counter, Value("condition"), *body.carried]
        repeated = Body(inputs, body.nodes, body.outputs).copied(around, "")
        return [Node("Loop", node.inputs[: 2 + count], node.outputs, {"body": repeated}, node.name)]

    def infer(self, node: Node) -> list[TensorType]:
        """Return the types of what is carried, which no turn may change, and of the stacks."""
        [body] = node.bodies
        own = _learned_inside(body)
        condition, *results = body.outputs
        count = len(body.carried)
        for before, after in zip(body.carried, results[:count], strict=True):
            _require_same(node, before, after)
        turns = self._turns(node, condition, learns=len(results) > count)
        types = [value.known_type for value in body.carried]
        for part in results[count:]:
            if any(not own.isdisjoint(symbols_of(extent)) for extent in part.shape):
                raise NodeError(node, f"its result {part.name!r}, {part.type}, may differ from turn to turn")
            types.append(TensorType(part.dtype, (turns, *part.shape)))
        return types

    @staticmethod
    def _turns(node: Node, condition: Value, learns: bool) -> Dimension:
        """Return how many turns there are: what the run learns, where a computed condition ends them."""
        count, first = _number(node, 0, MOST_COUNTED), _number(node, 1, 1)
        if condition.dtype != "bool":
            raise NodeError(node, f"whether it goes on is {condition.type}; one truth value is needed")
        if condition.number and proved_equal(first, 1):
            if proved_equal(count, MOST_COUNTED):
                raise NodeError(node, "it never ends: it has neither a number of turns nor a condition")
            return maximum(count, 0)
        return symbol(learn(node, [".turns"])[0]) if learns else 0


def repeat(
    node: Node,
    count: Value | None,
    condition: Value | None,
    starts: Sequence[Value],
    body: Body,
    outputs: Sequence[Value],
) -> Node:
    """Return a node that repeats the body of a loop, of the form that Loop's has.

    Args:
        node: the loop, which names what is wrong.
        count: how often; its element must be known, as that of `condition`.
        condition: whether there is a first turn.
        starts: what the first turn starts with.
        body: what is repeated: of the turn's number, the condition, and what is carried.
        outputs: the last of what is carried, and the stacks.

    Raises:
        NodeError: the number of turns, or the condition, is not known before the first turn.
    """
    prefix = f"{next(value.name for value in node.outputs if value.name)}/"
    captured = body.captured()
    given = [Value(f"{prefix}{value.name}/given") for value in captured]
    known = {body.inputs[1]: scalar_value(f"{prefix}condition", "bool", True)}
    copy = body.copied({**known, **dict(zip(captured, given, strict=True))}, prefix)
    number, _, *carried = copy.inputs
    unread = len(carried) - len(outputs)
    made = [*outputs, *(Value(f"{prefix}unread_{index}") for index in range(unread))]
    graph = Graph(
        f"{node.title}, a turn",
        [number, *carried, *given],
        copy.outputs[: 1 + len(made)],
        copy.nodes,
        source=node.title,
        is_inner=True,
        counter=number,
        carried=carried,
    )
    return Node(
        "Repeat",
        [count, condition, *starts, *captured],
        made,
        {BODIES: [graph]},
        node.name,
        "texelflow",
    )


def _number(node: Node, index: int, omitted: int) -> Dimension:
    if node.input(index) is None:
        return omitted
    number = node.known_number(index, ("number of turns", "condition")[index])
    if not isinstance(number, (int, Expression)):
        raise NodeError(node, f"its {('number of turns', 'condition')[index]} is {number}")
    return min(number, MOST_COUNTED) if isinstance(number, int) else number


def _require_same(node: Node, before: Value, after: Value) -> None:
    """Raise NodeError unless what a turn is given and what it leaves for the next may be of one type.

    Where that is not known, it is a constraint, which each turn meets.
    """
    a, b = before.known_type, after.known_type
    changes = f"what it carries changes from {a} to {b} with a turn; shapes must stay"
    if a.dtype != b.dtype or a.rank != b.rank:
        raise NodeError(node, changes)
    for axis, (one, other) in enumerate(zip(a.shape, b.shape, strict=True)):
        try:
            unify(node, one, other, f"the extents along axis {axis} of what it carries from turn to turn")
        except NodeError as error:
            raise NodeError(node, changes) from error


def _learned_inside(body: Graph) -> set[str]:
    """Return the symbols whose values may differ from turn to turn."""
    names = set().union(*body.steering.values())
    for node in body.nodes:
        names.update(symbols_bound_by(node), *map(_learned_inside, node.bodies))
    return names
