"""Checks what every pass relies on and must leave behind it. A graph that breaks a rule shows a defect.

Rules:
1. What a node reads is an input of the graph, known at export, or the output of a node before it.
2. A value is the output of one node, its producer; inputs and constants have none.
3. Every value has a type, once types are inferred.
4. Every output of the graph is an input, known at export, or the output of a node.
"""

from __future__ import annotations

from texelflow.graph.nodes import Graph, Value


class BrokenGraphError(Exception):
    """A rule that a graph breaks, and where."""


def run(graph: Graph, typed: bool = True) -> None:
    """Raise BrokenGraphError if a rule is broken; before shape inference (not `typed`) rule 3 is none."""
    present: set[Value] = set()
    for value in graph.inputs:
        _require(value.producer is None, f"input {value!r} has a producer")
        present.add(value)

    def check_read(value: Value, reader: str) -> None:
        known = value.producer is None and value.is_known
        _require(known or value in present, f"{reader} reads {value!r}, which is not there yet")
        _require(not typed or value.type is not None, f"{reader} reads {value!r}, which has no type")

    for node in graph.nodes:
        for value in node.reads:
            check_read(value, node.title)
        for value in node.outputs:
            _require(value.producer is node, f"{node.title} makes {value!r}, whose producer is another")
            _require(value not in present, f"{node.title} makes {value!r}, which is there already")
            _require(not typed or value.type is not None, f"{node.title} makes {value!r}, which has no type")
            present.add(value)
    for value in graph.outputs:
        check_read(value, "the caller")


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise BrokenGraphError(message)
