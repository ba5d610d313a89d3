"""Random settings of every family: all that changes the numbers, and that transformers itself can run."""

from __future__ import annotations

import random
from typing import Any

FAMILIES = ("Llama", "Mistral", "Qwen2", "Qwen3", "Gemma", "Gemma2", "Gemma3")


def random_config(seed: int) -> tuple[str, dict[str, Any]]:
    """Return the class of transformers and its settings; a seed has the same family every len(FAMILIES)."""
    source = random.Random(seed)
    kind = FAMILIES[seed % len(FAMILIES)]
    key_heads = source.choice((1, 2, 3))
    heads = key_heads * source.choice((1, 2))
    size = source.choice((6, 8, 16))
    is_gemma = kind.startswith("Gemma")
    own_size = is_gemma or kind == "Qwen3" or source.random() < 0.5
    if kind == "Qwen2":  # it has no size of heads of its own
        own_size = False
    layers = source.choice((1, 2, 3, 7))
    settings: dict[str, Any] = {
        "vocab_size": source.choice((36, 41)),
        "hidden_size": heads * (source.choice((4, 6)) if own_size else size),
        "intermediate_size": source.choice((20, 33)),
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": key_heads,
        "max_position_embeddings": source.choice((8, 10, 128)),
        "rms_norm_eps": source.choice((1e-6, 1e-5, 1e-2)),
        "tie_word_embeddings": source.random() < 0.5,
    }
    if own_size:
        settings["head_dim"] = size
    rotation = _random_rotation(source, settings["max_position_embeddings"])
    window = source.choice((2, 4, 20))
    if kind == "Llama":
        settings |= {"attention_bias": source.random() < 0.5, "mlp_bias": source.random() < 0.5}
    elif kind == "Mistral":
        settings["sliding_window"] = source.choice((None, window))
    elif kind in ("Qwen2", "Qwen3"):
        settings |= {"use_sliding_window": source.random() < 0.6, "sliding_window": window}
        settings["max_window_layers"] = source.randrange(layers + 1)
        if kind == "Qwen3":
            settings["attention_bias"] = source.random() < 0.5
    if kind in ("Gemma2", "Gemma3"):
        settings |= {"sliding_window": window, "query_pre_attn_scalar": source.choice((4, 12, 100))}
        for cap in ("attn_logit_softcapping", "final_logit_softcapping"):
            settings[cap] = source.choice((None, 1.5, 30.0))
    if kind in ("Qwen2", "Qwen3", "Gemma2", "Gemma3") and source.random() < 0.4:
        kinds = ("full_attention", "sliding_attention")
        settings["layer_types"] = [source.choice(kinds) for _ in range(layers)]
        settings["use_sliding_window"] = True
    if kind == "Gemma3":
        local = {"rope_type": "default", "rope_theta": source.choice((50.0, 1e4))}
        if rotation["rope_type"] == "dynamic":
            rotation = {"rope_type": "default", "rope_theta": 300.0}
        settings["rope_parameters"] = {"full_attention": rotation, "sliding_attention": local}
    else:
        settings["rope_parameters"] = rotation
    if is_gemma:
        settings["hidden_activation"] = "gelu_pytorch_tanh"
    return kind, settings


def _random_rotation(source: random.Random, context: int) -> dict[str, Any]:
    """Return how positions turn keys; `context` is how many the model was made for."""
    kind = source.choice(("default", "linear", "llama3", "yarn", "yarn", "dynamic"))
    rotation: dict[str, Any] = {"rope_type": kind, "rope_theta": source.choice((50.0, 1e4, 5e5))}
    if kind != "default":
        rotation["factor"] = source.choice((1.5, 4.0))
    if kind == "llama3":
        rotation |= {"low_freq_factor": 1.0, "high_freq_factor": source.choice((2.0, 4.0))}
    if kind in ("llama3", "yarn"):
        rotation["original_max_position_embeddings"] = source.choice((8, 32, context))
    if kind == "yarn":
        for name, numbers in (
            ("attention_factor", (None, 0.7, 1.0)),
            ("beta_fast", (None, 4, 32)),
            ("beta_slow", (None, 0.5, 1)),
            ("truncate", (None, True, False)),
        ):
            if (number := source.choice(numbers)) is not None:
                rotation[name] = number
        if source.random() < 0.4:
            rotation |= {"mscale": source.choice((0.7, 1.0)), "mscale_all_dim": source.choice((0.4, 1.0))}
    return rotation
