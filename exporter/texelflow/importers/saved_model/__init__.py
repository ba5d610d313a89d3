"""SavedModels of TensorFlow 1 and 2: a folder with saved_model.pb, or that file."""

from __future__ import annotations

from pathlib import Path

from texelflow.graph import Graph
from texelflow.importers.format import Format, ImportOptions

FILE_NAME = "saved_model.pb"


def _recognises(path: Path, mark: bytes) -> bool:
    if path.is_dir():
        return (path / FILE_NAME).is_file()
    # Field 1, a version, is small; field 2 are graphs. An ONNX file has its producer's name there.
    return path.name == FILE_NAME and mark[:1] == b"\x08" and mark[2:3] == b"\x12"


def _read(path: Path, options: ImportOptions) -> Graph:
    from texelflow.importers.saved_model.read import read_saved_model

    return read_saved_model(path if path.is_dir() else path.parent, options)


FORMAT = Format("SavedModels of TensorFlow (folders with saved_model.pb)", _read, _recognises, True)
