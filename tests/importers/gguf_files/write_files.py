"""Writes the models of ../language_models as GGUF, and blocks of every kind with what ggml makes of them.

    python tests/importers/gguf_files/write_files.py   needs torch, transformers and gguf, which tests do not

Names of tensors and of metadata are those of the package gguf; queries and keys of Llama are put in the order
of llama.cpp, and 1 is added to the norms of Gemma, as llama.cpp's converter does.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
import transformers
from gguf import GGMLQuantizationType as Kind
from safetensors.torch import load_file

FOLDER = Path(__file__).parent
MODELS = {
    "llama": gguf.MODEL_ARCH.LLAMA,
    "llama_3": gguf.MODEL_ARCH.LLAMA,
    "llama_linear": gguf.MODEL_ARCH.LLAMA,
    "qwen2": gguf.MODEL_ARCH.QWEN2,
    "qwen3": gguf.MODEL_ARCH.QWEN3,
    "gemma": gguf.MODEL_ARCH.GEMMA,
    "gemma2": gguf.MODEL_ARCH.GEMMA2,
    "gemma3": gguf.MODEL_ARCH.GEMMA3,
}
KINDS = (Kind.Q8_0, Kind.Q4_0, Kind.Q4_1, Kind.Q5_0, Kind.Q5_1, Kind.Q4_K, Kind.Q6_K)


def permuted(weights: np.ndarray, heads: int) -> np.ndarray:
    """Rows of queries or keys with the pairs that are turned together side by side."""
    apart = weights.reshape(heads, 2, len(weights) // heads // 2, *weights.shape[1:])
    return apart.swapaxes(1, 2).reshape(weights.shape)


def add_metadata(writer: gguf.GGUFWriter, config: dict[str, Any]) -> None:
    heads = config["num_attention_heads"]
    size = config.get("head_dim") or config["hidden_size"] // heads
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(heads)
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_key_length(size)
    writer.add_value_length(size)
    writer.add_rope_dimension_count(size)
    parameters = config["rope_parameters"]
    parameters = parameters.get("full_attention", parameters)
    writer.add_rope_freq_base(parameters["rope_theta"])
    if parameters["rope_type"] == "linear":
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(parameters["factor"])
    if config.get("sliding_window"):
        writer.add_sliding_window(config["sliding_window"])
    if config.get("attn_logit_softcapping"):
        writer.add_attn_logit_softcapping(config["attn_logit_softcapping"])
        writer.add_final_logit_softcapping(config["final_logit_softcapping"])
    writer.add_token_list([f"token {index}" for index in range(config["vocab_size"])])


def write(name: str, architecture: gguf.MODEL_ARCH) -> None:
    """Write one model, its matrices in 16 bits."""
    source = FOLDER.parent / "language_models" / name
    config = json.loads((source / "config.json").read_text())
    writer = gguf.GGUFWriter(FOLDER / f"{name}.gguf", gguf.MODEL_ARCH_NAMES[architecture])
    add_metadata(writer, config)
    names = gguf.get_tensor_name_map(architecture, config["num_hidden_layers"])
    for own, tensor in load_file(source / "model.safetensors").items():
        array = tensor.float().numpy()
        if architecture == gguf.MODEL_ARCH.LLAMA and (".q_proj." in own or ".k_proj." in own):
            heads = config["num_attention_heads" if ".q_proj." in own else "num_key_value_heads"]
            array = permuted(array, heads)
        if name.startswith("gemma") and own.endswith("norm.weight"):
            array = array + 1
        kind = Kind.F32 if array.ndim == 1 else Kind.BF16 if "down" in own else Kind.F16
        stored = gguf.quants.quantize(np.ascontiguousarray(array), kind)
        writer.add_tensor(names.get_name(own, try_suffixes=(".weight", ".bias")), stored, raw_dtype=kind)
    if name == "llama_3":
        model = transformers.AutoModelForCausalLM.from_pretrained(source)
        scaled = model.model.rotary_emb.inv_freq.numpy()
        size = config["head_dim"]
        plain = config["rope_parameters"]["rope_theta"] ** (-np.arange(0, size, 2) / size)
        writer.add_tensor("rope_freqs.weight", (plain / scaled).astype(np.float32))
    if architecture in (gguf.MODEL_ARCH.GEMMA2, gguf.MODEL_ARCH.GEMMA3):
        # In GGUF attention is always scaled by the size of heads.
        size = config["head_dim"]
        model = transformers.AutoModelForCausalLM.from_pretrained(
            source, query_pre_attn_scalar=size, dtype=torch.float32, attn_implementation="eager"
        )
        tokens = torch.from_numpy(np.load(source / "results.npz")["tokens"])
        with torch.no_grad():
            np.savez(FOLDER / f"{name}.npz", tokens=tokens.numpy(), logits=model(tokens).logits.numpy())
    finish(writer)


def write_quantised() -> None:
    """Write a Llama whose matrices are of several kinds, and what transformers computes of them."""
    torch.manual_seed(3)
    config = transformers.LlamaConfig(
        vocab_size=40, hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=64, tie_word_embeddings=True,
    )  # fmt: skip
    model = transformers.LlamaForCausalLM(config).eval()
    writer = gguf.GGUFWriter(FOLDER / "quantised.gguf", "llama")
    add_metadata(writer, {**config.to_dict(), "head_dim": 16})
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, 2)
    kinds = [Kind.Q8_0, Kind.Q4_0, Kind.Q4_1, Kind.Q5_0, Kind.Q5_1]
    with torch.no_grad():
        for index, (own, parameter) in enumerate(model.named_parameters()):
            array = (torch.randn(parameter.shape) * (0.3 if parameter.ndim > 1 else 0.5)).numpy()
            kind = Kind.F32 if array.ndim == 1 else kinds[index % len(kinds)]
            stored = gguf.quants.quantize(array, kind)
            parameter.copy_(torch.from_numpy(gguf.quants.dequantize(stored, kind).reshape(array.shape)))
            if ".q_proj." in own or ".k_proj." in own:  # whole rows change places
                stored = permuted(stored, 4 if ".q_proj." in own else 2)
            writer.add_tensor(names.get_name(own, try_suffixes=(".weight",)), stored, raw_dtype=kind)
        tokens = torch.randint(0, 40, (1, 8))
        np.savez(FOLDER / "quantised.npz", tokens=tokens.numpy(), logits=model(tokens).logits.numpy())
    finish(writer)


def write_blocks() -> None:
    """Write random blocks of each kind, and the numbers that they stand for."""
    random = np.random.default_rng(1)
    arrays: dict[str, np.ndarray] = {}
    for kind in KINDS:
        elements, size = gguf.GGML_QUANT_SIZES[kind]
        blocks = random.integers(0, 256, (3, 768 // elements, size)).astype(np.uint8)
        halves = {2: [0], 3: [0, 2], 6: [0], 7: [0, 2], 8: [0], 12: [0, 2], 14: [208]}[kind.value]
        for place in halves:
            numbers = random.standard_normal(blocks.shape[:2]).astype(np.float16)
            blocks[:, :, place : place + 2] = numbers[..., None].view(np.uint8).reshape(*blocks.shape[:2], 2)
        arrays[f"{kind.name} bytes"] = blocks.reshape(3, -1)
        arrays[kind.name] = gguf.quants.dequantize(blocks.reshape(3, -1), kind)
    np.savez_compressed(FOLDER / "blocks.npz", **arrays)


def finish(writer: gguf.GGUFWriter) -> None:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    for model_name, kind_of_model in MODELS.items():
        write(model_name, kind_of_model)
    write_quantised()
    write_blocks()
