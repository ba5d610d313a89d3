"""Configurations of Keras, as versions 2 and 3 write them: layers and their calls, inputs, outputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from texelflow.importers.input_types import DeclaredType
from texelflow.importers.keras.calls import Call, ConfigError, Place, call_of, place_of
from texelflow.importers.keras.lowering import KERAS_3, OPERATION

MODELS = frozenset({"Sequential", "Functional", "Model"})


@dataclass(frozen=True, slots=True)
class LayerConfig:
    """A layer: its class and configuration, and its calls."""

    name: str
    kind: str
    config: Mapping[str, Any]
    calls: list[Call]


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
        kind = kind.split(">")[-1]
        if str(item.get("module")).startswith(("keras.src.ops", "keras.ops")):
            kind = f"{OPERATION}{kind}"
        layers.append(LayerConfig(name, kind, config, [call_of(call, name) for call in calls]))
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
        called = [place for layer in layers for call in layer.calls for place in call.tensors()]
        places = [*outputs, *called]
        read = {name for name, _, _ in places}
        begun = {name for name, call, _ in places if call == 0}
        inner = outer = {
            layer.name: 1 for layer in layers if layer.kind in MODELS and layer.name in read - begun
        }

    def plain(place: Place, first: Mapping[str, int]) -> Place:
        return place._replace(call=place.call - first.get(place.layer, 0))

    renumbered = [
        replace(layer, calls=[call.mapped(lambda place: plain(place, inner)) for call in layer.calls])
        for layer in layers
    ]
    return renumbered, [plain(place, outer) for place in outputs]


def places_of(content: object) -> Iterator[Place]:
    """Yield the places of input_layers or output_layers: a list, or one, or several by name."""
    if isinstance(content, Mapping):
        content = list(content.values())
    if isinstance(content, list) and content and isinstance(content[0], str):
        content = [content]
    if not isinstance(content, list):
        raise ConfigError("the model does not say what its inputs and outputs are")
    for item in content:
        yield place_of(item)


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
