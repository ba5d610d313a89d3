"""Memory-maps the files of a model, none of which may lie outside of its folder."""

from __future__ import annotations

import mmap
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path, PurePosixPath

from texelflow.errors import ExportError

LFS_MARK = b"version https://git-lfs.github.com/spec/"
"""What a file begins with that Git left in place of a large one."""

LFS_POINTER = "a pointer of Git LFS, and not the file itself: `git lfs pull` in its folder fetches that"
"""What such a file is."""


def map_file(path: Path) -> memoryview:
    """Return the bytes of a file; raise ExportError if it cannot be read, or only Git has it."""
    content = _mapped(path)
    if content[: len(LFS_MARK)] == LFS_MARK:
        raise ExportError(f"{path} is {LFS_POINTER}")
    return content


def _mapped(path: Path) -> memoryview:
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


def inside(model_file: Path, name: str) -> Path | None:
    """Return the path of a file that a model names; None unless it lies in the folder of the model's file.

    What counts is where links lead. Download caches store files under their hash, so that all of a model are
    links into one other folder: where the model's own file leads, others may.
    """
    relative = PurePosixPath(name.replace("\\", "/"))
    if not name or "\0" in name or relative.is_absolute() or ".." in relative.parts:
        return None
    try:
        path = (model_file.parent / relative).resolve()
        roots = {model_file.parent.resolve(), model_file.resolve().parent}
    except (OSError, RuntimeError):  # links that lead to themselves
        return None
    return path if any(path.is_relative_to(root) for root in roots) else None


def is_file(path: Path) -> bool:
    """Return whether there is a file of a name, which may be too long for any."""
    try:
        return path.is_file()
    except OSError:
        return False


def overlapping(places: Iterable[tuple[int, int, str]]) -> tuple[str, str] | None:
    """Return the names of two parts of a file of which one begins before the other ends, if there are such.

    A part is where it begins, where it ends, and its name. A small file could be many weights so.
    """
    filled = sorted(place for place in places if place[0] < place[1])
    return next(((one[2], other[2]) for one, other in pairwise(filled) if other[0] < one[1]), None)
