"""Checks what every pass relies on and must leave behind it. A graph that breaks a rule shows a defect.

Passes call for it where the variable `TEXELFLOW_CHECK_GRAPH` asks so, as tests do (`is_checking`).

Rules:
1. What a node reads is an input of the graph, known at export, or the output of a node before it.
2. A value is the output of one node, its producer; inputs and constants have none.
3. Every value has a type, once types are inferred.
4. Every output of the graph is an input, known at export, or the output of a node.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from texelflow.graph.nodes import Graph, Node, Value


class BrokenGraphError(Exception):
    """A rule that a graph breaks, and where."""


def is_checking() -> bool:
    """Return whether the variable `TEXELFLOW_CHECK_GRAPH` asks to check the graph after each pass."""
    return bool(os.environ.get("TEXELFLOW_CHECK_GRAPH"))


@contextmanager
def checked_after(rewrite: Callable[..., object]) -> Iterator[None]:
    """Name the pass in a BrokenGraphError that the block raises."""
    try:
        yield
    except BrokenGraphError as error:
        raise BrokenGraphError(f"after {rewrite.__module__}: {error}") from None


def run(graph: Graph, typed: bool = True) -> None:
    """Raise BrokenGraphError if a rule is broken; before shape inference (not `typed`) rule 3 is none."""
    present: set[Value] = set()
    for value in graph.inputs:
        if value.producer is not None:
            raise BrokenGraphError(f"input {value!r} has a producer")
        present.add(value)

    def check_read(value: Value, consumer: Node | None) -> None:
        if value not in present and not (value.producer is None and value.is_known):
            raise BrokenGraphError(f"{_title(consumer)} reads {value!r}, which is not there yet")
        if typed and value.type is None:
            raise BrokenGraphError(f"{_title(consumer)} reads {value!r}, which has no type")

    for node in graph.nodes:
        for value in node.reads:
            check_read(value, node)
        for value in node.outputs:
            if value.producer is not node:
                raise BrokenGraphError(f"{node.title} makes {value!r}, whose producer is another")
            if value in present:
                raise BrokenGraphError(f"{node.title} makes {value!r}, which is there already")
            if typed and value.type is None:
                raise BrokenGraphError(f"{node.title} makes {value!r}, which has no type")
            present.add(value)
    for value in graph.outputs:
        check_read(value, None)


def _title(consumer: Node | None) -> str:
    return "the caller" if consumer is None else consumer.title
