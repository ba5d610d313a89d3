"""Checks what every pass relies on and must leave behind it. A graph that breaks a rule shows a defect.

Rules:
1. What a node reads is an input of the graph, known at export, or the output of a node before it.
2. A value is the output of one node, its producer; inputs and constants have none.
3. Every value has a type, once types are inferred.
4. Every output of the graph is an input, known at export, or the output of a node.
5. In a node with fused nodes, each of these reads only what is there by then; the last of the epilogue makes
   the first output, the last of the prologue the first input.
"""

from __future__ import annotations

from texelflow.graph.nodes import Graph, Node, Value, node_reads


class BrokenGraphError(Exception):
    """A rule that a graph breaks, and where."""


def run(graph: Graph, typed: bool = True) -> None:
    """Raise BrokenGraphError if a rule is broken; before shape inference (not `typed`) rule 3 is none."""
    present: set[Value] = set()
    for value in graph.inputs:
        _require(value.producer is None, f"input {value!r} has a producer")
        present.add(value)

    def check_read(value: Value, reader: str) -> None:
        known = value.producer is None and (value.constant is not None or value.elements is not None)
        _require(known or value in present, f"{reader} reads {value!r}, which is not there yet")
        _require(not typed or value.type is not None, f"{reader} reads {value!r}, which has no type")

    for node in graph.nodes:
        for value in node_reads(node):
            check_read(value, node.title)
        _check_fused(node)
        for value in node.outputs:
            _require(value.producer is node, f"{node.title} makes {value!r}, whose producer is another")
            _require(value not in present, f"{node.title} makes {value!r}, which is there already")
            _require(not typed or value.type is not None, f"{node.title} makes {value!r}, which has no type")
            present.add(value)
    for value in graph.outputs:
        check_read(value, "the caller")


def _check_fused(node: Node) -> None:
    if node.prologue:
        _require(node.prologue[-1].outputs[0] is node.inputs[0], f"{node.title} does not read its prologue")
    if node.epilogue:
        _require(
            node.epilogue[-1].outputs[0] is node.outputs[0], f"{node.title} is not its epilogue's result"
        )
    for steps, start in ((node.prologue, None), (node.epilogue, node.result)):
        inside = {output for step in steps for output in step.outputs}
        made = {start}
        for step in steps:
            for value in step.inputs:
                ready = value not in inside or value in made
                _require(ready, f"{step.title}, fused, reads {value!r} before it is made")
            made.update(step.outputs)


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise BrokenGraphError(message)
