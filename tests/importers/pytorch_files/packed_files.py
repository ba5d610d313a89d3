"""Programs and arrays by name in one compressed archive: programs are alike, and compress well together."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np


def save(path: Path, files: Mapping[str, bytes | np.ndarray]) -> None:
    """Write programs (bytes) and arrays, the same bytes for the same files."""
    with tarfile.open(path, "w:xz", preset=9) as archive:
        for name, content in files.items():
            data = content
            if isinstance(content, np.ndarray):
                buffer = io.BytesIO()
                np.save(buffer, content)
                data, name = buffer.getvalue(), f"{name}.npy"
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(bytes(data)))


def load(path: Path) -> tuple[dict[str, bytes], dict[str, np.ndarray]]:
    """Return the programs, and the arrays, of an archive by name."""
    programs: dict[str, bytes] = {}
    arrays: dict[str, np.ndarray] = {}
    with tarfile.open(path) as archive:
        for entry in archive:
            file = archive.extractfile(entry)
            assert file is not None
            content = file.read()
            if entry.name.endswith(".npy"):
                arrays[entry.name.removesuffix(".npy")] = np.load(io.BytesIO(content))
            else:
                programs[entry.name] = content
    assert programs, f"{path} has no programs"
    return programs, arrays
