"""Translates a GGUF file's metadata to the names of Hugging Face's config.json, which families read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from texelflow.errors import ExportError
from texelflow.importers.language.settings import Settings

TYPES = {
    "llama": "llama",
    "qwen2": "qwen2",
    "qwen3": "qwen3",
    "gemma": "gemma",
    "gemma2": "gemma2",
    "gemma3": "gemma3_text",
}
"""Hugging Face's model_type by general.architecture."""

NAMES = {
    "hidden_size": "embedding_length",
    "num_hidden_layers": "block_count",
    "intermediate_size": "feed_forward_length",
    "num_attention_heads": "attention.head_count",
    "num_key_value_heads": "attention.head_count_kv",
    "rms_norm_eps": "attention.layer_norm_rms_epsilon",
    "head_dim": "attention.key_length",
    "rope_theta": "rope.freq_base",
    "rope_local_base_freq": "rope.freq_base_swa",
    "sliding_window": "attention.sliding_window",
    "attn_logit_softcapping": "attn_logit_softcapping",
    "final_logit_softcapping": "final_logit_softcapping",
}

LARGE_LAYERS = {"gemma2": 46, "gemma3": 62}
"""Of the models of 27 billion weights, which alone scale attention by their width; files do not say so."""


def settings_of(
    metadata: Mapping[str, Any], vocabulary: int, divisors: tuple[float, ...], source: str
) -> Settings:
    """Return a description; `divisors` are of the angles of positions, as a tensor of the file has them.

    Raises:
        ExportError: the architecture is not supported.
    """
    architecture = metadata.get("general.architecture")
    if not isinstance(architecture, str) or architecture not in TYPES:
        raise ExportError(
            f"{source} has the architecture {architecture!r}, which is not supported; {', '.join(TYPES)} are"
        )
    entries: dict[str, Any] = {"model_type": TYPES[architecture], "vocab_size": vocabulary}
    for name, key in NAMES.items():
        found = metadata.get(f"{architecture}.{key}")
        if found is not None:
            entries[name] = found
    if entries.get("head_dim") != metadata.get(
        f"{architecture}.attention.value_length", entries.get("head_dim")
    ):
        raise ExportError(f"{source} has keys and values of different sizes, which is not supported")
    turned = metadata.get(f"{architecture}.rope.dimension_count")
    scaling, factor = (metadata.get(f"{architecture}.rope.scaling.{key}") for key in ("type", "factor"))
    if scaling not in (None, "none", "linear"):
        raise ExportError(f"{source}: positions are scaled by {scaling!r}; linear or none is supported")
    if scaling == "linear":
        entries["rope_scaling"] = {"type": scaling, "factor": factor}
    # The 1 that is added to the weights of norms is in them.
    entries["norm_offset"] = 0.0
    entries["hidden_activation"] = "gelu_pytorch_tanh" if architecture.startswith("gemma") else None
    # The weights of queries and keys of Llama are stored in the order in which llama.cpp turns them.
    settings = Settings(entries, source, divisors, rope_interleaved=architecture == "llama")
    size = settings.whole("head_dim", settings.whole("hidden_size") // settings.whole("num_attention_heads"))
    if turned not in (None, size):
        raise ExportError(f"{source} turns {turned} of a head's {size} numbers; all are supported only")
    large = LARGE_LAYERS.get(architecture) == entries.get("num_hidden_layers")
    width = settings.whole("hidden_size") // settings.whole("num_attention_heads")
    entries["query_pre_attn_scalar"] = width if large else size
    return settings
