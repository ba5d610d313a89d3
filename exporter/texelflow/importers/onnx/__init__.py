"""ONNX: model files, with weights inside or beside them."""

from __future__ import annotations

from pathlib import Path

from texelflow.graph import Graph
from texelflow.importers.format import Format
from texelflow.importers.input_types import InputShapes


def _read(path: Path, input_shapes: InputShapes) -> Graph:
    from texelflow.importers.onnx.read import read_onnx

    return read_onnx(path, input_shapes)


FORMAT = Format("ONNX models (.onnx)", _read, recognises=None)
