"""TensorFlow Lite: models in one FlatBuffer, float or quantised."""

from __future__ import annotations

from pathlib import Path

from texelflow.graph import Graph
from texelflow.importers.format import Format, ImportOptions

MARK = b"TFL3"


def _recognises(_path: Path, mark: bytes) -> bool:
    return mark[4:8] == MARK


def _read(path: Path, options: ImportOptions) -> Graph:
    from texelflow.importers.tflite.read import read_tflite

    return read_tflite(path, options)


FORMAT = Format("TensorFlow Lite models (.tflite)", _read, _recognises, has_signatures=True)
