"""Writes to tests/importers/transformers_files what ONNX Runtime GenAI's builder makes of tiny decoders.

Llama and Qwen 3 with seeded weights: GroupQueryAttention with a cache, free batch and lengths. Beside each
model lies what PyTorch computes. Run by hand, in an environment that has torch, transformers of version 5,
onnx and onnxruntime-genai.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import torch
import transformers
from tokenizers import Tokenizer, models
from transformers.cache_utils import DynamicCache

FOLDER = Path(__file__).parent.parent / "tests" / "importers" / "transformers_files"
WORDS, LAYERS, KEY_HEADS, SIZE = 40, 2, 2, 16
RUNS = ((2, 1, 3), (1, 4, 2), (3, 5, 0), (1, 1, 7))
"""Batch, new tokens, and those before; of several texts ONNX Runtime takes one new token behind others."""


def build(model: transformers.PreTrainedModel) -> onnx.ModelProto:
    """Return what the builder writes, the weights in it."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "model", Path(folder) / "onnx"
        model.save_pretrained(source)
        words = Tokenizer(models.WordLevel({f"w{index}": index for index in range(WORDS)}, unk_token="w0"))
        transformers.PreTrainedTokenizerFast(
            tokenizer_object=words, unk_token="w0", bos_token="w1", eos_token="w2"
        ).save_pretrained(source)
        command: list[str | Path] = [
            sys.executable,
            "-m",
            "onnxruntime_genai.models.builder",
            "-i",
            source,
            "-o",
            target,
        ]
        subprocess.run([*command, "-p", "fp32", "-e", "cpu", "-c", Path(folder) / "cache"], check=True)
        return onnx.load(target / "model.onnx")


def write(kind: str) -> None:
    """Write one model, and by run its inputs and what PyTorch makes of them."""
    torch.manual_seed(len(kind))
    config = getattr(transformers, f"{kind}Config")(
        vocab_size=WORDS,
        hidden_size=32,
        intermediate_size=24,
        num_hidden_layers=LAYERS,
        num_attention_heads=4,
        num_key_value_heads=KEY_HEADS,
        head_dim=SIZE,
        max_position_embeddings=64,
    )
    model = getattr(transformers, f"{kind}ForCausalLM")(config).eval()
    arrays: dict[str, np.ndarray] = {}
    source = torch.Generator().manual_seed(1)
    for index, (batch, new, past) in enumerate(RUNS):
        tokens = torch.randint(0, WORDS, (batch, new), generator=source)
        given = {"input_ids": tokens, "attention_mask": torch.ones(batch, past + new, dtype=torch.long)}
        cache = DynamicCache()
        for layer in range(LAYERS):
            kept = [torch.randn(batch, KEY_HEADS, past, SIZE, generator=source) for _ in range(2)]
            given |= {f"past_key_values.{layer}.{part}": kept[at] for at, part in enumerate(("key", "value"))}
            cache.update(*kept, layer)
        with torch.no_grad():
            logits = model(
                **{name: given[name] for name in ("input_ids", "attention_mask")}, past_key_values=cache
            )
        arrays |= {f"{index}/in/{name}": value.numpy() for name, value in given.items()}
        arrays[f"{index}/out/logits"] = logits.logits.numpy()
    name = f"{kind.lower()}_genai"
    np.savez_compressed(FOLDER / f"{name}.npz", **arrays)  # type: ignore[arg-type]  # NumPy's stub takes it for allow_pickle
    onnx.save(build(model), FOLDER / f"{name}.onnx")


if __name__ == "__main__":
    for wanted in ("Llama", "Qwen3"):
        write(wanted)
