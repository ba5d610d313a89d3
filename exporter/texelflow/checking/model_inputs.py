"""Inputs of the original model that its bundle does not have: constants of the export, and states."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import cast

import numpy as np

from texelflow.bundle.types import FixedInput, GraphFile
from texelflow.checking.samples import Array, numpy_type
from texelflow.errors import ExportError


def with_constants(graph: GraphFile, inputs: Mapping[str, Array]) -> dict[str, Array]:
    """Return the inputs of the model: those given, and those that the export made constants."""
    return {**inputs, **{one["name"]: _fixed_array(one) for one in graph["provenance"]["constants"]}}


def first_states(graph: GraphFile, inputs: Mapping[str, Array]) -> dict[str, Array]:
    """Return zeros for each state, by the name of the model's input, in the sizes that the inputs have.

    What grows has none.

    Raises:
        ExportError: the shape of a state does not follow from the inputs.
    """
    sizes = {
        extent: size
        for value in graph["inputs"]
        for extent, size in zip(value["shape"], inputs[value["name"]].shape, strict=True)
        if isinstance(extent, str)
    }
    sizes.update({state["grows"]: 0 for state in graph["states"] if "grows" in state})
    states: dict[str, Array] = {}
    for state in graph["states"]:
        shape = [extent if isinstance(extent, int) else sizes.get(str(extent)) for extent in state["shape"]]
        known = [extent for extent in shape if extent is not None]
        if len(known) != len(shape):
            raise ExportError(
                f"the shape {state['shape']} of state {state['name']!r} is computed by the page only"
            )
        states[state["name"]] = np.zeros(known, numpy_type(state["dtype"]))
    return states


def next_states(graph: GraphFile, outputs: Mapping[str, Array]) -> dict[str, Array]:
    """Return what the model's outputs are for the next run, by the name of its input."""
    return {state["name"]: outputs[state["output"]] for state in graph["states"]}


def grows_with_inputs(graph: GraphFile) -> bool:
    """Return whether inputs must have other sizes in each run, as a mask of all that a cache has grown to."""
    grown = {state["grows"] for state in graph["states"] if "grows" in state}
    needs = json.dumps(
        [[need["left"], need["right"]] for need in graph["constraints"] if need["relation"] == "="]
    )
    return any(json.dumps(name) in needs for name in grown)


def chosen_signature(graph: GraphFile) -> str | None:
    """Return the name of the function that the bundle was made from, if it was chosen."""
    chosen = [
        option.partition("=")[2]
        for option in graph["provenance"]["options"]
        if option.startswith("signature=")
    ]
    return chosen[0] if chosen else None


def _fixed_array(fixed: FixedInput) -> Array:
    # Of numbers that JSON cannot write it has the names, which NumPy reads.
    numbers = np.array([float(cast(float, element)) for element in fixed["elements"]], np.float64)
    return numbers.astype(numpy_type(fixed["dtype"])).reshape(fixed["shape"])
