"""Moves Transposes behind the nodes that read them, so that those of channels-last models meet and cancel.

A Transpose costs nothing by itself, but what is computed behind it cannot be part of the kernel before it.
With T a Transpose, and what else a node reads turned alike:

1. T of T is one Transpose; one that moves nothing is read through.
2. Elementwise work (also Clip, QuantizeLinear and the like with one scale): f(T(x), T(y)) is T(f(x, y)).
   What it broadcasts with may also be a single number, a constant (which is turned at load), or a tensor of
   which turning moves only axes of extent 1, which is a Reshape.
3. Concat, Split, Softmax, LogSoftmax, CumSum, and Slice and Pad of known bounds: along the axis that it was.
4. Reductions, ArgMax and ArgMin, and Gather of one index: with the axes that are left in their order.
5. Resize, where rows and columns become the last axes.
6. Reshape of a T that moves only axes of extent 1 is a Reshape of what it turns.
Not moved are Transposes behind nodes from which a run learns sizes, and in front of all others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from texelflow.dimensions import Dimension, proved_equal
from texelflow.graph import Graph, Node, TensorType, Value
from texelflow.graph.problems import Problems
from texelflow.operators import operator_of, symbols_bound_by
from texelflow.operators.builder import GraphBuilder
from texelflow.operators.elementwise import Elementwise
from texelflow.operators.onnx.softmax import TO_LAST_AXIS, softmax_axes
from texelflow.operators.onnx.transpose import permutation
from texelflow.passes.infer_types import infer_nodes

Order = tuple[int, ...]

_ALIKE = frozenset(
    {"QuantizeLinear", "DequantizeLinear", "HardSwish", "Gelu", "PRelu", "Mish", "Swish", "Mean"}
)
"""What is elementwise once it is decomposed; of the first two, where there is one scale."""

_REDUCTIONS = frozenset(
    f"Reduce{name}"
    for name in ("Max", "Min", "Mean", "Sum", "Prod", "L1", "L2", "LogSum", "LogSumExp", "SumSquare")
)


@dataclass(slots=True)
class _Moved:
    """A node that reads what is turned: inputs, attributes, and how each output is turned behind it."""

    inputs: list[Value | None]
    orders: list[Order]
    attributes: dict[str, Any] = field(default_factory=dict)


def run(graph: Graph) -> int:
    """Move Transposes; return behind how many nodes."""
    walk = _Walk(graph)
    for node in graph.nodes:
        walk.visit(node)
    walk.problems.raise_for(graph.source)
    graph.nodes = walk.nodes
    return walk.count


class _Walk:
    """The nodes so far, and what is known of Transposes among them."""

    def __init__(self, graph: Graph) -> None:
        self.nodes: list[Node] = []
        self.problems = Problems()
        self.count = 0
        self._outputs = graph.outputs
        self._constants = graph.constants()
        self._turned: dict[tuple[Value, Order], Value] = {}
        self._taken: set[str] = set()

    def visit(self, node: Node) -> None:
        """Append a node, in front of its Transposes if it may be."""
        node.inputs = [None if value is None else _through(value) for value in node.inputs]
        if _is_transpose(node):
            self._append_transpose(node)
            return
        moved = None
        if not node.domain and not symbols_bound_by(node):
            moved = self._moved(node)
        if moved is None:
            self.nodes.append(node)
            return
        self.count += 1
        results = []
        for output, order in zip(node.outputs, moved.orders, strict=True):
            shape: list[Dimension] = [0] * len(order)
            for place, axis in enumerate(order):
                shape[axis] = output.shape[place]
            results.append(Value(self._name(output.name), TensorType(output.dtype, tuple(shape))))
        attributes = {**node.attributes, **moved.attributes}
        self.nodes.append(Node(node.operator, moved.inputs, results, attributes, node.name))
        for result, output, order in zip(results, node.outputs, moved.orders, strict=True):
            self.nodes.append(Node("Transpose", [result], [output], {"perm": list(order)}, node.name))

    def _append_transpose(self, node: Node) -> None:
        """Append a Transpose, joined with one before it (rule 1)."""
        source, order = node.required(0), tuple(permutation(node))
        before = _turning(source)
        if before is not None:
            source, first = before
            order = tuple(first[axis] for axis in order)
            node.inputs, node.attributes = [source], {**node.attributes, "perm": list(order)}
        self.nodes.append(node)

    def _moved(self, node: Node) -> _Moved | None:
        order = next((found[1] for value in node.reads if (found := _turning(value)) is not None), None)
        if order is None or any(value.elements is not None for value in node.outputs):
            return None
        rule = _RULES.get(node.operator)
        if rule is not None:
            return rule(self, node, order)
        if node.operator in _ALIKE or isinstance(operator_of(node), Elementwise):
            return self.elementwise(node, order)
        return None

    def elementwise(self, node: Node, order: Order) -> _Moved | None:
        """Rule 2."""
        if any(len(output.shape) != len(order) for output in node.outputs):
            return None
        if node.operator in ("QuantizeLinear", "DequantizeLinear") and not all(
            proved_equal(value.known_type.size, 1) for value in node.reads[1:]
        ):
            return None
        inputs = [None if value is None else self.turned_back(value, order) for value in node.inputs]
        if any(new is None and old is not None for new, old in zip(inputs, node.inputs, strict=True)):
            return None
        return _Moved(inputs, [order] * len(node.outputs))

    def turned_back(self, value: Value, order: Order) -> Value | None:
        """Return what is the value once it is turned; None if that would have to be computed."""
        found = _turning(value)
        if found is not None and found[1] == order:
            return found[0]
        if not value.shape or all(_is_one(extent) for extent in value.shape):
            return value if len(value.shape) <= 1 else self._reshaped(value, [1] * len(order))
        missing = len(order) - len(value.shape)
        whole: list[Dimension] = [*[1] * missing, *value.shape]
        shape: list[Dimension] = [0] * len(order)
        for place, axis in enumerate(order):
            shape[axis] = whole[place]
        if _keeps_elements(whole, _inverse(order)):
            return self._reshaped(value, shape)
        if value in self._constants or value.is_known:
            key = value, order
            if key not in self._turned:
                builder = GraphBuilder(self._name(value.name), value.name)
                full = builder.reshape("axes", value, whole) if missing else value
                made = builder.add("Transpose", "turned", full, perm=list(_inverse(order)))
                self.nodes += infer_nodes(builder.nodes, self._outputs, self.problems)
                self._turned[key] = made
            return self._turned[key]
        return None

    def _reshaped(self, value: Value, shape: Sequence[Dimension]) -> Value:
        builder = GraphBuilder(self._name(value.name), value.name)
        made = builder.reshape("turned", value, shape)
        self.nodes += infer_nodes(builder.nodes, self._outputs, self.problems)
        return made

    def _name(self, name: str) -> str:
        unique, count = f"{name}/before", 2
        while unique in self._taken:
            unique, count = f"{name}/before_{count}", count + 1
        self._taken.add(unique)
        return unique

    def vector(self, node: Node, name: str, numbers: Sequence[Dimension]) -> Value:
        """Return a vector for a moved node."""
        return GraphBuilder(self._name(node.outputs[0].name), node.name).vector(name, list(numbers))


def _concat(walk: _Walk, node: Node, order: Order) -> _Moved | None:
    inputs = [walk.turned_back(value, order) for value in node.inputs if value is not None]
    if any(value is None or len(value.shape) != len(order) for value in inputs):
        return None
    return _Moved(list(inputs), [order], {"axis": order[_axis(node, len(order))]})


def _split(walk: _Walk, node: Node, order: Order) -> _Moved | None:
    source = _source(node, order)
    if source is None:
        return None
    axis = order[_axis(node, len(order), 0)]
    return _Moved([source, *node.inputs[1:]], [order] * len(node.outputs), {"axis": axis})


def _softmax(walk: _Walk, node: Node, order: Order) -> _Moved | None:
    source = _source(node, order)
    if source is None or len(softmax_axes(node)) > 1:
        return None
    older = {TO_LAST_AXIS: 0} if TO_LAST_AXIS in node.attributes else {}
    return _Moved([source], [order], {"axis": order[softmax_axes(node)[0]], **older})


def _cumulative(walk: _Walk, node: Node, order: Order) -> _Moved | None:
    source, axis = _source(node, order), node.required(1).number
    if source is None or not isinstance(axis, int):
        return None
    moved = GraphBuilder(walk._name(node.outputs[0].name), node.name).index("axis", order[axis % len(order)])
    return _Moved([source, moved], [order])


def _slice(walk: _Walk, node: Node, order: Order) -> _Moved | None:
    source, starts = _source(node, order), node.required(1).elements
    if source is None or starts is None:
        return None
    axes: Sequence[Any] = list(range(len(starts)))
    if node.input(3) is not None:
        axes = node.required(3).elements or []
    if len(axes) != len(starts) or not all(isinstance(axis, int) for axis in axes):
        return None
    moved = walk.vector(node, "axes", [order[axis % len(order)] for axis in axes])
    steps = node.inputs[4:5]
    return _Moved([source, node.required(1), node.required(2), moved, *steps], [order])


def _pad(walk: _Walk, node: Node, order: Order) -> _Moved | None:
    source, amounts = _source(node, order), node.required(1).elements
    rank = len(order)
    if source is None or amounts is None or node.input(3) is not None or len(amounts) != 2 * rank:
        return None
    moved: list[Any] = [0] * (2 * rank)
    for place, axis in enumerate(order):
        moved[axis], moved[axis + rank] = amounts[place], amounts[place + rank]
    return _Moved([source, walk.vector(node, "pads", moved), *node.inputs[2:3]], [order])


def _reduce(walk: _Walk, node: Node, order: Order) -> _Moved | None:
    source, listed = _source(node, order), node.input(1)
    if source is None:
        return None
    axes: Sequence[Any] | None = [] if listed is None else listed.elements
    if axes is None or not all(isinstance(axis, int) for axis in axes):
        return None
    if not axes and node.attributes.get("noop_with_empty_axes", 0):
        return _Moved([source, *node.inputs[1:]], [order])
    reduced = {axis % len(order) for axis in axes} or set(range(len(order)))
    moved = walk.vector(node, "axes", sorted(order[axis] for axis in reduced))
    behind = order if node.attributes.get("keepdims", 1) else _without(order, reduced)
    return _Moved([source, moved], [behind])


def _arg_reduce(walk: _Walk, node: Node, order: Order) -> _Moved | None:
    source = _source(node, order)
    if source is None:
        return None
    axis = _axis(node, len(order), 0)
    behind = order if node.attributes.get("keepdims", 1) else _without(order, {axis})
    return _Moved([source], [behind], {"axis": order[axis]})


def _gather(walk: _Walk, node: Node, order: Order) -> _Moved | None:
    source, indices = _source(node, order), node.required(1)
    if source is None or len(indices.shape) > 1:
        return None
    axis = _axis(node, len(order), 0)
    behind = order if indices.shape else _without(order, {axis})
    return _Moved([source, indices], [behind], {"axis": order[axis]})


def _resize(walk: _Walk, node: Node, order: Order) -> _Moved | None:
    source, rank = _source(node, order), len(order)
    axes = node.attributes.get("axes")
    if source is None or axes is None or node.input(1) is not None:
        return None
    moved = [order[int(axis) % rank] for axis in axes]
    return (
        _Moved([source, *node.inputs[1:]], [order], {"axes": moved})
        if moved == [rank - 2, rank - 1]
        else None
    )


def _reshape(walk: _Walk, node: Node, order: Order) -> _Moved | None:
    """Rule 6: in place, since nothing is behind it."""
    found = _turning(node.required(0))
    if found is not None and _keeps_elements(found[0].shape, found[1]):
        shape = node.outputs[0].shape
        node.attributes = {"allowzero": 1}
        node.inputs = [found[0], walk.vector(node, "shape", shape)]
    return None


_RULES: dict[str, Callable[[_Walk, Node, Order], _Moved | None]] = {
    "Concat": _concat,
    "Split": _split,
    "Softmax": _softmax,
    "LogSoftmax": _softmax,
    "CumSum": _cumulative,
    "Slice": _slice,
    "Pad": _pad,
    "ArgMax": _arg_reduce,
    "ArgMin": _arg_reduce,
    "Gather": _gather,
    "Resize": _resize,
    "Reshape": _reshape,
    **dict.fromkeys(_REDUCTIONS, _reduce),
}


def _is_transpose(node: Node) -> bool:
    return (node.domain, node.operator) == ("", "Transpose")


def _turning(value: Value) -> tuple[Value, Order] | None:
    """Return what a value is turned from, and how, if it is."""
    node = value.producer
    return (node.required(0), tuple(permutation(node))) if node is not None and _is_transpose(node) else None


def _through(value: Value) -> Value:
    """Return what a Transpose that moves nothing reads, else the value."""
    found = _turning(value)
    return value if found is None or list(found[1]) != sorted(found[1]) else found[0]


def _source(node: Node, order: Order) -> Value | None:
    """Return what the first input is turned from, if it is that which is turned."""
    found = _turning(node.required(0))
    return found[0] if found is not None and found[1] == order else None


def _axis(node: Node, rank: int, default: int = -1) -> int:
    return int(node.attributes.get("axis", default)) % rank


def _inverse(order: Order) -> Order:
    return tuple(order.index(axis) for axis in range(len(order)))


def _without(order: Order, gone: set[int]) -> Order:
    """Return how the axes that are left are turned, without those at places that are gone."""
    kept = [axis for place, axis in enumerate(order) if place not in gone]
    ranks = sorted(kept)
    return tuple(ranks.index(axis) for axis in kept)


def _is_one(extent: Dimension) -> bool:
    return isinstance(extent, int) and extent == 1


def _keeps_elements(shape: Sequence[Dimension], order: Order) -> bool:
    """Whether turning moves only axes of extent 1, so that the elements stay in their order."""
    moved = [axis for axis in order if not _is_one(shape[axis])]
    return moved == sorted(moved)
