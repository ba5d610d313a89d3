"""Finds the outputs that become inputs of the next run: what a model remembers.

Rules:
1. An output and an input that are a state have one element type, and provably one shape; but along one
   axis, whose extent is a symbol of the input's, the output may have another: then the state grows, as a
   cache does, or is made anew by each run.
2. Asked to find them, all pairs are states whose names say so: what is left of both without the words that
   tell before from after is the same, and no other's (present.0.key, past_key_values.0.key; hn, h0).
3. Every other free size of a state is one of another input, too: it is bound at each run. One that the model
   needs to be equal to such a size is that size; in a case of a model that branches (branching.py), one size
   of a state may be what another case left.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from texelflow.dimensions import canonical, proved_equal, symbol, symbols_of
from texelflow.errors import ExportError
from texelflow.graph import Graph, Value
from texelflow.options import AUTO


@dataclass(frozen=True, slots=True)
class State:
    """What a run reads, and what it leaves for the next one."""

    before: Value
    after: Value
    grows: str | None = None
    """The symbol of the extent that grows, from 0 on, or is otherwise as a run left it; None if none is."""


class UnboundSizeError(ExportError):
    """A state has a free size that no other input has.

    `shapes` has shapes of inputs by which each such size is one that the model needs it to be equal to; None
    where it needs nothing of the kind.
    """

    def __init__(self, message: str, shapes: dict[str, list[int | str]] | None) -> None:
        super().__init__(message)
        self.shapes = shapes


def run(graph: Graph, names: Mapping[str, str], branches: bool = False) -> list[State]:
    """Return the states of a model, or of one of its cases if it `branches`.

    `names` has an input's name for an output's, and `auto` where they are to be found.

    Raises:
        ExportError: there is no such output or input, one is of two states, or they do not fit each other.
    """
    inputs = {value.name: value for value in graph.inputs}
    outputs = {value.name: value for value in graph.outputs}
    states: list[State] = []
    if AUTO in names and AUTO not in outputs:
        names = {**_paired(inputs, outputs), **{key: name for key, name in names.items() if key != AUTO}}
    for output, name in names.items():
        for kind, known, wanted in (("output", outputs, output), ("input", inputs, name)):
            if wanted not in known:
                raise ExportError(
                    f"there is no {kind} {wanted!r} to be a state; there are {', '.join(known)}"
                )
        if any(state.before.name == name for state in states):
            raise ExportError(f"input {name!r} is of two states")
        states.append(_state(inputs[name], outputs[output]))
    kept = {state.before for state in states}
    bound = {
        symbol
        for value in graph.inputs
        if value not in kept
        for extent in value.shape
        for symbol in symbols_of(extent)
    }
    grown = {state.grows for state in states if state.grows is not None}
    shapes = _bound_shapes(graph, bound, grown)
    if shapes is None and branches:
        states = [_left_elsewhere(state, bound) for state in states]
        grown = {state.grows for state in states if state.grows is not None}
    for state in states:
        free = {symbol for extent in state.before.shape for symbol in symbols_of(extent)} - bound - grown
        if free:
            raise UnboundSizeError(
                f"no other input has the size {', '.join(sorted(free))} of state {state.before.name!r}: "
                f"give the shape of input {state.before.name!r}",
                shapes,
            )
    return states


def _left_elsewhere(state: State, bound: set[str]) -> State:
    """Return a state, its size that no input has as one that another case leaves."""
    free = {name for extent in state.before.shape for name in symbols_of(extent)} - bound
    if state.grows is not None or len(free) != 1:
        return state
    [name] = free
    return replace(state, grows=name) if symbol(name) in state.before.shape else state


def _bound_shapes(graph: Graph, bound: set[str], grown: set[str]) -> dict[str, list[int | str]] | None:
    """Return the inputs' shapes with each size as another one, or a number, that is equal to it (rule 3)."""
    names = {canonical(symbol(name)): name for name in sorted(bound, reverse=True)}
    shapes: dict[str, list[int | str]] = {}
    for value in graph.inputs:
        shape: list[int | str] = []
        for extent in value.shape:
            text = str(extent)
            equal = canonical(extent)
            if isinstance(equal, int):
                shape.append(equal)
            elif text in bound | grown or equal in names:
                shape.append(text if text in bound | grown else names[equal])
            else:
                return None
        shapes[value.name] = shape
    return shapes


_BEFORE = re.compile(r"key_values|past|previous|prev|old|initial|init|_in$|(?<=[a-z])_?0$")
_AFTER = re.compile(r"key_values|present|updated|new|next|_out$|(?<=[a-z])_?n$")


def _paired(inputs: Mapping[str, Value], outputs: Mapping[str, Value]) -> dict[str, str]:
    """Return, by output, the input whose name pairs up (rule 2); raise ExportError if there is none."""
    befores, afters = _by_stem(inputs, _BEFORE), _by_stem(outputs, _AFTER)
    pairs = {
        afters[stem][0]: befores[stem][0]
        for stem in afters
        if stem and len(afters[stem]) == len(befores.get(stem, [])) == 1
    }
    if not pairs:
        raise ExportError(
            f"no output's name pairs up with an input's to be a state: the outputs are {', '.join(outputs)},"
            f" the inputs {', '.join(inputs)}; name them, as --state OUTPUT=INPUT"
        )
    return pairs


def _by_stem(names: Iterable[str], marks: re.Pattern[str]) -> dict[str, list[str]]:
    """Return names by what is left of them without marks, and without what joins words."""
    stems: dict[str, list[str]] = {}
    for name in names:
        lower = re.sub(r"(?<=[a-z])N$", "_n", name).lower()
        stems.setdefault(re.sub(r"[^a-z0-9]+", "", marks.sub("", lower)), []).append(name)
    return stems


def _state(before: Value, after: Value) -> State:
    """Return the state of an input and an output; raise ExportError if they do not fit (rule 1)."""
    if before.dtype == after.dtype and len(before.shape) == len(after.shape):
        extents = zip(before.shape, after.shape, strict=True)
        others = [(old, new) for old, new in extents if not proved_equal(old, new)]
        if not others:
            return State(before, after)
        [(old, _new)] = others if len(others) == 1 else [(0, 0)]
        atom = None if isinstance(old, int) else old.only_atom
        if atom is not None and atom.operation == "symbol":
            return State(before, after, str(atom.operands[0]))
    raise ExportError(
        f"output {after.name!r}, {after.known_type}, cannot become input {before.name!r}, "
        f"{before.known_type}: a state keeps its type and shape, but for one axis of free size"
    )
