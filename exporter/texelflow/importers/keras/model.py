"""The Graph of a configuration of Keras: Sequential and functional models, nested ones, shared layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from texelflow.graph import DTYPES, Graph, Node, Value
from texelflow.importers.format import ImportOptions
from texelflow.importers.input_types import DeclaredType, resolve_input_types
from texelflow.importers.keras.config import (
    MODELS,
    ConfigError,
    LayerConfig,
    Place,
    class_of,
    config_of,
    first_config,
    input_type,
    layers_of,
    places_of,
    renumbered,
)
from texelflow.importers.keras.layers import load
from texelflow.importers.keras.lowering import CONFIG, DIALECT, DOMAIN, WEIGHT_NAMES, WEIGHTS
from texelflow.importers.unique_names import UniqueNames
from texelflow.problems import Problems

Weights: TypeAlias = "Callable[[Sequence[str], str, Sequence[str]], Sequence[Value | None]]"
"""Gives the weights of a layer, in order, by the names of the models around it and its own, its class, and
what its weights are called; None for one that is not there."""

_NEEDS_MASKS = frozenset(
    {"LSTM", "GRU", "SimpleRNN", "Bidirectional", "GlobalAveragePooling1D", "TimeDistributed"}
)
_DEEPEST = 20
_MOST_LAYERS = 20_000
_MOST_IN_NAMES = 2**25
"""Layers that are called, and those of models that are; and characters of what is in front of their names.

A small file could ask for more than any memory holds.
"""

_RESULTS = {"LSTM": 3, "GRU": 2, "SimpleRNN": 2}


def build_keras(
    model: Mapping[str, Any], weights: Weights, dialect: str, path: Path, kind: str, options: ImportOptions
) -> Graph:
    """Return the Graph of a model; inputs and outputs are called as their layers.

    Args:
        model: the model's class_name and config.
        weights: what gives the weights of layers.
        dialect: who wrote the file (KERAS_2, KERAS_3, TFJS).
        path: the file, for messages.
        kind: what the file is, for people.
        options: shapes for inputs.

    Raises:
        ExportError: with every problem.
    """
    load()
    problems = Problems()
    reader = _Reader(weights, dialect, problems)
    inputs: dict[str, Value] = {}
    results: list[tuple[str, Value]] = []
    try:
        declared = reader.declared(model)
        for name, type_ in declared.items():
            if type_.dtype not in DTYPES:
                problems.add(f"input {name!r} has elements of type {type_.dtype}, which is not supported")
        types = resolve_input_types(declared, options.input_shapes, problems)
        inputs = {name: Value(name, types.get(name)) for name in declared}
        results = reader.call(model, list(inputs.values()), ())
    except ConfigError as error:
        problems.add(str(error))
    problems.raise_for(str(path))
    outputs = []
    names = UniqueNames(inputs)
    for name, value in results:
        unique = names.take(name, 1)
        outputs.append(Value(unique))
        reader.nodes.append(Node("Identity", [value], [outputs[-1]], name=f"Identity_of_{unique}"))
    graph = Graph(path.stem, list(inputs.values()), outputs, reader.nodes, str(path))
    graph.format = kind
    return graph


class _Reader:
    """Makes nodes of layers; `nodes` are those so far."""

    def __init__(self, weights: Weights, dialect: str, problems: Problems) -> None:
        self.nodes: list[Node] = []
        self._weights = weights
        self._dialect = dialect
        self._problems = problems
        self._made: dict[tuple[str, ...], list[Value]] = {}
        self._count = 0
        self._in_names = 0
        self._masks: list[str] = []

    def declared(self, model: Mapping[str, Any]) -> dict[str, DeclaredType]:
        """Return the types of a model's inputs, by the names of their layers."""
        layers = layers_of(model)
        if class_of(model) == "Sequential":
            first = layers[0]
            name = first.name if first.kind == "InputLayer" else f"{first.name}_input"
            return {name: input_type(first_config(first), config_of(model))}
        named = {layer.name: layer for layer in layers}
        found = {}
        for name, _, _ in places_of(config_of(model).get("input_layers")):
            if name not in named:
                raise ConfigError(f"the input layer {name!r} is not among the layers")
            found[name] = input_type(named[name].config, {})
        if not found:
            raise ConfigError("the model has no input layers")
        return found

    def call(
        self, model: Mapping[str, Any], inputs: Sequence[Value], path: tuple[str, ...]
    ) -> list[tuple[str, Value]]:
        """Return the outputs of a model called with inputs, by the names of their layers."""
        if len(path) > _DEEPEST:
            raise ConfigError(f"models are nested more than {_DEEPEST} deep")
        layers = layers_of(model)
        self._note(len(layers), path)
        if class_of(model) == "Sequential":
            values, name = list(inputs), ""
            for layer in layers:
                if layer.kind != "InputLayer":
                    values = self._call_layer(layer, values, path, 1)
                name = layer.name
            return [(name, value) for value in values]
        config = config_of(model)
        layers, outputs = renumbered(layers, list(places_of(config.get("output_layers"))), self._dialect)
        named = {layer.name: layer for layer in layers}
        values_of: dict[Place, Value] = {}
        places = list(places_of(config.get("input_layers")))
        if len(places) != len(inputs):
            raise ConfigError(f"a model of {len(places)} inputs is called with {len(inputs)}")
        for (name, _, _), value in zip(places, inputs, strict=True):
            values_of[name, 0, 0] = value
        reads = self._outputs_read(layers, outputs)
        for name, number in _order(named, outputs, values_of):
            layer = named[name]
            arguments = [values_of[place] for place in layer.calls[number] if place in values_of]
            if len(arguments) != len(layer.calls[number]):
                raise ConfigError(f"layer {name!r} reads an output that a layer does not have")
            made = self._call_layer(layer, arguments, path, reads.get((name, number), 1))
            values_of.update({(name, number, index): value for index, value in enumerate(made)})
        if missing := [place for place in outputs if place not in values_of]:
            raise ConfigError(
                f"layer {missing[0][0]!r} has no output {missing[0][2]} of call {missing[0][1]}"
            )
        return [(place[0], values_of[place]) for place in outputs]

    def _note(self, count: int, path: tuple[str, ...]) -> None:
        """Note that so many layers or results of layers are made."""
        self._count += max(count, 1)
        self._in_names += sum(map(len, path))
        if self._count > 2 * _MOST_LAYERS or self._in_names > _MOST_IN_NAMES:
            raise ConfigError(
                f"the model has more than {_MOST_LAYERS} layers, with those of models that are called again"
            )

    @staticmethod
    def _outputs_read(layers: Sequence[LayerConfig], outputs: Sequence[Place]) -> dict[tuple[str, int], int]:
        reads: dict[tuple[str, int], int] = {}
        for name, call, index in [
            *outputs,
            *(place for layer in layers for each in layer.calls for place in each),
        ]:
            reads[name, call] = max(reads.get((name, call), 1), index + 1)
        return reads

    def _call_layer(
        self, layer: LayerConfig, inputs: Sequence[Value], path: tuple[str, ...], count: int
    ) -> list[Value]:
        own = (*path, layer.name)
        self._note(count, path)
        if layer.kind in MODELS:
            model = {"class_name": layer.kind, "config": layer.config}
            return [value for _, value in self.call(model, inputs, own)]
        if layer.kind not in WEIGHT_NAMES:
            self._problems.add(
                f"{layer.kind} {layer.name!r} is not a layer that is known: if it is your own, or too"
                " new, export the model as a SavedModel (model.export), whose graph has what it computes"
            )
            return [Value(f"{layer.name}:{index}") for index in range(max(count, 1))]
        if layer.config.get("mask_zero") or layer.kind == "Masking":
            self._masks.append(layer.name)
        if self._masks and layer.kind in _NEEDS_MASKS:
            self._problems.add(
                f"{layer.kind} {layer.name!r} takes the mask that {self._masks[0]!r} makes, which is not"
                " supported: cut sequences to their length in the page, and set mask_zero to False"
            )
        names = list(WEIGHT_NAMES[layer.kind](layer.config))
        weights = self._weights_of(layer, own, names)
        kept = [(name, value) for name, value in zip(names, weights, strict=True) if value is not None]
        calls = sum(node.name == "/".join(own) for node in self.nodes[-200:])
        prefix = "/".join(own) + (f":{calls}" if calls else "")
        count = min(max(count, 1), _RESULTS.get(layer.kind, 1) if layer.config.get("return_state") else 1)
        results = [Value(f"{prefix}/result_{len(self.nodes)}_{index}") for index in range(count)]
        attributes = {
            CONFIG: dict(layer.config),
            WEIGHTS: [name for name, _ in kept],
            DIALECT: self._dialect,
        }
        operands: list[Value | None] = [*inputs, *(value for _, value in kept)]
        self.nodes.append(Node(layer.kind, operands, results, attributes, "/".join(own), DOMAIN))
        return results

    def _weights_of(
        self, layer: LayerConfig, path: tuple[str, ...], names: Sequence[str]
    ) -> Sequence[Value | None]:
        """Return the weights of a layer, the same values for each call."""
        if not names:
            return []
        if path not in self._made:
            found = list(self._weights(path, layer.kind, names))
            missing = [name for name, value in zip(names, found, strict=True) if value is None]
            if missing:
                self._problems.add(
                    f"{layer.kind} {layer.name!r} has no weight {missing[0]!r} in the file: is the model"
                    " complete?"
                )
            self._made[path] = [value for value in found if value is not None]
            if missing:
                return [None] * len(names)
        return self._made[path] if len(self._made[path]) == len(names) else [None] * len(names)


def _order(
    layers: Mapping[str, LayerConfig], outputs: Sequence[Place], given: Mapping[Place, Value]
) -> Iterator[tuple[str, int]]:
    """Yield the calls of layers that outputs need, each behind those that it reads."""
    done = {(name, call) for name, call, _ in given}
    open_: set[tuple[str, int]] = set()
    pending = [((name, call), False) for name, call, _ in reversed(outputs)]
    while pending:
        place, is_ready = pending.pop()
        if place in done:
            continue
        if is_ready:
            done.add(place)
            yield place
            continue
        if place in open_:
            raise ConfigError(f"layer {place[0]!r} depends on itself")
        open_.add(place)
        layer = layers.get(place[0])
        if layer is None or not 0 <= place[1] < len(layer.calls):
            raise ConfigError(f"call {place[1]} of layer {place[0]!r} is read, which the model does not have")
        pending.append((place, True))
        pending += [((name, call), False) for name, call, _ in reversed(layer.calls[place[1]])]
