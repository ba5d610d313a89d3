"""Legacy checkpoints of llama2.c (github.com/karpathy/llama2.c)."""

from __future__ import annotations

from pathlib import Path

from texelflow.graph import Graph
from texelflow.importers.format import Format, ImportOptions


def _recognises(path: Path, mark: bytes) -> bool:
    from texelflow.importers.llama2c.read import is_checkpoint

    return path.is_file() and is_checkpoint(path, mark)


def _read(path: Path, options: ImportOptions) -> Graph:
    from texelflow.importers.llama2c.read import read_checkpoint

    return read_checkpoint(path, options.input_shapes)


FORMAT = Format("checkpoints of llama2.c", _read, _recognises)
