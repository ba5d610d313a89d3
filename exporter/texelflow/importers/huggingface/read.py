"""Reads a folder with config.json and safetensors: one file, or several with an index."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from texelflow.errors import ExportError
from texelflow.graph import Graph, Value
from texelflow.importers.files.mapped_files import inside
from texelflow.importers.files.producer import producer_of
from texelflow.importers.files.safetensors import read_safetensors
from texelflow.importers.huggingface.config import CONFIG, read_config
from texelflow.importers.input_types import InputShapes
from texelflow.importers.language.decoder import as_float32, build_graph
from texelflow.importers.language.families import read_decoder
from texelflow.importers.language.settings import Settings
from texelflow.operators.builder import GraphBuilder


def read_folder(folder: Path, input_shapes: InputShapes) -> Graph:
    """Return the Graph of a language model in a folder.

    Raises:
        ExportError: a file is damaged, the model's family is not supported, or a weight is missing.
    """
    path = folder / CONFIG
    entries = read_config(path)
    if isinstance(entries.get("text_config"), Mapping):  # pictures are described beside it
        entries = entries["text_config"]
    if entries.get("quantization_config"):
        raise ExportError(
            f"{path}: quantization_config is not supported: take the weights as they were before"
        )
    decoder = read_decoder(Settings(entries, str(path)))
    tensors: dict[str, Value] = {}
    for file in sorted(folder.glob("*.safetensors")):
        if inside(path, file.name) is None:
            raise ExportError(f"{file} is a link that leads out of the model's folder")
        for name, value in read_safetensors(file).items():
            # Models of pictures and text have those of text in a part of their own.
            tensors[name.removeprefix("language_model.").replace("model.language_model.", "model.")] = value
    tied = entries.get("tie_word_embeddings")
    if tied is False and "lm_head.weight" not in tensors:
        raise ExportError(f"{folder} has no weight 'lm_head.weight': is the model complete?")

    def weight(name: str, shape: tuple[int, ...], builder: GraphBuilder) -> Value | None:
        if name == "lm_head.weight" and tied:
            return None
        value = tensors.get(name)
        return None if value is None else as_float32(value, name, shape, builder)

    graph = build_graph(decoder, weight, folder, f"Hugging Face, {entries['model_type']}", input_shapes)
    if version := producer_of(entries.get("transformers_version")):
        graph.producer = f"transformers {version}"
    return graph
