"""Configurations of Keras, as versions 2 and 3 write them: layers, what they read, inputs, outputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from texelflow.importers.input_types import DeclaredType
from texelflow.importers.keras.lowering import KERAS_3

MODELS = frozenset({"Sequential", "Functional", "Model"})

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


def class_of(model: Mapping[str, Any]) -> str:
    """Return Sequential or Functional; raise ConfigError for another class."""
    kind = str(model.get("class_name"))
    if kind not in MODELS:
        raise ConfigError(
            f"the model is of the class {kind!r}, which is defined by a program: export it as a SavedModel"
            " (model.export)"
        )
    # Keras 2 called functional models `Model`.
    return "Functional" if kind == "Model" else kind


def config_of(model: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the configuration of a model; raise ConfigError if it has none."""
    config = model.get("config")
    if isinstance(config, list):  # Sequential models before Keras 2.2
        return {"layers": config}
    if not isinstance(config, Mapping):
        raise ConfigError("the model has no config")
    return config


def layers_of(model: Mapping[str, Any]) -> list[LayerConfig]:
    """Return the layers of a model; raise ConfigError if one is damaged."""
    items = config_of(model).get("layers")
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


def renumbered(
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


def places_of(content: object) -> Iterator[Place]:
    """Yield the places of input_layers or output_layers: a list, or one, or several by name."""
    if isinstance(content, Mapping):
        content = list(content.values())
    if isinstance(content, list) and content and isinstance(content[0], str):
        content = [content]
    if not isinstance(content, list):
        raise ConfigError("the model does not say what its inputs and outputs are")
    for item in content:
        yield _place(item)


def first_config(layer: LayerConfig) -> Mapping[str, Any]:
    """Return the configuration that says the input's shape, also of a model that is the first layer."""
    if layer.kind in MODELS:
        inner = layers_of({"class_name": layer.kind, "config": layer.config})[0]
        return inner.config
    return layer.config


def input_type(config: Mapping[str, Any], model: Mapping[str, Any]) -> DeclaredType:
    """Return what an input layer, or else its model, says of its type; raise ConfigError."""
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
