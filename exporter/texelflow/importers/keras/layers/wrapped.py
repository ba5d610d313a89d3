"""Layers that are called by another: Bidirectional and TimeDistributed have one in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from texelflow.graph import Value
from texelflow.importers.keras.lowering import WEIGHT_NAMES, Layer, layer_node


def inner_of(config: Mapping[str, Any], key: str = "layer") -> tuple[str, Mapping[str, Any]]:
    """Return class and configuration of the layer in another; empty if there is none."""
    inner = config.get(key)
    if not isinstance(inner, Mapping) or not isinstance(inner.get("config"), Mapping):
        return "", {}
    return str(inner.get("class_name")).split(">")[-1], inner["config"]


def inner_weights(config: Mapping[str, Any]) -> Sequence[str]:
    """Return the names of the weights of the layer in another."""
    kind, inner = inner_of(config)
    return WEIGHT_NAMES[kind](inner) if kind in WEIGHT_NAMES else ()


def call(
    layer: Layer,
    kind: str,
    config: Mapping[str, Any],
    data: Sequence[Value],
    step: str,
    *,
    count: int = 1,
    masks: Sequence[Value | None] = (),
    weights: Mapping[str, Value] | None = None,
) -> list[Value]:
    """Add a node of another layer, which is replaced in turn, and return its `count` results."""
    results = [Value(f"{layer.result.name}/{step}_{number}") for number in range(count)]
    name = f"{layer.name}/{step}"
    layer.nodes.append(
        layer_node(kind, name, results, config, layer.dialect, data, masks=masks, weights=weights)
    )
    return results
