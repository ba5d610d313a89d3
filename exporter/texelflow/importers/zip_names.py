"""The names of the files in a zip archive, by which formats recognise theirs."""

from __future__ import annotations

import zipfile
from pathlib import Path


def zip_names(path: Path) -> frozenset[str]:
    """Return the names in an archive, none where it is damaged, or no archive; raise OSError."""
    try:
        with zipfile.ZipFile(path) as archive:
            return frozenset(archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError):  # what damage makes zipfile raise
        return frozenset()
