"""Keras models as HDF5 files (.h5, .hdf5), which Keras 2 wrote by default and Keras 3 still does."""

from __future__ import annotations

from pathlib import Path

from texelflow.graph import Graph
from texelflow.importers.files.hdf5 import MAGIC
from texelflow.importers.format import Format, ImportOptions


def _recognises(_path: Path, mark: bytes) -> bool:
    return mark.startswith(MAGIC)


def _read(path: Path, options: ImportOptions) -> Graph:
    from texelflow.importers.keras_h5.read import read_keras_h5

    return read_keras_h5(path, options)


FORMAT = Format("Keras models (.h5)", _read, _recognises)
