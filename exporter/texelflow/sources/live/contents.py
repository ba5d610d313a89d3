"""A model as bytes, or as an open binary file."""

from __future__ import annotations

import shutil
from pathlib import Path, PurePath
from typing import Any

from texelflow.errors import ExportError
from texelflow.sources.live import Examples, Kind


def _takes(source: object) -> bool:
    return isinstance(source, bytes | bytearray | memoryview) or callable(getattr(source, "read", None))


def _write(source: Any, folder: Path, _examples: Examples) -> Path:
    if isinstance(source, bytes | bytearray | memoryview):
        path = folder / "model"
        path.write_bytes(source)
        return path
    name = getattr(source, "name", None)
    path = folder / ((PurePath(name).name if isinstance(name, str) else "") or "model")
    try:
        with path.open("wb") as file:
            shutil.copyfileobj(source, file, 1 << 20)
    except TypeError:
        raise ExportError("the file is open for text: open it with mode 'rb'") from None
    except (OSError, ValueError) as error:
        raise ExportError(f"the file cannot be read: {error}") from None
    return path


KIND = Kind("the bytes of a file or a binary file object", _takes, _write)
