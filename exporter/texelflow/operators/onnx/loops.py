"""Loop and Scan: a graph that runs again and again. They are written out, turn by turn, if the turns are few.

A turn is a copy of the body's nodes, followed by a node for the turns that are left: so a condition is looked
at when what computes it has been inferred. Where a run decides how many turns there are, or they are many, a
run repeats the body (internal/repeat.py).
"""

from __future__ import annotations

from collections.abc import Sequence

from texelflow.dimensions import Dimension
from texelflow.graph import Body, Node, NodeError, TensorType, Value
from texelflow.graph.constants import scalar_value, vector_value
from texelflow.operators import MANY, Operator, operator
from texelflow.operators.internal.repeat import repeat
from texelflow.operators.onnx.if_branches import body_of
from texelflow.operators.shapes import normalize_axis, unify

MOST_TURNS = 1024
"""Most turns that are written out: what drivers take to compile and to draw grows with them."""

TURN = "turn"
"""Attribute of Texelflow: how many turns were written out before this node, which makes the rest."""

COLLECTED = "collected"
"""Attribute of Texelflow: of each output that gathers what turns make, those values so far."""

BEGUN = "begun"
"""Attribute of Texelflow: the inputs before the first turn that was written out."""


@operator("Loop", inputs=(1, MANY))
class Loop(Operator):
    """`body` as often as the first input says, while the second, and then the condition it returns, holds.

    Inputs: the number of turns, the condition (both may be omitted), what the first turn starts with; behind
    these what the body reads of the graph around it. The body gets the turn's number, the condition and what
    is carried along; it returns the next condition, what the next turn gets, and results, which are stacked.
    """

    expands = True
    takes_sequences = True

    def infer(self, node: Node) -> list[TensorType]:
        """Raise NodeError: nothing is known of a loop whose inputs have no types."""
        raise NodeError(node, "its inputs have no types")

    def expand(self, node: Node) -> list[Node]:
        """Return the next turn and a Loop for those behind it; of the last the results."""
        body = body_of(node, "body")
        carried = len(body.inputs) - 2
        if carried < 0 or len(body.outputs) < 1 + carried:
            counts = f"{len(body.inputs)} inputs and {len(body.outputs)} outputs"
            raise NodeError(
                node, f"its body has {counts}; two more inputs and one more output are needed than it carries"
            )
        turn, collected = _progress(node, len(body.outputs) - 1 - carried)
        states = [node.required(2 + index) for index in range(carried)]
        is_over = self._is_over(node, body, turn)
        if is_over is None:
            begun = [*node.attributes.get(BEGUN, node.inputs), None, None]
            starts = begun[2 : 2 + carried]
            return [repeat(node, begun[0], begun[1], starts, body, node.outputs)]
        if is_over:
            stacks = [
                _stacked(node, result, parts, 0)
                for result, parts in zip(node.outputs[carried:], collected, strict=False)
            ]
            return [
                *_copies(node, node.outputs[:carried], states),
                *(step for stack in stacks for step in stack),
            ]
        title = _prefix(node, turn)
        holds = scalar_value(f"{title}condition", "bool", True)
        given = [scalar_value(f"{title}number", "int64", turn), holds, *states]
        copy = body.copied(dict(zip(body.inputs, given, strict=True)), title)
        condition, *results = copy.outputs
        rest = [node.input(0), condition, *results[:carried], *node.inputs[len(body.inputs) :]]
        return [*copy.nodes, _continued(node, rest, turn + 1, collected, results[carried:])]

    @staticmethod
    def _is_over(node: Node, body: Body, turn: int) -> bool | None:
        """Return whether there are no more turns; None if that is not known, or if they are many."""
        count, condition = node.input(0), node.input(1)
        if condition is not None and condition.number is None:
            return None
        if condition is not None and not condition.number:
            return True
        if count is not None:
            if not isinstance(count.scalar, int):
                return None
            if turn >= count.scalar:
                return True
            if count.scalar > MOST_TURNS and _goes_on(body):
                return None
        return None if turn == MOST_TURNS else False


@operator(
    "Scan",
    inputs=(1, MANY),
    attributes={
        "num_scan_inputs": "a whole number",
        **dict.fromkeys(
            (
                "scan_input_axes",
                "scan_input_directions",
                "scan_output_axes",
                "scan_output_directions",
                "directions",
            ),
            "a list of whole numbers",
        ),
    },
)
class Scan(Operator):
    """`body` for each slice of its last inputs, along an axis of each.

    Inputs: what the first turn starts with, then `num_scan_inputs` to take slices of; behind these what the
    body reads of the graph around it. The body gets and returns what is carried along, then slices.
    """

    expands = True

    def upgrade(self, node: Node, opset: int) -> None:
        """Refuse the form of opset 8, which had a batch and lengths."""
        if opset < 9:
            raise NodeError(
                node, "the Scan of opset 8 is not supported; convert the model to opset 9 or newer"
            )

    def infer(self, node: Node) -> list[TensorType]:
        """Raise NodeError: nothing is known of a loop whose inputs have no types."""
        raise NodeError(node, "its inputs have no types")

    def expand(self, node: Node) -> list[Node]:
        """Return the next turn and a Scan for those behind it; of the last the results."""
        body = body_of(node, "body")
        scanned = int(node.attributes.get("num_scan_inputs", 0))
        carried = len(body.inputs) - scanned
        if not 0 < scanned <= len(body.inputs) or len(body.outputs) < carried:
            counts = f"{len(body.inputs)} inputs and {len(body.outputs)} outputs"
            raise NodeError(node, f"its body has {counts}, which do not fit {scanned} inputs to scan")
        turn, collected = _progress(node, len(body.outputs) - carried)
        states = [node.required(index) for index in range(carried)]
        sources = [node.required(carried + index) for index in range(scanned)]
        axes = [
            normalize_axis(node, axis, source.known_type.rank)
            for axis, source in zip(_each(node, "scan_input_axes", scanned), sources, strict=True)
        ]
        turns = self._turns(node, [source.shape[axis] for axis, source in zip(axes, sources, strict=True)])
        if not isinstance(turns, int) or turns > MOST_TURNS:
            return self._repeated(node, turns, states, list(zip(sources, axes, strict=True)), body)
        if turn == turns:
            return self._ended(node, states, collected)
        title, slices, takes = _prefix(node, turn), [], []
        backwards = _each(node, "scan_input_directions", scanned)
        for number, (source, axis) in enumerate(zip(sources, axes, strict=True)):
            place = scalar_value(
                f"{title}place_{number}", "int64", turns - 1 - turn if backwards[number] else turn
            )
            slices.append(Value(f"{title}slice_{number}"))
            takes.append(Node("Gather", [source, place], [slices[-1]], {"axis": axis}, node.name))
        copy = body.copied(dict(zip(body.inputs, [*states, *slices], strict=True)), title)
        results = copy.outputs
        rest = [*results[:carried], *sources, *node.inputs[len(body.inputs) :]]
        return [*takes, *copy.nodes, _continued(node, rest, turn + 1, collected, results[carried:])]

    @staticmethod
    def _turns(node: Node, extents: Sequence[Dimension]) -> Dimension:
        turns = extents[0]
        for extent in extents[1:]:
            turns = unify(node, turns, extent, "the lengths of its inputs")
        return turns

    @staticmethod
    def _repeated(
        node: Node,
        turns: Dimension,
        states: Sequence[Value],
        sources: Sequence[tuple[Value, int]],
        body: Body,
    ) -> list[Node]:
        """Return a node whose body takes the slices itself, and nodes that put its stacks in order."""
        scalar = TensorType("int64", ())
        number, holds = Value("number"), scalar_value("holds", "bool", True)
        takes, slices = [], []
        backwards = _each(node, "scan_input_directions", len(sources))
        for index, (source, axis) in enumerate(sources):
            place = number
            if backwards[index]:
                place, last = Value(f"place_{index}"), Value("last", scalar, None, [turns - 1])
                takes.append(Node("Sub", [last, number], [place], {}, node.name))
            slices.append(Value(f"slice_{index}"))
            takes.append(Node("Gather", [source, place], [slices[-1]], {"axis": axis}, node.name))
        copy = body.copied(dict(zip(body.inputs[len(states) :], slices, strict=True)), "")
        inner = Body(
            [number, Value("condition"), *copy.inputs[: len(states)]],
            [*takes, *copy.nodes],
            [holds, *copy.outputs],
        )
        ordered: list[Node] = []
        outputs = [*node.outputs]
        gathered = len(body.outputs) - len(states)
        axes = _each(node, "scan_output_axes", gathered)
        backwards = _each(node, "scan_output_directions", gathered)
        for index, result in enumerate(node.outputs[len(states) :]):
            stack = result
            if axes[index]:
                stack = Value(f"{result.name}/stacked")
                ordered.insert(
                    0, Node("PlaceAxis", [stack], [result], {"axis": axes[index]}, node.name, "texelflow")
                )
            if backwards[index]:
                behind, stack = stack, Value(f"{result.name}/backwards")
                last, end, step = (
                    vector_value(f"{result.name}/{name}", "int64", [place])
                    for name, place in (("last", -1), ("end", -(2**31)), ("step", -1))
                )
                first = vector_value(f"{result.name}/first", "int64", [0])
                ordered.insert(0, Node("Slice", [stack, last, end, first, step], [behind], {}, node.name))
            outputs[len(states) + index] = stack
        count = Value(f"{node.outputs[0].name}/turns", scalar, None, [turns])
        return [repeat(node, count, None, states, inner, outputs), *ordered]

    @staticmethod
    def _ended(node: Node, states: Sequence[Value], collected: Sequence[Sequence[Value]]) -> list[Node]:
        nodes = _copies(node, node.outputs[: len(states)], states)
        axes = _each(node, "scan_output_axes", len(collected))
        backwards = _each(node, "scan_output_directions", len(collected))
        for number, result in enumerate(node.outputs[len(states) :]):
            parts = collected[number]
            nodes += _stacked(node, result, parts[::-1] if backwards[number] else parts, axes[number])
        return nodes


def _progress(node: Node, gathered: int) -> tuple[int, list[list[Value]]]:
    """Return how many turns there were before, and what they gave to each output that gathers."""
    return node.attributes.get(TURN, 0), node.attributes.get(COLLECTED) or [[] for _ in range(gathered)]


def _goes_on(body: Body) -> bool:
    """Return whether a loop's body returns the condition that it is given."""
    condition: Value | None = body.outputs[0]
    while condition is not None and condition.producer is not None:
        if condition.producer.operator != "Identity":
            return False
        condition = condition.producer.input(0)
    return condition is body.inputs[1]


def _prefix(node: Node, turn: int) -> str:
    return f"{node.name or node.operator}/{turn}/"


def _each(node: Node, name: str, count: int) -> list[int]:
    """Return an attribute that has a number for each of `count`; zeros if it is absent."""
    numbers = list(node.attributes.get(name) or [0] * count)
    if len(numbers) != count:
        raise NodeError(node, f"{name} has {len(numbers)} numbers; {count} are expected")
    return numbers


def _continued(
    node: Node,
    inputs: list[Value | None],
    turn: int,
    collected: Sequence[Sequence[Value]],
    made: Sequence[Value],
) -> Node:
    """Return the node for the turns behind one that made those values, which it reads, too."""
    gathered = [[*parts, value] for parts, value in zip(collected, made, strict=True)]
    attributes = {BEGUN: list(node.inputs), **node.attributes, TURN: turn, COLLECTED: gathered}
    return Node(node.operator, [*inputs, *made], node.outputs, attributes, node.name, node.domain)


def _copies(node: Node, results: Sequence[Value], values: Sequence[Value]) -> list[Node]:
    return [
        Node("Identity", [value], [result], {}, node.name)
        for value, result in zip(values, results, strict=False)
    ]


def _stacked(node: Node, result: Value, parts: Sequence[Value], axis: int) -> list[Node]:
    """Return nodes that stack what each turn made along a new axis."""
    if not parts:
        raise NodeError(node, f"it has no iterations, so that its output {result.name!r} has no shape")
    place = normalize_axis(node, axis, parts[0].known_type.rank + 1)
    axes = vector_value(f"{result.name}/axis", "int64", [place])
    upright = [Value(f"{result.name}/{turn}") for turn in range(len(parts))]
    nodes = [
        Node("Unsqueeze", [part, axes], [value], {}, node.name)
        for part, value in zip(parts, upright, strict=True)
    ]
    return [*nodes, Node("Concat", list(upright), [result], {"axis": place}, node.name)]
