"""Finds the model in an archive, or in a folder that is not a model itself."""

from __future__ import annotations

import os
from pathlib import Path

from texelflow.errors import Choice, ExportError
from texelflow.importers import is_archive, marked_format
from texelflow.sources.session import Session

MOST_ENTRIES = 20_000
LISTED = 12
UNMARKED = (".onnx",)
"""Endings of models that bear no mark."""

_IGNORED = ("__MACOSX", "__pycache__")


def model_within(path: Path, member: str, shown: str, session: Session) -> Path:
    """Return what is to be read of a file or folder that was found: an archive is unpacked.

    Args:
        path: it exists.
        member: the path of the model within, or empty.
        shown: how to call it.
        session: has the folder that an archive is unpacked to.

    Raises:
        ExportError: there is no model, or several and `member` names none.
    """
    if path.is_file() and is_archive(path):
        from texelflow.sources.archives import unpack

        session.report(f"unpacking {path.name}", 0.0)
        folder = session.new_folder() / "archive"
        folder.mkdir()
        unpack(path, folder, shown)
        return _chosen(folder, member, shown, is_archive_=True)
    if path.is_dir() and (member or marked_format(path) is None):
        return _chosen(path, member, shown, is_archive_=False)
    if member:
        raise ExportError(f"{shown} is no archive and no folder: it has no {member!r}")
    return path


def _chosen(folder: Path, member: str, shown: str, is_archive_: bool) -> Path:
    if member:
        path = folder / member
        if (
            ".." in Path(member).parts
            or not path.resolve().is_relative_to(folder.resolve())
            or not path.exists()
        ):
            raise ExportError(f"{shown} has no {member!r}{_listing(models_in(folder), folder)}")
        return path
    found = models_in(folder)
    if len(found) == 1:
        return found[0]
    if found:
        names = tuple(path.relative_to(folder).as_posix() for path in found)
        raise ExportError(
            f"{shown} has {len(found)} models: add #NAME{_listing(found, folder)}",
            choice=Choice("model", names),
        )
    if is_archive_:
        raise ExportError(f"{shown} has no model that can be read")
    return folder  # reading says what it is


def _listing(found: list[Path], folder: Path) -> str:
    names = [str(path.relative_to(folder)) for path in found[:LISTED]]
    more = f" and {len(found) - LISTED} others" if len(found) > LISTED else ""
    return f"; it has {', '.join(names)}{more}" if names else ""


def is_model(path: Path) -> bool:
    """Return whether a file or folder is a model, as far as its mark or its ending says; raise OSError."""
    return (path.suffix.lower() in UNMARKED and path.is_file()) or marked_format(path) is not None


def models_in(folder: Path) -> list[Path]:
    """Return the models in a folder and its subfolders, by path; files inside a model are not models.

    Raises:
        ExportError: there are too many files to look at.
    """
    found: list[Path] = []
    count = 0
    pending = [folder]
    while pending:
        current = pending.pop()
        if marked_format(current) is not None:
            found.append(current)
            continue
        with os.scandir(current) as entries:
            for entry in entries:
                count += 1
                if count > MOST_ENTRIES:
                    raise ExportError(f"{folder} has more than {MOST_ENTRIES} files: name the model's own")
                if entry.name.startswith(".") or entry.name in _IGNORED:
                    continue
                path = Path(entry.path)
                if entry.is_dir(follow_symlinks=False):
                    pending.append(path)
                elif entry.is_file() and is_model(path):
                    found.append(path)
    return sorted(found)
