"""The importers: one folder for each format of models; each makes a Graph of ONNX operators.

A folder's `__init__.py` says in `FORMAT` what files it reads. It is imported to recognise a file, so what
reads them is imported only when it is called. No format is listed by hand.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from pathlib import Path

from texelflow.errors import ExportError
from texelflow.graph import Graph
from texelflow.importers.format import Format, ImportOptions
from texelflow.importers.input_types import InputShapes
from texelflow.importers.unreadable import UNKNOWN, ZIP, unreadable

MARK_SIZE = 64
"""Bytes of a file that a format may be recognised by."""


@cache
def formats() -> tuple[Format, ...]:
    """Return every format that can be read, by name."""
    found = []
    for module in pkgutil.iter_modules(__path__):
        if module.ispkg:
            format_ = getattr(importlib.import_module(f"{__name__}.{module.name}"), "FORMAT", None)
            if format_ is not None:
                found.append(format_)
    return tuple(sorted(found, key=lambda format_: format_.name))


def read_model(path: Path, input_shapes: InputShapes | None = None, *, signature: str | None = None) -> Graph:
    """Return the model in a file or folder as a Graph at opset `graph.OPSET`, before shape inference.

    Args:
        path: the model's file or folder.
        input_shapes: for an input's name its shape, instead of the one that the file declares.
        signature: which of a model's functions is wanted, by name.

    Raises:
        ExportError: the file cannot be read, is of another format, or has what cannot be imported;
            `problems` has every reason.
    """
    format_ = recognised(path)
    if signature is not None and not format_.has_signatures:
        raise ExportError(
            f"{path}: --signature is given, but {format_.name} have one function each: leave it out"
        )
    return format_.read(path, ImportOptions(input_shapes or {}, signature))


def recognised(path: Path) -> Format:
    """Return the format of a file or folder, by its content.

    ONNX files bear no mark: a file is one if nothing says that it is not.

    Raises:
        ExportError: it cannot be read, or is of a format that is not supported.
    """
    if not path.exists():
        raise ExportError(f"{path} does not exist")
    if not path.is_dir() and not path.is_file():
        raise ExportError(f"{path} is not a regular file")
    try:
        marked = marked_format(path)
        if marked is not None:
            return marked
        other = unreadable(path, _mark(path))
    except OSError as error:
        raise ExportError(f"{path} cannot be read: {error.strerror}") from error
    if other:
        names = [format_.name for format_ in formats()]
        known = f": {', '.join(names[:-1])} and {names[-1]}" if other.endswith(UNKNOWN) else ""
        raise ExportError(f"{path} is {other}{known}")
    (unmarked,) = (format_ for format_ in formats() if format_.recognises is None)
    return unmarked


def _mark(path: Path) -> bytes:
    """Return the first bytes of a file; empty for a folder."""
    if not path.is_file():
        return b""
    with path.open("rb") as file:
        return file.read(MARK_SIZE)


def marked_format(path: Path) -> Format | None:
    """Return the format that a file or folder says that it has; None if none does. Raise OSError."""
    mark = _mark(path)
    return next((one for one in formats() if one.recognises is not None and one.recognises(path, mark)), None)


def is_archive(path: Path) -> bool:
    """Return whether a file is a zip or tar archive of files, and no format of its own; raise OSError.

    Formats such as .keras and .npz are zip archives that are read, or refused, as they are.
    """
    with path.open("rb") as file:
        mark = file.read(262)
    is_zip, is_tar = mark.startswith(b"PK"), mark[257:] == b"ustar"
    if not (is_zip or is_tar or mark.startswith((b"\x1f\x8b\x08", b"BZh"))):
        return False
    if marked_format(path) is not None:
        return False
    return not is_zip or unreadable(path, mark[:MARK_SIZE]) == ZIP
