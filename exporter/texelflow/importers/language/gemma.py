"""Gemma 1, 2 and 3: norms that add 1 to their weights, scaled embeddings, a gate of GELU.

Gemma 2 has norms behind attention and feed-forward, too, softcaps, and every other layer sees a window of
keys. Gemma 3 normalises queries and keys in place of the softcap of attention, which its settings may still
have; five of six layers see a window, and turn by a base of their own.
"""

from __future__ import annotations

from math import sqrt

from texelflow.errors import ExportError
from texelflow.importers.language.decoder import Decoder, Layer
from texelflow.importers.language.rotations import rotation_of
from texelflow.importers.language.settings import Settings, layer_kinds, sizes


def read_gemma(settings: Settings) -> Decoder:
    """Return the decoder that a description of model_type gemma, gemma2 or gemma3_text is of."""
    # The first files of Gemma 1 say gelu and mean its approximation, as hidden_activation says later.
    name = "hidden_activation" if settings.has("hidden_activation") else "hidden_act"
    if settings.entries.get(name) != "gelu":
        settings.refuse(name, but="gelu_pytorch_tanh")
    settings.refuse("use_bidirectional_attention")
    kind = settings.entries["model_type"]
    common = sizes(settings, default_head=256)
    embedding = sqrt(settings.whole("hidden_size"))
    offset = settings.number("norm_offset", 1.0)
    rotation = rotation_of(settings, common.head_size, "full_attention")
    if kind == "gemma":
        layers = [Layer(rotation)] * common.layers
        return common.decoder(layers, gate="gelu", norm_offset=offset, embedding_scale=embedding)
    local = rotation
    every = 2
    if kind == "gemma3_text":
        local = rotation_of(settings, common.head_size, "sliding_attention")
        every = settings.whole("sliding_window_pattern", 6)
    window = settings.whole("sliding_window")
    scalar = settings.number("query_pre_attn_scalar", 256)
    if scalar <= 0:
        raise ExportError(
            f"{settings.source}: query_pre_attn_scalar is {scalar}; a positive number is needed"
        )
    kinds = layer_kinds(settings, common.layers, lambda index: (index + 1) % every != 0)
    layers = [Layer(local, window) if sliding else Layer(rotation) for sliding in kinds]
    caps = ("attn_logit_softcapping", "final_logit_softcapping")
    attention, final = (settings.number(cap) if settings.has(cap) else 0.0 for cap in caps)
    return common.decoder(
        layers,
        attention_scale=scalar**-0.5,
        gate="gelu",
        norm_offset=offset,
        embedding_scale=embedding,
        attention_softcap=attention if kind == "gemma2" else 0.0,
        final_softcap=final,
        wraps=True,
        query_norms=kind == "gemma3_text",
    )
