"""Llama, and Mistral, which is a Llama whose layers see a window of keys.

Optional: biases of attention and feed-forward, a size of heads of their own, scaled positions.
"""

from __future__ import annotations

from texelflow.importers.language.decoder import Decoder, Layer
from texelflow.importers.language.rotations import rotation_of
from texelflow.importers.language.settings import Settings, sizes


def read_llama(settings: Settings) -> Decoder:
    """Return the decoder that a description of model_type llama or mistral is of."""
    settings.refuse("hidden_act", but="silu")
    window = settings.whole("sliding_window") if settings.has("sliding_window") else None
    common = sizes(settings)
    layer = Layer(rotation_of(settings, common.head_size), window)
    return common.decoder([layer] * common.layers)
