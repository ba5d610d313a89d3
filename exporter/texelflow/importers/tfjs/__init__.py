"""TF.js models: model.json with its shards of weights, or the folder that has it."""

from __future__ import annotations

from pathlib import Path

from texelflow.graph import Graph
from texelflow.importers.format import Format, ImportOptions

FILE_NAME = "model.json"
_HEAD = 2**20
_KEYS = (b'"modelTopology"', b'"weightsManifest"')


def _recognises(path: Path, mark: bytes) -> bool:
    if path.is_dir():
        path = path / FILE_NAME
        if not path.is_file():
            return False
    elif not mark.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        return False
    with path.open("rb") as file:
        head = file.read(_HEAD)
    return any(key in head for key in _KEYS)


def _read(path: Path, options: ImportOptions) -> Graph:
    from texelflow.importers.tfjs.read import read_tfjs

    return read_tfjs(path / FILE_NAME if path.is_dir() else path, options)


FORMAT = Format("TF.js models (model.json)", _read, _recognises)
