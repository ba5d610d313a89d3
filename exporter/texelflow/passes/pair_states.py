"""Finds the outputs that become inputs of the next run: what a model remembers.

Rules:
1. An output and an input that are a state have one type, and provably one shape.
2. Every free size of a state is one of another input, too: it is bound at each run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from texelflow.dimensions import same_shape, symbols_of
from texelflow.errors import ExportError
from texelflow.graph import Graph, Value


@dataclass(frozen=True, slots=True)
class State:
    """What a run reads, and what it leaves for the next one."""

    before: Value
    after: Value


def run(graph: Graph, names: Mapping[str, str]) -> list[State]:
    """Return the states; `names` has an input's name for an output's.

    Raises:
        ExportError: there is no such output or input, one is of two states, or they do not fit each other.
    """
    inputs = {value.name: value for value in graph.inputs}
    outputs = {value.name: value for value in graph.outputs}
    states: list[State] = []
    for output, name in names.items():
        for kind, known, wanted in (("output", outputs, output), ("input", inputs, name)):
            if wanted not in known:
                raise ExportError(
                    f"there is no {kind} {wanted!r} to be a state; there are {', '.join(known)}"
                )
        if any(state.before.name == name for state in states):
            raise ExportError(f"input {name!r} is of two states")
        before, after = inputs[name], outputs[output]
        if before.dtype != after.dtype or not same_shape(before.shape, after.shape):
            raise ExportError(
                f"output {output!r}, {after.known_type}, does not become input {name!r}, "
                f"{before.known_type}: a state keeps its type and shape"
            )
        states.append(State(before, after))
    kept = {state.before for state in states}
    bound = {
        symbol
        for value in graph.inputs
        if value not in kept
        for extent in value.shape
        for symbol in symbols_of(extent)
    }
    for state in states:
        free = {symbol for extent in state.before.shape for symbol in symbols_of(extent)} - bound
        if free:
            raise ExportError(
                f"no other input has the size {', '.join(sorted(free))} of state {state.before.name!r}: "
                f"give the shape of input {state.before.name!r}"
            )
    return states
