"""Reads GGUF files of language models; quantised weights keep their bits."""

from __future__ import annotations

import re
import struct
from pathlib import Path

from texelflow.errors import ExportError
from texelflow.graph import ConstantData, Graph, TensorType, Value
from texelflow.importers.files.producer import producer_of
from texelflow.importers.gguf.blocks import read_blocks
from texelflow.importers.gguf.file import KINDS, GgufFile, Stored, read_file
from texelflow.importers.gguf.settings import settings_of
from texelflow.importers.input_types import InputShapes
from texelflow.importers.language.decoder import WeightError, as_float32, build_graph
from texelflow.importers.language.families import read_decoder
from texelflow.operators.builder import GraphBuilder
from texelflow.operators.internal.decode_weights import decode_weights

SAID = ("name", "author", "organization", "quantized_by")
"""What a file says of itself under `general.`, of that."""

FLOATS = {"F32": "float32", "F16": "float16", "BF16": "bfloat16"}

OUTER = {
    "model.embed_tokens": "token_embd",
    "model.norm": "output_norm",
    "lm_head": "output",
}
INNER = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "pre_feedforward_layernorm": "ffn_norm",
    "post_feedforward_layernorm": "post_ffw_norm",
}
"""Names of GGUF by those of Hugging Face, of the model and of a layer."""


def read_gguf(path: Path, input_shapes: InputShapes) -> Graph:
    """Return the Graph of a language model.

    Raises:
        ExportError: the file is damaged, its architecture is not supported, or a weight is missing or of a
            kind that cannot be read.
    """
    file = read_file(path)
    table = file.tensors.get("token_embd.weight")
    if table is None or len(table.shape) != 2:
        _missing(file, "token_embd.weight", path)
        raise ExportError(
            f"{path} has no matrix token_embd.weight: it is not a language model, or incomplete"
        )
    settings = settings_of(file.metadata, table.shape[0], _divisors(file, path), str(path))
    decoder = read_decoder(settings)

    def weight(name: str, shape: tuple[int, ...], builder: GraphBuilder) -> Value | None:
        own = _own_name(name, decoder.wraps)
        stored = file.tensors.get(own)
        if stored is None:
            _missing(file, own, path)
            return None
        return _value(own, stored, shape, builder)

    kind = f"GGUF, {file.metadata['general.architecture']}"
    graph = build_graph(decoder, weight, path, kind, input_shapes)
    graph.producer = producer_of(*(file.metadata.get(f"general.{key}") for key in SAID))
    return graph


def _own_name(name: str, wraps: bool) -> str:
    """Return what GGUF calls a weight."""
    stem, _, kind = name.rpartition(".")
    if stem in OUTER:
        return f"{OUTER[stem]}.{kind}"
    match = re.fullmatch(r"model\.layers\.(\d+)\.(.+)", stem)
    assert match is not None, name
    index, part = match.groups()
    if part == "post_attention_layernorm":
        return f"blk.{index}.{'post_attention_norm' if wraps else 'ffn_norm'}.{kind}"
    return f"blk.{index}.{INNER[part]}.{kind}"


def _missing(file: GgufFile, name: str, path: Path) -> None:
    """Raise ExportError if a tensor is there, but of a kind that cannot be read."""
    if name in file.unknown:
        raise ExportError(
            f"{path} has tensor {name!r} of ggml's type {file.unknown[name]}, which is not supported; "
            f"{', '.join(kind.name for kind in KINDS.values())} are: quantise it again"
        )


def _divisors(file: GgufFile, path: Path) -> tuple[float, ...]:
    """Return the divisors of the angles of positions, if the file has any."""
    name = "rope_freqs.weight"
    stored = file.tensors.get(name)
    if stored is None:
        _missing(file, name, path)
        return ()
    if stored.kind.name != "F32" or len(stored.shape) != 1:
        raise ExportError(
            f"{path}: {name} is {stored.kind.name}{list(stored.shape)}; a vector of F32 is needed"
        )
    numbers = struct.unpack(f"<{stored.shape[0]}f", stored.data)
    if not all(number > 0 for number in numbers):
        raise ExportError(f"{path}: {name} has numbers that are not positive")
    return numbers


def _value(name: str, stored: Stored, shape: tuple[int, ...], builder: GraphBuilder) -> Value:
    """Return a weight as float32."""
    dtype = FLOATS.get(stored.kind.name)
    if dtype is not None:
        value = Value(name, TensorType(dtype, stored.shape), constant=ConstantData([stored.data]))
        return as_float32(value, name, shape, builder)
    if stored.shape != shape or len(shape) != 2:
        raise WeightError(
            f"weight {name!r} is {stored.kind.name}{list(stored.shape)}; {list(shape)} is needed"
        )
    rows, columns = shape
    blocks = read_blocks(stored)

    def constant(label: str, kind: str, count: int, data: bytes) -> Value:
        return Value(label, TensorType(kind, (rows, count)), constant=ConstantData([data]))

    count = columns // blocks.block
    offsets = blocks.offsets
    return decode_weights(
        builder,
        f"{name}_decoded",
        constant(name, "int8", columns * blocks.bits // 8, blocks.numbers),
        constant(f"{name}/scales", "float32", count, blocks.scales),
        None if offsets is None else constant(f"{name}/offsets", "float32", count, offsets),
        bits=blocks.bits,
        block=blocks.block,
        columns=columns,
    )
