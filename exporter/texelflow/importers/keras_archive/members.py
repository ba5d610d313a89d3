"""The members of a .keras archive: two descriptions in JSON, and an HDF5 file with the weights."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

from texelflow.errors import ExportError
from texelflow.importers.files.zip_members import MemberError, read_member

CONFIG = "config.json"
METADATA = "metadata.json"
WEIGHTS = "model.weights.h5"
LARGEST_CONFIG = 2**26
LARGEST_WEIGHTS = 2**33
"""In bytes."""


def read_weights(archive: zipfile.ZipFile, path: Path) -> bytes:
    """Return the HDF5 file; raise ExportError."""
    return _member(archive, WEIGHTS, LARGEST_WEIGHTS, path)


def read_object(archive: zipfile.ZipFile, name: str, path: Path) -> dict[str, Any]:
    """Return the object in a member of JSON; raise ExportError if it is missing, or is none."""
    try:
        content = json.loads(_member(archive, name, LARGEST_CONFIG, path))
    except (ValueError, RecursionError) as error:
        raise ExportError(f"{path} is damaged: its {name} is no JSON: {error}") from None
    if not isinstance(content, dict):
        raise ExportError(f"{path} is damaged: its {name} is no object")
    return content


def _member(archive: zipfile.ZipFile, name: str, largest: int, path: Path) -> bytes:
    if name not in archive.namelist():
        raise ExportError(f"{path} has no {name}: write it with model.save(), which keeps all")
    try:
        return read_member(archive, name, largest)
    except MemberError as error:
        raise ExportError(f"{path}: its {error}") from None
