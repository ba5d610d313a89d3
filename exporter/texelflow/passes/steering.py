"""Finds what a run must learn of its data before it can plan: elements that shapes or places depend on.

Rules:
1. What is computed from the elements of small inputs alone (a size, a k, a sampling rate) is known to the
   page before anything runs: each of these elements becomes a symbol, as extents are.
2. Else the elements themselves are read back in the midst of a run, by a ReadElements behind the node that
   computes them, and become symbols there.
3. What a graph in a node is given must be known to the graph around it; but in what a loop repeats, the
   number of the turn can be a symbol, and what is carried from turn to turn is read back.
"""

from __future__ import annotations

from collections.abc import Iterable

from texelflow.dimensions import symbol, symbols_of
from texelflow.dimensions.constraints import learned_symbols
from texelflow.graph import Graph, Node, Value
from texelflow.operators import symbols_bound_by
from texelflow.operators.internal.read_elements import STEERING_DTYPES, symbols_as
from texelflow.operators.shapes import known_shape

MOST_ELEMENTS = 64
"""Elements that an input, or a value that is read back, may have: each is a uniform."""


class GivenError(Exception):
    """An input of a graph in a node whose elements the graph around it must know (rule 3)."""

    def __init__(self, value: Value) -> None:
        self.value = value
        super().__init__(f"the elements of {value.name!r} must be known")


def learn(graph: Graph, wanted: Iterable[Value]) -> bool:
    """Let the graph know the elements of values, by symbols; return whether more is known than before.

    Raises:
        GivenError: the graph around this one must know them first.
    """
    is_more = False
    known = set(graph.steering)
    for value in dict.fromkeys(wanted):
        if value.elements is not None:  # by one of those before it
            continue
        inputs = _inputs_behind(graph, value)
        if inputs is not None and not known.issuperset(inputs):
            for each in inputs:
                if graph.is_inner and each is not graph.counter and each.elements is None:
                    raise GivenError(each)
                _steer(graph, each)
            is_more = True
        elif _may_have_symbols(value) and (value.producer is not None or value in graph.carried):
            _read_back(graph, value)
            is_more = True
    return is_more


def may_learn(graph: Graph, value: Value) -> bool:
    """Return whether symbols of inputs alone would let the graph know the elements of a value (rule 1)."""
    inputs = None if value.elements is not None else _inputs_behind(graph, value)
    return inputs is not None and any(each.elements is None for each in inputs)


def _inputs_behind(graph: Graph, value: Value) -> list[Value] | None:
    """Return the inputs that a value is computed from, if all of them may have symbols (rule 1)."""
    inputs, found, seen, pending = set(graph.inputs), [], set(), [value]
    while pending:
        each = pending.pop()
        if each in seen or (each.is_known and each not in graph.steering):
            continue
        seen.add(each)
        if each in inputs:
            if not _may_have_symbols(each) or each in graph.carried:
                return None
            found.append(each)
        elif each.producer is None or symbols_bound_by(each.producer):
            return None
        else:
            pending.extend(each.producer.reads)
    return found


def _may_have_symbols(value: Value) -> bool:
    if value.type is None or value.dtype not in STEERING_DTYPES or known_shape(value.shape) is None:
        return False
    size = value.known_type.size
    return isinstance(size, int) and size <= MOST_ELEMENTS


def _steer(graph: Graph, value: Value) -> None:
    if value.elements is not None:
        return
    taken = {name for each in graph.inputs for extent in each.shape for name in symbols_of(extent)}
    prefix = value.name
    while any(name.startswith(f"{prefix}[") for name in taken):
        prefix += "_"
    size = value.known_type.size
    assert isinstance(size, int)
    names = graph.steering[value] = [f"{prefix}[{index}]" for index in range(size)]
    if value is graph.counter:
        learned_symbols(names)
        value.elements = [symbol(name) for name in names]
    else:
        value.elements = symbols_as(value.dtype, names)


def _read_back(graph: Graph, value: Value) -> None:
    """Insert a ReadElements after a value's node; other readers of the value read its result (rule 2)."""
    producer = value.producer
    read = Value(f"{value.name}/read", value.type)
    node = Node("ReadElements", [value], [read], name=producer.name if producer else "", domain="texelflow")
    for other in graph.nodes:
        other.inputs = [read if each is value else each for each in other.inputs]
    graph.nodes.insert(0 if producer is None else graph.nodes.index(producer) + 1, node)
