"""Weights go from file to file, however many they are: an export has none of them in memory."""

from __future__ import annotations

import json
import struct
import tracemalloc
from pathlib import Path

from texelflow import export

WIDTH, LAYERS = 512, 8
MOST = 6 * 2**20
"""Bytes that an export may take; its weights are eight times as many."""


def sparse_model(folder: Path) -> int:
    """Write a Llama of LAYERS shards, nearly all of it holes; return the bytes of its weights."""
    square, wide = [WIDTH, WIDTH], [2 * WIDTH, WIDTH]
    settings = {
        "model_type": "llama",
        "hidden_size": WIDTH,
        "intermediate_size": 2 * WIDTH,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": 8,
        "vocab_size": WIDTH,
        "rms_norm_eps": 1e-5,
        "tie_word_embeddings": True,
    }
    (folder / "config.json").write_text(json.dumps(settings))
    shards = [{"model.embed_tokens.weight": square, "model.norm.weight": [WIDTH]}]
    for index in range(LAYERS):
        layer: dict[str, list[int]] = {
            **{f"{name}_layernorm.weight": [WIDTH] for name in ("input", "post_attention")},
            **{f"self_attn.{name}_proj.weight": square for name in "qkvo"},
            **{f"mlp.{name}_proj.weight": wide for name in ("gate", "up")},
            "mlp.down_proj.weight": wide[::-1],
        }
        shards.append({f"model.layers.{index}.{name}": shape for name, shape in layer.items()})
    names: dict[str, str] = {}
    total = 0
    for number, shard in enumerate(shards):
        header, end = {}, 0
        for name, shape in shard.items():
            start, end = end, end + 4 * shape[0] * (shape[1] if len(shape) > 1 else 1)
            header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [start, end]}
        text = json.dumps(header).encode()
        file = f"model-{number}.safetensors"
        with (folder / file).open("wb") as stream:
            stream.write(struct.pack("<Q", len(text)) + text)
            for position, entry in enumerate(header.values()):  # no two are the same
                stream.seek(8 + len(text) + entry["data_offsets"][0])
                stream.write(struct.pack("<f", 1 + number + position / 16))
            stream.truncate(8 + len(text) + end)
        names.update(dict.fromkeys(shard, file))
        total += end
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": names}))
    return total


def test_memory_of_an_export_does_not_follow_the_weights(tmp_path: Path) -> None:
    source = tmp_path / "model"
    source.mkdir()
    total = sparse_model(source)
    export(source, tmp_path / "warm")  # what is imported and kept
    tracemalloc.start()
    try:
        export(source, tmp_path / "bundle")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    written = [file.stat().st_size for file in (tmp_path / "bundle").glob("*.safetensors")]
    assert total > 8 * MOST and sum(written) >= total and len(written) > 2
    assert peak < MOST
