"""Takes one position of a sequence in front of the nodes that compute each position by itself.

A prompt's logits are wanted behind its last token alone: the product with a vocabulary is then of one row.

Rules; a Gather of one index, known and along an axis before the last, moves in front of the node it reads if
1. nothing else reads what that node makes, and it is no output;
2. that node is a MatMul with one matrix on the right, or a LayerNormalization or RMSNormalization of the last
   axis;
3. or it is elementwise, and of each operand it is proved that it is as long along the axis, or broadcast
   along it: it is then taken from, or stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from texelflow.dimensions import proved_equal
from texelflow.graph import Graph, Node, Value
from texelflow.graph.problems import Problems
from texelflow.operators import operator_of
from texelflow.operators.elementwise import Elementwise
from texelflow.passes.infer_types import infer_nodes

_NORMS = frozenset({"LayerNormalization", "RMSNormalization"})

_MOST = 64
"""Nodes in a row that one Gather moves in front of."""


def run(graph: Graph) -> int:
    """Move Gathers; return in front of how many nodes."""
    readers = {value: len(nodes) for value, nodes in graph.consumers().items()}
    for value in graph.outputs:
        readers[value] = readers.get(value, 0) + 1
    problems = Problems()
    nodes: list[Node] = []
    count = 0
    for node in graph.nodes:
        taking = _Taking(node, readers)
        if _takes_one_position(node) and taking.early(node.required(0), _axis(node)):
            count += len(taking.nodes) - 1
            last = taking.nodes[-1]
            last.outputs = node.outputs
            node.outputs[0].producer = last
            nodes += infer_nodes(taking.nodes, graph.outputs, problems)
        else:
            nodes.append(node)
    problems.raise_for(graph.source)
    graph.nodes = nodes
    return count


def _takes_one_position(node: Node) -> bool:
    if (node.domain, node.operator) != ("", "Gather"):
        return False
    data, index = node.required(0), node.required(1)
    return len(index.shape) == 1 and index.number is not None and _axis(node) < len(data.shape) - 1


def _axis(node: Node) -> int:
    return int(node.attributes.get("axis", 0)) % len(node.required(0).shape)


@dataclass(slots=True)
class _Taking:
    """The nodes that a Gather becomes."""

    gather: Node
    readers: Mapping[Value, int]
    nodes: list[Node] = field(default_factory=list)

    def early(self, value: Value, axis: int) -> bool:
        """Compute a value's position from those of what it is made of; return whether that may be."""
        node = value.producer
        if node is None or node.domain or len(node.outputs) != 1 or self.readers.get(value) != 1:
            return False
        axes = _taken_axes(node, axis)
        if axes is None or len(self.nodes) >= _MOST:
            return False
        inputs = [
            each if each is None or own is None else self._position(each, own)
            for each, own in zip(node.inputs, axes, strict=True)
        ]
        result = Value(f"{value.name}/position")
        self.nodes.append(Node(node.operator, inputs, [result], {**node.attributes}, node.name))
        return True

    def _position(self, value: Value, axis: int) -> Value:
        if not self.early(value, axis):
            result = Value(f"{value.name}/position")
            inputs = [value, self.gather.input(1)]
            self.nodes.append(Node("Gather", inputs, [result], {"axis": axis}, self.gather.name))
        return self.nodes[-1].outputs[0]


def _taken_axes(node: Node, axis: int) -> list[int | None] | None:
    """Return the axis along which a position of each input is taken, None where it stays; or None for all."""
    output = node.outputs[0].shape
    first = len(output) - len(node.required(0).shape)
    if node.operator == "MatMul":
        if len(node.required(1).shape) != 2 or first or axis == len(output) - 1:
            return None
        return [axis, None]
    if node.operator in _NORMS:
        last = int(node.attributes.get("axis", -1)) % len(output) == len(output) - 1
        others = [None if value is None else len(value.shape) for value in node.inputs[1:]]
        return (
            [axis, *[None] * len(others)] if last and all(rank in (None, 0, 1) for rank in others) else None
        )
    if not isinstance(operator_of(node), Elementwise):
        return None
    axes: list[int | None] = []
    for value in node.inputs:
        own = -1 if value is None else axis - (len(output) - len(value.shape))
        if (
            value is None
            or own < 0
            or (proved_equal(value.shape[own], 1) and not proved_equal(output[axis], 1))
        ):
            axes.append(None)
        elif proved_equal(value.shape[own], output[axis]):
            axes.append(own)
        else:
            return None
    return axes
