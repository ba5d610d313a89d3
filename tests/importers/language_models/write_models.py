"""Writes small language models of each family with random weights, and what transformers computes of them.

    python tests/importers/language_models/write_models.py   needs torch and transformers, which tests do not
    python tests/importers/language_models/write_models.py FOLDER COUNT     of random settings instead

What check_models.py FOLDER says of the latter is what this importer does with any setting.

Each folder has config.json and model.safetensors as `save_pretrained` writes them, and results.npz: `tokens`
[2, 9] and their `logits`, and of a second run, which goes on from the cache of the first, `next` and
`next_logits`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from random_configs import random_config

FOLDER = Path(__file__).parent
SIZES: dict[str, Any] = {
    "vocab_size": 36,
    "hidden_size": 24,
    "intermediate_size": 20,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 128,
}
LLAMA3 = {
    "rope_type": "llama3",
    "rope_theta": 500.0,
    "factor": 4.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 32,
}
YARN = {
    "rope_type": "yarn",
    "rope_theta": 500.0,
    "factor": 4.0,
    "original_max_position_embeddings": 32,
    "beta_fast": 4,
}
DYNAMIC = {"rope_type": "dynamic", "rope_theta": 100.0, "factor": 2.0}
LINEAR = {"rope_type": "linear", "rope_theta": 100.0, "factor": 2.5}
GEMMA = {"head_dim": 8, "hidden_activation": "gelu_pytorch_tanh", "query_pre_attn_scalar": 12}
MODELS: dict[str, tuple[str, dict[str, Any]]] = {
    "llama": ("Llama", {}),
    "llama_3": (
        "Llama",
        {
            "rope_parameters": LLAMA3,
            "tie_word_embeddings": True,
            "head_dim": 8,
            "attention_bias": True,
            "mlp_bias": True,
        },
    ),
    "llama_linear": ("Llama", {"rope_parameters": LINEAR, "num_key_value_heads": 4, "rms_norm_eps": 1e-3}),
    "llama_dynamic": ("Llama", {"rope_parameters": DYNAMIC, "max_position_embeddings": 10}),
    "qwen2_yarn": ("Qwen2", {"rope_parameters": YARN}),
    "mistral": ("Mistral", {"sliding_window": 4}),
    "qwen2": ("Qwen2", {"rope_theta": 1e6}),
    "qwen2_window": ("Qwen2", {"use_sliding_window": True, "sliding_window": 3, "max_window_layers": 1}),
    "qwen3": ("Qwen3", {"head_dim": 8, "tie_word_embeddings": True}),
    "gemma": ("Gemma", {"head_dim": 8, "num_key_value_heads": 1}),
    "gemma2": (
        "Gemma2",
        {**GEMMA, "sliding_window": 4, "attn_logit_softcapping": 2.0, "final_logit_softcapping": 3.0},
    ),
    "gemma3": ("Gemma3", {**GEMMA, "sliding_window": 4, "num_hidden_layers": 7}),
}
"""By folder: the class of transformers, and what is otherwise than SIZES."""


def write(folder: Path, kind: str, settings: dict[str, Any], seed: int) -> None:
    """Write one model of a class of transformers."""
    torch.manual_seed(seed)
    config_class = "Gemma3TextConfig" if kind == "Gemma3" else f"{kind}Config"
    config = getattr(transformers, config_class)(**settings)
    config._attn_implementation = "eager"
    model = getattr(transformers, f"{kind}ForCausalLM")(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            # Larger than they begin, so that every part counts.
            # In 16 bits, as they are stored.
            numbers = torch.randn(parameter.shape) * (0.3 if parameter.ndim > 1 else 0.5)
            parameter.copy_(numbers.to(torch.bfloat16).to(torch.float32))
    tokens = torch.randint(0, settings["vocab_size"], (2, 9))
    following = torch.randint(0, settings["vocab_size"], (2, 3))
    with torch.no_grad():
        first = model(tokens, use_cache=True)
        second = model(following, past_key_values=first.past_key_values, use_cache=True)
    folder.mkdir(exist_ok=True, parents=True)
    model.to(torch.bfloat16).save_pretrained(folder)
    for extra in folder.glob("generation_config.json"):
        extra.unlink()
    np.savez(
        folder / "results.npz",
        tokens=tokens.numpy(),
        logits=first.logits.numpy(),
        next=following.numpy(),
        next_logits=second.logits.numpy(),
    )


if __name__ == "__main__":
    if sys.argv[1:]:
        for number in range(int(sys.argv[2])):
            write(Path(sys.argv[1]) / f"random_{number}", *random_config(number), number)
    else:
        for model_name, (kind_of_model, own) in MODELS.items():
            write(FOLDER / model_name, kind_of_model, {**SIZES, **own}, len(model_name))
