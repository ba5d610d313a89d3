"""Keras models as archives (.keras), which Keras 3 writes, and the last versions of Keras 2 did."""

from __future__ import annotations

import zipfile
from pathlib import Path

from texelflow.graph import Graph
from texelflow.importers.format import Format, ImportOptions

CONFIG = "config.json"
METADATA = "metadata.json"


def _recognises(path: Path, mark: bytes) -> bool:
    if not mark.startswith(b"PK"):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return {CONFIG, METADATA} <= set(archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError):  # of a directory that is damaged
        return False


def _read(path: Path, options: ImportOptions) -> Graph:
    from texelflow.importers.keras_archive.read import read_keras_archive

    return read_keras_archive(path, options)


FORMAT = Format("Keras models (.keras)", _read, _recognises)
