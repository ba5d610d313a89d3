"""The Graph of a configuration of Keras: Sequential and functional models, nested ones, shared layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from texelflow.graph import DTYPES, Graph, Node, Value
from texelflow.graph.problems import Problems
from texelflow.importers.format import ImportOptions
from texelflow.importers.input_types import DeclaredType, resolve_input_types
from texelflow.importers.keras.calls import Call, ConfigError, Place, tensors_in
from texelflow.importers.keras.config import (
    MODELS,
    LayerConfig,
    class_of,
    config_of,
    first_config,
    input_type,
    layers_of,
    places_of,
    renumbered,
)
from texelflow.importers.keras.layers import load
from texelflow.importers.keras.lowering import (
    KERAS_3,
    MASK_RULES,
    OPERATION,
    PARAMETERS,
    RESULT_RULES,
    WEIGHT_NAMES,
    Mask,
    layer_node,
)
from texelflow.importers.keras.order import by_depth, calls_in_order
from texelflow.importers.unique_names import UniqueNames

Weights: TypeAlias = "Callable[[Sequence[str], str, Sequence[str]], Sequence[Value | None]]"
"""Gives the weights of a layer, in order, by the names of the models around it and its own, its class, and
what its weights are called; None for one that is not there."""

FORGETFUL = frozenset({"MultiHeadAttention"})
"""Layers that, in Keras 3, take the masks from the tensors that they are called with."""

_DEEPEST = 20
_MOST_LAYERS = 20_000
_MOST_IN_NAMES = 2**25
"""Layers that are called, and those of models that are; and characters of what is in front of their names.

A small file could ask for more than any memory holds.
"""


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
        self._masks: dict[Value, Value] = {}

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
                    call = Call(values if len(values) == 1 else [values], {})
                    values = self._call_layer(layer, call, path, 1)
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
            values_of[Place(name, 0, 0)] = value
        reads = self._outputs_read(layers, outputs)
        order = calls_in_order(named, outputs, values_of)
        for name, number in by_depth(order, named) if self._dialect == KERAS_3 else order:
            layer = named[name]
            if not values_of.keys() >= {*layer.calls[number].tensors()}:
                raise ConfigError(f"layer {name!r} reads an output that a layer does not have")
            call = layer.calls[number].mapped(values_of.__getitem__)
            made = self._call_layer(layer, call, path, reads.get((name, number), 1))
            values_of.update({Place(name, number, index): value for index, value in enumerate(made)})
        if missing := [place for place in outputs if place not in values_of]:
            raise ConfigError(
                f"layer {missing[0][0]!r} has no output {missing[0][2]} of call {missing[0][1]}"
            )
        return [(place[0], values_of[place]) for place in outputs]

    def _note(self, count: int, path: tuple[str, ...]) -> None:
        """Count layers and their results; raise an error for too many."""
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
            *(place for layer in layers for each in layer.calls for place in each.tensors()),
        ]:
            reads[name, call] = max(reads.get((name, call), 1), index + 1)
        return reads

    def _call_layer(self, layer: LayerConfig, call: Call, path: tuple[str, ...], count: int) -> list[Value]:
        """Return the results of a call of a layer; `count` of them are read."""
        own = (*path, layer.name)
        self._note(count, path)
        kind = self._kind(layer)
        if kind in MODELS:
            data, masks, _ = self._arguments(kind, call)
            self._masks.update({value: mask for value, mask in zip(data, masks, strict=True) if mask})
            model = {"class_name": kind, "config": layer.config}
            return [value for _, value in self.call(model, data, own)]
        if kind not in WEIGHT_NAMES:
            self._problems.add(
                f"{kind} {layer.name!r} is not a layer that is known: if it is your own, or too"
                " new, export the model as a SavedModel (model.export), whose graph has what it computes"
            )
            return [Value(f"{layer.name}:{index}") for index in range(max(count, 1))]
        names = list(WEIGHT_NAMES[kind](layer.config))
        weights = self._weights_of(layer, own, names)
        data, masks, arguments = self._arguments(kind, call)
        becomes = MASK_RULES[kind](layer.config, [mask is not None for mask in masks])
        calls = sum(node.name == "/".join(own) for node in self.nodes[-200:])
        prefix = "/".join(own) + (f":{calls}" if calls else "")
        count = min(max(count, 1), RESULT_RULES[kind](layer.config, arguments))
        results = [Value(f"{prefix}/result_{len(self.nodes)}_{index}") for index in range(count)]
        made = [Value(f"{prefix}/mask_{len(self.nodes)}")] if becomes is Mask.MADE else []
        self.nodes.append(
            layer_node(
                kind,
                "/".join(own),
                [*results, *made],
                layer.config,
                self._dialect,
                data,
                masks=masks,
                arguments=arguments,
                weights={name: value for name, value in zip(names, weights, strict=True) if value},
                gives_mask=bool(made),
            )
        )
        if made:
            self._masks[results[0]] = made[0]
        is_kept = becomes is Mask.KEPT or (becomes is Mask.KEPT_IN_KERAS_3 and self._dialect == KERAS_3)
        if is_kept and masks and masks[0] is not None:
            self._masks[results[0]] = masks[0]
        if self._dialect == KERAS_3 and kind in FORGETFUL:
            for value in data:
                self._masks.pop(value, None)
        return results

    def _kind(self, layer: LayerConfig) -> str:
        """Return the class of a layer; HDF5 files of Keras 3 do not say which are functions (keras.ops)."""
        function = f"{OPERATION}{layer.kind}"
        is_layer = self._dialect != KERAS_3 or "trainable" in layer.config
        return layer.kind if is_layer or function not in WEIGHT_NAMES else function

    def _arguments(self, kind: str, call: Call) -> tuple[list[Value], list[Value | None], Mapping[str, Any]]:
        """Return what a layer is called with, the masks of that, and its other arguments.

        Masks are handed on from layer to layer; Keras 3 also lists those that it found.
        """
        if kind.startswith(OPERATION):
            return call.tensors(), [], {"positional": call.positional, "named": call.named}
        names = PARAMETERS.get(kind, ())
        bound = call.bound(names) if names else call
        others = {
            name: argument
            for name, argument in bound.named.items()
            if name == "mask" or name.endswith("_mask") or not any(tensors_in(argument))
        }
        plain = [item for item in bound.positional if item is not None and not any(tensors_in(item))]
        if plain:
            others["positional"] = plain
        own = {name: argument for name, argument in bound.named.items() if name not in others}
        data = list(tensors_in([bound.positional, own]))
        masks = [self._masks.get(value) for value in data]
        given = others.pop("mask", None)
        if isinstance(given, Value):
            masks[:1] = [given]
        elif isinstance(given, list):
            masks = [mask if isinstance(mask, Value) else None for mask in given]
        for index, name in enumerate(own if names else ()):
            mask = others.pop(f"{name}_mask", None)
            # Keras 3 takes the mask that the query has, whatever is given.
            if isinstance(mask, Value) and not (name == "query" and kind in FORGETFUL):
                masks[index] = mask
        return data, (masks + [None] * len(data))[: len(data)], others

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
