"""The Graph of a configuration of Keras: Sequential and functional models, nested ones, shared layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from texelflow.graph import DTYPES, Graph, Node, Value
from texelflow.importers.format import ImportOptions
from texelflow.importers.input_types import DeclaredType, resolve_input_types
from texelflow.importers.keras.layers import load
from texelflow.importers.keras.lowering import CONFIG, DIALECT, DOMAIN, KERAS_3, WEIGHT_NAMES, WEIGHTS
from texelflow.problems import Problems

Weights: TypeAlias = "Callable[[Sequence[str], str, Sequence[str]], Sequence[Value | None]]"
"""Gives the weights of a layer, in order, by the names of the models around it and its own, its class, and
what its weights are called; None for one that is not there."""

MODELS = frozenset({"Sequential", "Functional", "Model"})
_NEEDS_MASKS = frozenset(
    {"LSTM", "GRU", "SimpleRNN", "Bidirectional", "GlobalAveragePooling1D", "TimeDistributed"}
)
_DEEPEST = 20
_MOST_LAYERS = 20_000
_RESULTS = {"LSTM": 3, "GRU": 2, "SimpleRNN": 2}

Place: TypeAlias = tuple[str, int, int]
"""An output of a call of a layer: the layer's name, which call, which output."""


class ConfigError(Exception):
    """A configuration that cannot be read, and why."""


@dataclass(frozen=True, slots=True)
class LayerConfig:
    """A layer: its class and configuration, and what each call of it reads."""

    name: str
    kind: str
    config: Mapping[str, Any]
    calls: list[list[Place]]


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
    taken = set(inputs)
    for name, value in results:
        unique, count = name, 1
        while unique in taken:
            unique, count = f"{name}_{count}", count + 1
        taken.add(unique)
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
        self._masks: list[str] = []

    def declared(self, model: Mapping[str, Any]) -> dict[str, DeclaredType]:
        """Return the types of a model's inputs, by the names of their layers."""
        layers = _layers(model)
        if _class(model) == "Sequential":
            first = layers[0]
            name = first.name if first.kind == "InputLayer" else f"{first.name}_input"
            return {name: _input_type(_first_layer(first), _config(model))}
        named = {layer.name: layer for layer in layers}
        found = {}
        for name, _, _ in _places(_config(model).get("input_layers")):
            if name not in named:
                raise ConfigError(f"the input layer {name!r} is not among the layers")
            found[name] = _input_type(named[name].config, {})
        if not found:
            raise ConfigError("the model has no input layers")
        return found

    def call(
        self, model: Mapping[str, Any], inputs: Sequence[Value], path: tuple[str, ...]
    ) -> list[tuple[str, Value]]:
        """Return the outputs of a model called with inputs, by the names of their layers."""
        if len(path) > _DEEPEST:
            raise ConfigError(f"models are nested more than {_DEEPEST} deep")
        layers = _layers(model)
        if _class(model) == "Sequential":
            values, name = list(inputs), ""
            for layer in layers:
                if layer.kind != "InputLayer":
                    values = self._call_layer(layer, values, path, 1)
                name = layer.name
            return [(name, value) for value in values]
        config = _config(model)
        layers, outputs = _renumbered(layers, list(_places(config.get("output_layers"))), self._dialect)
        named = {layer.name: layer for layer in layers}
        values_of: dict[Place, Value] = {}
        places = list(_places(config.get("input_layers")))
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
        if layer.kind in MODELS:
            model = {"class_name": layer.kind, "config": layer.config}
            return [value for _, value in self.call(model, inputs, own)]
        if len(self.nodes) > _MOST_LAYERS:
            raise ConfigError(f"the model has more than {_MOST_LAYERS} layers")
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


def _class(model: Mapping[str, Any]) -> str:
    kind = str(model.get("class_name"))
    if kind not in MODELS:
        raise ConfigError(
            f"the model is of the class {kind!r}, which is defined by a program: export it as a SavedModel"
            " (model.export)"
        )
    # Keras 2 called functional models `Model`.
    return "Functional" if kind == "Model" else kind


def _config(model: Mapping[str, Any]) -> Mapping[str, Any]:
    config = model.get("config")
    if isinstance(config, list):  # Sequential models before Keras 2.2
        return {"layers": config}
    if not isinstance(config, Mapping):
        raise ConfigError("the model has no config")
    return config


def _layers(model: Mapping[str, Any]) -> list[LayerConfig]:
    items = _config(model).get("layers")
    if not isinstance(items, list) or not items:
        raise ConfigError("the model has no layers")
    layers = []
    for item in items:
        if not isinstance(item, Mapping):
            raise ConfigError(f"a layer is {str(item)[:80]!r}")
        config = item.get("config")
        kind = str(item.get("class_name"))
        if kind in MODELS and isinstance(config, list):
            config = {"layers": config}
        if not isinstance(config, Mapping):
            raise ConfigError(f"layer {str(item.get('name'))[:80]!r} has no config")
        name = item.get("name") or config.get("name")
        if not isinstance(name, str):
            raise ConfigError(f"a layer of the class {kind!r} has no name")
        calls = item.get("inbound_nodes") or []
        if not isinstance(calls, list):
            raise ConfigError(f"the inbound_nodes of layer {name!r} are no list")
        layers.append(
            LayerConfig(name, kind.split(">")[-1], config, [list(_tensors(call, name)) for call in calls])
        )
    if len({layer.name for layer in layers}) != len(layers):
        raise ConfigError("two layers have the same name")
    return layers


def _renumbered(
    layers: Sequence[LayerConfig], outputs: Sequence[Place], dialect: str
) -> tuple[list[LayerConfig], list[Place]]:
    """Return layers and outputs with the calls of each layer counted from 0.

    Making a functional model counts as its first call: in Keras 3 only where outputs are listed; in Keras 2
    everywhere, and in some versions for Sequential models, too, which shows in that nobody reads call 0.
    """
    inner: Mapping[str, int] = {}
    if dialect == KERAS_3:
        outer = {layer.name: 1 for layer in layers if layer.kind in ("Functional", "Model")}
    else:
        places = [*outputs, *(place for layer in layers for call in layer.calls for place in call)]
        read = {name for name, _, _ in places}
        begun = {name for name, call, _ in places if call == 0}
        inner = outer = {
            layer.name: 1 for layer in layers if layer.kind in MODELS and layer.name in read - begun
        }

    def plain(place: Place, first: Mapping[str, int]) -> Place:
        name, call, index = place
        return name, call - first.get(name, 0), index

    renumbered = [
        LayerConfig(
            layer.name,
            layer.kind,
            layer.config,
            [[plain(place, inner) for place in call] for call in layer.calls],
        )
        for layer in layers
    ]
    return renumbered, [plain(place, outer) for place in outputs]


def _tensors(content: object, name: str, depth: int = 0) -> Iterator[Place]:
    """Yield what a call of a layer reads, as Keras 2 or 3 writes it."""
    if depth > 20:
        raise ConfigError(f"the inbound_nodes of layer {name!r} are nested too deeply")
    if isinstance(content, Mapping):
        if content.get("class_name") == "__keras_tensor__":
            config = content.get("config")
            yield _place(config.get("keras_history") if isinstance(config, Mapping) else None)
            return
        for key in ("args", "kwargs"):
            inner = content.get(key)
            yield from _tensors(
                list(inner.values()) if isinstance(inner, Mapping) else inner, name, depth + 1
            )
    elif isinstance(content, list):
        if len(content) in (3, 4) and isinstance(content[0], str):
            yield _place(content)
            others = content[3] if len(content) == 4 else None
            if isinstance(others, Mapping):  # tensors given by keyword, such as initial_state
                for value in others.values():
                    if isinstance(value, list) and value and isinstance(value[0], str | list):
                        yield from _tensors(value, name, depth + 1)
            return
        for item in content:
            yield from _tensors(item, name, depth + 1)


def _place(content: object) -> Place:
    if (
        isinstance(content, list)
        and len(content) >= 3
        and isinstance(content[0], str)
        and all(isinstance(number, int) and 0 <= number < 10**6 for number in content[1:3])
    ):
        return content[0], content[1], content[2]
    raise ConfigError(f"{str(content)[:80]!r} names no output of a layer")


def _places(content: object) -> Iterator[Place]:
    """Yield the places of input_layers or output_layers: a list, or one, or several by name."""
    if isinstance(content, Mapping):
        content = list(content.values())
    if isinstance(content, list) and content and isinstance(content[0], str):
        content = [content]
    if not isinstance(content, list):
        raise ConfigError("the model does not say what its inputs and outputs are")
    for item in content:
        yield _place(item)


def _first_layer(layer: LayerConfig) -> Mapping[str, Any]:
    """Return the configuration that says the input's shape, also of a model that is the first layer."""
    if layer.kind in MODELS:
        inner = _layers({"class_name": layer.kind, "config": layer.config})[0]
        return inner.config
    return layer.config


def _input_type(config: Mapping[str, Any], model: Mapping[str, Any]) -> DeclaredType:
    shape = next(
        (
            found[key]
            for found in (config, model)
            for key in ("batch_shape", "batch_input_shape", "build_input_shape")
            if isinstance(found.get(key), list)
        ),
        None,
    )
    dtype = config.get("dtype", "float32")
    if isinstance(dtype, Mapping):
        dtype = (
            dtype.get("config", {}).get("name", "float32") if isinstance(dtype.get("config"), Mapping) else ""
        )
    if config.get("sparse") or config.get("ragged"):
        raise ConfigError("an input is sparse or ragged, which is not supported")
    extents = None if shape is None else [extent if isinstance(extent, int) else None for extent in shape]
    return DeclaredType(str(dtype or "float32"), extents)
