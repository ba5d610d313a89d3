"""Frozen graphs of TensorFlow: a GraphDef whose variables are constants."""

from __future__ import annotations

from pathlib import Path

from texelflow.graph import Graph
from texelflow.importers.format import Format, ImportOptions

_NODE = 0x0A
"""What a GraphDef begins with: its first node (an ONNX file begins with a version, or a text)."""


def _recognises(path: Path, mark: bytes) -> bool:
    if not mark or mark[0] != _NODE:
        return False
    from texelflow.importers.frozen_graph.mark import is_graph

    return is_graph(path)


def _read(path: Path, options: ImportOptions) -> Graph:
    from texelflow.importers.frozen_graph.read import read_frozen_graph

    return read_frozen_graph(path, options)


FORMAT = Format("frozen graphs of TensorFlow (.pb)", _read, _recognises)
