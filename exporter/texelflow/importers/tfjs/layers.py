"""Layers models of TF.js: a configuration of Keras, and weights called after their layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from texelflow.errors import ExportError
from texelflow.graph import DTYPES, Graph, Value
from texelflow.importers.format import ImportOptions
from texelflow.importers.keras.lowering import KERAS_3, TFJS, is_way
from texelflow.importers.keras.model import build_keras
from texelflow.importers.tfjs.weights import Weight
from texelflow.operators.builder import GraphBuilder


def read_layers(
    topology: Mapping[str, Any], weights: Mapping[str, Weight], path: Path, options: ImportOptions
) -> Graph:
    """Return the Graph of a layers model.

    Raises:
        ExportError: with every problem.
    """
    model = topology.get("model_config", topology)
    if not isinstance(model, Mapping) or "class_name" not in model:
        raise ExportError(f"{path} has a modelTopology that is neither a graph nor a configuration of Keras")
    builder = GraphBuilder("weights", "weights")

    def find(layers: Sequence[str], _kind: str, names: Sequence[str]) -> Sequence[Value | None]:
        found = [_weight_of(weights, layers, name) for name in names]
        if "depthwise_kernel" in names and len(names) < 3 and found[0] is None:  # as Keras 3 calls it
            found[0] = _weight_of(weights, layers, "kernel")
        return [
            None if weight is None or weight.dtype not in DTYPES else weight.value(builder, weight.name)
            for weight in found
        ]

    dialect = KERAS_3 if str(topology.get("keras_version", "")).startswith("3") else TFJS
    graph = build_keras(model, find, dialect, path, "TF.js, layers model", options)
    graph.nodes[:0] = builder.nodes
    return graph


def _weight_of(weights: Mapping[str, Weight], layers: Sequence[str], name: str) -> Weight | None:
    """Return a weight of a layer: called after the layer, or the models around it, too.

    Layers in others have names between (`lstm/lstm_cell/kernel`, `both/forward_lstm/kernel`).
    """
    way, _, last = name.rpartition("/")
    for start in range(len(layers)):
        prefix = "/".join(layers[start:])
        if not way and f"{prefix}/{last}" in weights:
            return weights[f"{prefix}/{last}"]
        if (cell := _of_cell(prefix, last)) in weights:
            return weights[cell]
        found = [key for key in weights if key.startswith(f"{prefix}/") and key.endswith(f"/{last}")]
        if len(found) > 1 and way:
            found = [
                key for key in found if any(is_way(part, way) for part in key[len(prefix) + 1 :].split("/"))
            ]
        if len(found) == 1:
            return weights[found[0]]
    return None


def _of_cell(layer: str, name: str) -> str:
    """Return what TF.js calls a weight of one of several cells: `kernel_1` is that of the second."""
    stem, _, number = name.rpartition("_")
    return f"{layer}/RNNCell_{number}/{stem}" if number.isdecimal() else f"{layer}/RNNCell_0/{name}"
