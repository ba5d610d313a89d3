"""texelflow::Branch: one of two graphs, as a run decides; what an If is whose condition is computed."""

from __future__ import annotations

from collections.abc import Sequence

from texelflow.dimensions import Dimension, Expression, proved_equal, symbol
from texelflow.dimensions.constraints import learned_symbols
from texelflow.graph import BODIES, LEARNED, Body, Graph, Node, NodeError, TensorType, Value
from texelflow.operators import MANY, Operator, operator
from texelflow.operators.bodies import give
from texelflow.operators.shapes import same_dtype

EXTENTS = "extents"
"""Attribute of Texelflow: by symbol that a run learns, the output and the axis whose extent it is."""

MOST_NODES = 24
"""Nodes of two branches together that are both computed: to read a condition back takes about as long."""

LARGE = frozenset({"Conv", "ConvTranspose", "Gemm", "LSTM", "GRU", "RNN", "MatMul", "Attention"})
"""Operators of which one is work enough to let a branch wait for its condition."""


@operator("Branch", inputs=(1, MANY), domain="texelflow")
class Branch(Operator):
    """The results of its first graph where the first input holds, else those of the second.

    The inputs behind it are those of the first graph, then those of the second. Extents in which the results
    of both differ a run learns. Where the branches are small and their results alike, both are computed.
    """

    def enter(self, node: Node) -> None:
        """Let the branches know the types of what they are given."""
        inputs = iter(node.inputs[1:])
        for body in node.bodies:
            give(body, {inner: next(inputs) for inner in body.inputs})

    def in_onnx(self, node: Node) -> list[Node]:
        """Return an If."""
        around = iter(node.inputs[1:])
        given = [{inner: next(around) for inner in body.inputs} for body in node.bodies]
        then, other = (
            Body([], body.nodes, body.outputs).copied(
                {inner: value for inner, value in values.items() if value is not None}, ""
            )
            for body, values in zip(node.bodies, given, strict=True)
        )
        attributes = {"then_branch": then, "else_branch": other}
        return [Node("If", [node.required(0)], node.outputs, attributes, node.name)]

    def infer(self, node: Node) -> list[TensorType]:
        """Return the types that both branches give."""
        condition = node.required(0).known_type
        if condition.dtype != "bool" or not proved_equal(condition.size, 1):
            raise NodeError(node, f"its condition is {condition}; one truth value is needed")
        types = []
        for index in range(len(node.outputs)):
            then, other = (body.outputs[index].known_type for body in node.bodies)
            same_dtype(node, [then, other])
            if then.rank != other.rank:
                raise NodeError(
                    node,
                    f"its condition depends on data, but its branches give {then} and {other}: give the input"
                    " that decides it a value with --constant, or shapes with --input",
                )
            extents = [
                a if proved_equal(a, b) else _learned(node, index, axis)
                for axis, (a, b) in enumerate(zip(then.shape, other.shape, strict=True))
            ]
            types.append(TensorType(then.dtype, tuple(extents)))
        return types

    def decompose(self, node: Node) -> list[Node] | None:
        """Return the nodes of the branch that is taken, if that is known by now, or of both small ones."""
        condition = node.required(0)
        self.enter(node)
        if condition.number is not None:
            body = node.bodies[not condition.number]
            return [*_inlined(body), *_ended("Identity", node, [[value] for value in body.outputs])]
        if node.attributes.get(EXTENTS) or _is_large(node):
            return None
        then, other = node.bodies
        pairs = zip(then.outputs, other.outputs, strict=True)
        choices = _ended("Choose", node, [[condition, *pair] for pair in pairs], "texelflow")
        return [*_inlined(then), *_inlined(other), *choices]


def branch(node: Node, condition: Value, then: Body, other: Body) -> Node:
    """Return a node for a condition that is not known; `node` names what is wrong."""
    bodies, inputs = [], [condition]
    for name, body in (("then", then), ("else", other)):
        prefix = f"{next(value.name for value in node.outputs if value.name)}/{name}/"
        captured = body.captured()
        given = [Value(f"{prefix}{value.name}/given") for value in captured]
        copy = body.copied(dict(zip(captured, given, strict=True)), prefix)
        outputs = copy.outputs[: len(node.outputs)]
        title = f"{node.title}, {name}"
        bodies.append(Graph(title, given, outputs, copy.nodes, source=title, is_inner=True))
        inputs += captured
    return Node("Branch", [*inputs], node.outputs, {BODIES: bodies}, node.name, "texelflow")


def learned_extents(node: Node, branch_index: int) -> list[Dimension]:
    """Return, for the symbols that a run learns, what they are in a branch."""
    places = node.attributes.get(EXTENTS, {}).values()
    return [node.bodies[branch_index].outputs[index].shape[axis] for index, axis in places]


def _learned(node: Node, index: int, axis: int) -> Expression:
    name = f"{node.outputs[index].name or f'{node.name}.{index}'}.{axis}"
    places: dict[str, tuple[int, int]] = node.attributes.setdefault(EXTENTS, {})
    places[name] = index, axis
    node.attributes[LEARNED] = list(places)
    learned_symbols([name])
    return symbol(name)


def _inlined(body: Graph) -> list[Node]:
    """Return the nodes of a branch, which read what it is given."""
    for node in body.nodes:
        node.inputs = [value if value is None else body.given.get(value, value) for value in node.inputs]
        for inner in node.bodies:
            inner.given = {key: body.given.get(value, value) for key, value in inner.given.items()}
    body.outputs = [body.given.get(value, value) for value in body.outputs]
    return body.nodes


def _ended(operator: str, node: Node, reads: Sequence[Sequence[Value]], domain: str = "") -> list[Node]:
    return [
        Node(operator, [*values], [result], {}, node.name, domain)
        for values, result in zip(reads, node.outputs, strict=True)
    ]


def _is_large(node: Node) -> bool:
    nodes = [inner for body in node.bodies for inner in body.nodes]
    return len(nodes) > MOST_NODES or any(inner.operator in LARGE or inner.bodies for inner in nodes)
