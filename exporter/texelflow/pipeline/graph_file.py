"""The content of graph.json: inputs, outputs, weights and the plan put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from texelflow.backends.webgl2.picture_input import add_preprocessing
from texelflow.backends.webgl2.plan.plan import Draw, HostStep, Plan, PlanTensor, Program
from texelflow.bundle.derived import name_derived
from texelflow.bundle.provenance import provenance
from texelflow.dimensions import symbols_of, to_json
from texelflow.errors import ExportError
from texelflow.graph import Graph, Value
from texelflow.options import Options
from texelflow.passes.pair_states import State
from texelflow.version import __version__


def graph_file(
    source: Path,
    graph: Graph,
    plan: Plan,
    name: str,
    meanings: Mapping[Value, dict[str, Any]],
    options: Options,
    fixed: list[Value],
    states: list[State],
    origin: str | None,
) -> tuple[dict[str, Any], list[Value]]:
    """Return graph.json without `files` and the parts of weights, and the constants behind the weights.

    `meanings` has what is said of inputs and outputs, `fixed` are the inputs that the export made constants;
    `origin` is where the model was fetched from.
    """
    programs = {program: index for index, program in enumerate(plan.programs())}
    inputs = [
        {**_input_json(value, tensor, graph.steering.get(value)), **_meaning_json(value, meanings)}
        for value, tensor in zip(graph.inputs, plan.inputs, strict=True)
    ]
    if options.image is not None:
        add_preprocessing(graph, plan, inputs, programs, options.image)
    weights = [tensor for tensor in plan.tensors() if tensor.weight is not None]
    content: dict[str, Any] = {
        "formatVersion": 2,
        "generator": f"texelflow {__version__}",
        "provenance": provenance(source, graph, options.told(), fixed, origin),
        "name": name,
        "symbols": _symbols(graph, plan, states),
        "constraints": [constraint.to_json() for constraint in graph.facts.simplified()],
        "derived": [],
        "inputs": inputs,
        "outputs": [
            {
                **_signature_json(value),
                "tensor": tensor.index,
                **_meaning_json(value, meanings),
            }
            for value, tensor in zip(graph.outputs, plan.outputs, strict=True)
        ],
        "states": [_state_json(state, *tensors) for state, tensors in zip(states, plan.states, strict=True)],
        "weights": [_weight_json(tensor) for tensor in weights],
        "plans": {
            "webgl2": {
                "requirements": {
                    "textureUnits": max((len(program.samplers) for program in programs), default=0)
                },
                "tensors": [tensor.to_json() for tensor in plan.tensors()],
                "programs": [_program_json(program) for program in programs],
                "load": [draw.to_json(programs) for draw in plan.load],
                "entries": {"predict": [_step_json(step, programs) for step in plan.run]},
            }
        },
    }
    content["derived"] = name_derived(content["plans"], content["symbols"])
    return content, [tensor.weight for tensor in weights if tensor.weight is not None]


def _meaning_json(value: Value, meanings: Mapping[Value, dict[str, Any]]) -> dict[str, Any]:
    return {"meaning": meanings[value]} if value in meanings else {}


def _state_json(state: State, tensor: PlanTensor, following: PlanTensor) -> dict[str, Any]:
    return {
        **_signature_json(state.before),
        "output": state.after.name,
        "tensor": tensor.index,
        "next": following.index,
        "init": "zeros",
        "scope": "session",
        **({} if state.grows is None else {"grows": state.grows}),
    }


def _weight_json(tensor: PlanTensor) -> dict[str, Any]:
    row = {} if tensor.row is None else {"row": tensor.row}
    return {"tensor": tensor.index, **row, "parts": []}


def _signature_json(value: Value) -> dict[str, Any]:
    return {"name": value.name, "dtype": value.dtype, "shape": [to_json(extent) for extent in value.shape]}


def _input_json(value: Value, tensor: PlanTensor | None, symbols: list[str] | None) -> dict[str, Any]:
    steering = {} if symbols is None else {"elements": symbols}
    return {**_signature_json(value), "tensor": -1 if tensor is None else tensor.index, **steering}


def _program_json(program: Program) -> dict[str, Any]:
    bits = {"bits": program.bits} if program.bits else {}
    return {"name": program.name, "source": program.source, "samplers": list(program.samplers), **bits}


def _step_json(step: Draw | HostStep, programs: dict[Program, int]) -> dict[str, Any]:
    return step.to_json(programs) if isinstance(step, Draw) else step.to_json()


def _symbols(graph: Graph, plan: Plan, states: Sequence[State]) -> list[str]:
    names = {name for value in graph.inputs for extent in value.shape for name in symbols_of(extent)}
    grown = {state.grows for state in states if state.grows is not None}
    symbols = sorted(names.union(grown, *graph.steering.values()))
    for name in (name for step in plan.host_steps for name in step.binds):
        if name in symbols:
            raise ExportError(
                f"a free dimension is called {name!r}, as what runs learn is: rename it by --input"
            )
    return symbols
