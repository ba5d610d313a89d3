"""Files whose bytes stay on the disk until they are read, where the system can do that."""

from __future__ import annotations

import mmap
from pathlib import Path

from texelflow.errors import ExportError


def map_file(path: Path) -> memoryview:
    """Return the bytes of a file; raise ExportError if it cannot be read."""
    try:
        with path.open("rb") as file:
            if path.stat().st_size == 0:
                return memoryview(b"")
            try:
                return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
            except OSError:  # Pyodide maps no files that pages hand it
                return memoryview(file.read())
    except OSError as error:
        raise ExportError(f"{path} cannot be read: {error.strerror}") from error
