"""The names of the files in a zip archive, by which formats recognise theirs."""

from __future__ import annotations

import zipfile
from pathlib import Path


def is_zip(path: Path) -> bool:
    """Return whether a file is a zip archive whose directory is not damaged; raise OSError."""
    try:
        return zipfile.is_zipfile(path)
    except zipfile.BadZipFile:  # of a directory that says of more than one disk
        return False


def zip_names(path: Path) -> frozenset[str]:
    """Return the names in an archive, none where it is damaged, or no archive; raise OSError."""
    try:
        with zipfile.ZipFile(path) as archive:
            return frozenset(archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError):  # what damage makes zipfile raise
        return frozenset()
