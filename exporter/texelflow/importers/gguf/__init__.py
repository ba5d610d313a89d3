"""GGUF files, as llama.cpp reads them."""

from __future__ import annotations

from pathlib import Path

from texelflow.graph import Graph
from texelflow.importers.format import Format, ImportOptions


def _recognises(_path: Path, mark: bytes) -> bool:
    from texelflow.importers.gguf.file import MAGIC

    return mark.startswith(MAGIC)


def _read(path: Path, options: ImportOptions) -> Graph:
    from texelflow.importers.gguf.read import read_gguf

    return read_gguf(path, options.input_shapes)


FORMAT = Format("GGUF files (.gguf)", _read, _recognises)
