"""GGUF files: blocks as ggml reads them, models as transformers computes them, and files that are damaged."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from language_models.test_language_models import FOLDER as LANGUAGE
from language_models.test_language_models import empty_cache, graph_of

from operators.microsoft.microsoft_models import run_graph
from texelflow.errors import ExportError
from texelflow.importers import read_model
from texelflow.importers.gguf.blocks import READERS, read_blocks
from texelflow.importers.gguf.file import KINDS, Kind, Stored

FOLDER = Path(__file__).parent
FILES = sorted(path.stem for path in FOLDER.glob("*.gguf"))


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS.values() if kind.name in READERS], ids=lambda k: k.name
)
def test_blocks_are_those_of_ggml(kind: Kind) -> None:
    arrays = np.load(FOLDER / "blocks.npz")
    expected = arrays[kind.name]
    blocks = read_blocks(Stored(kind, expected.shape, memoryview(arrays[f"{kind.name} bytes"].tobytes())))
    numbers = np.frombuffer(blocks.numbers, np.int8)
    if blocks.bits == 4:
        halves = numbers.view(np.uint8)
        numbers = np.stack([halves & 15, halves >> 4], 1).ravel().astype(np.int8)
        numbers = np.where(numbers > 7, numbers - 16, numbers)
    apart = numbers.reshape(-1, blocks.block).astype(np.float32)
    values = apart * np.frombuffer(blocks.scales, np.float32)[:, None]
    if blocks.offsets is not None:
        values = values + np.frombuffer(blocks.offsets, np.float32)[:, None]
    np.testing.assert_allclose(values.reshape(expected.shape), expected, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("name", FILES)
def test_logits_are_those_of_transformers(name: str) -> None:
    own = FOLDER / f"{name}.npz"
    expected = np.load(own if own.is_file() else LANGUAGE / name / "results.npz")
    graph = graph_of(FOLDER / f"{name}.gguf")
    tokens = expected["tokens"]
    results = run_graph(graph, {"input_ids": tokens, **empty_cache(graph, len(tokens))})
    np.testing.assert_allclose(results["logits"], expected["logits"], rtol=1e-4, atol=2e-5)


def test_quantised_weights_keep_their_bits() -> None:
    size = (FOLDER / "quantised.gguf").stat().st_size
    graph = read_model(FOLDER / "quantised.gguf")
    bytes_count = sum(value.constant.bytes_count for value in graph.values() if value.constant is not None)
    assert bytes_count < 1.3 * size  # 5 bits become 8, and scales have 32


def test_what_is_not_supported_is_named(tmp_path: Path) -> None:
    good = (FOLDER / "llama.gguf").read_bytes()
    path = tmp_path / "model.gguf"
    path.write_bytes(good.replace(b"llama", b"bloom"))
    with pytest.raises(ExportError, match="architecture 'bloom', which is not supported; llama, qwen2"):
        read_model(path)
    path.write_bytes(good[:4] + struct.pack("<I", 1) + good[8:])
    with pytest.raises(ExportError, match="is of version 1 of GGUF"):
        read_model(path)
    path.write_bytes(good.replace(b"blk.1.ffn_up.weight", b"blk.1.ffn_xx.weight"))
    with pytest.raises(ExportError, match=r"no weight 'model.layers.1.mlp.up_proj.weight'"):
        read_model(path)
