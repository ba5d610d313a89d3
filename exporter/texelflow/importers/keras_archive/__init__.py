"""Keras models as archives (.keras), which Keras 3 writes, and the last versions of Keras 2 did."""

from __future__ import annotations

from pathlib import Path

from texelflow.graph import Graph
from texelflow.importers.files.zip_members import zip_names
from texelflow.importers.format import Format, ImportOptions


def _recognises(path: Path, mark: bytes) -> bool:
    if not mark.startswith(b"PK"):
        return False
    from texelflow.importers.keras_archive.members import CONFIG, METADATA

    return zip_names(path) >= {CONFIG, METADATA}


def _read(path: Path, options: ImportOptions) -> Graph:
    from texelflow.importers.keras_archive.read import read_keras_archive

    return read_keras_archive(path, options)


FORMAT = Format("Keras models (.keras)", _read, _recognises)
