"""What operators with subgraphs share: each subgraph goes through all passes by itself."""

from __future__ import annotations

from collections.abc import Mapping

from texelflow.dimensions import current_facts
from texelflow.dimensions.constraints import ModelFacts
from texelflow.graph import Graph, Value


def give(body: Graph, values: Mapping[Value, Value | None]) -> None:
    """Let a graph in a node know the types of its inputs, and the elements of what is no turn's result.

    `values` has, by input, what it is of the graph around.
    """
    facts = current_facts()
    if isinstance(facts, ModelFacts):
        body.facts = facts
    carried = set(body.carried)
    for inner, outer in values.items():
        assert outer is not None
        inner.type = outer.known_type
        inner.elements = None if inner in carried else outer.elements
        body.given[inner] = outer
