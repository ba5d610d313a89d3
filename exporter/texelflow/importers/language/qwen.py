"""Qwen 2, whose queries, keys and values have biases, and Qwen 3, which normalises queries and keys."""

from __future__ import annotations

from texelflow.importers.language.decoder import Decoder, Layer
from texelflow.importers.language.rotations import rotation_of
from texelflow.importers.language.settings import Settings, layer_kinds, sizes


def read_qwen(settings: Settings) -> Decoder:
    """Return the decoder that a description of model_type qwen2 or qwen3 is of."""
    settings.refuse("hidden_act", but="silu")
    common = sizes(settings)
    rotation = rotation_of(settings, common.head_size)
    windows: list[int | None] = [None] * common.layers
    if settings.entries.get("use_sliding_window"):
        # The first layers see all keys.
        whole = settings.count("max_window_layers", common.layers)
        kinds = layer_kinds(settings, common.layers, lambda index: index >= whole)
        windows = [settings.whole("sliding_window") if sliding else None for sliding in kinds]
    layers = [Layer(rotation, window) for window in windows]
    return common.decoder(layers, query_norms=settings.entries["model_type"] == "qwen3")
