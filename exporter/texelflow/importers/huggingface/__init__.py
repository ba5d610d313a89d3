"""Folders with config.json and safetensors, as Hugging Face has them."""

from __future__ import annotations

from pathlib import Path

from texelflow.graph import Graph
from texelflow.importers.format import Format, ImportOptions


def _recognises(path: Path, _mark: bytes) -> bool:
    from texelflow.importers.huggingface.config import CONFIG

    return path.is_dir() and (path / CONFIG).is_file() and any(path.glob("*.safetensors"))


def _read(path: Path, options: ImportOptions) -> Graph:
    from texelflow.importers.huggingface.read import read_folder

    return read_folder(path, options.input_shapes)


FORMAT = Format("folders with config.json and safetensors", _read, _recognises)
