"""ONNX: model files, with weights inside or beside them."""

from __future__ import annotations

from pathlib import Path

from texelflow.graph import Graph
from texelflow.importers.format import Format, ImportOptions


def _read(path: Path, options: ImportOptions) -> Graph:
    from texelflow.importers.onnx.read import read_onnx

    return read_onnx(path, options.input_shapes)


FORMAT = Format("ONNX models (.onnx)", _read, recognises=None)
