"""A Keras model, saved by the Keras that it belongs to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from texelflow.errors import ExportError
from texelflow.sources.live import Examples, Kind

_PACKAGES = frozenset({"keras", "tf_keras", "tensorflow"})


def _takes(source: object) -> bool:
    return callable(getattr(source, "save", None)) and any(
        base.__module__.partition(".")[0] in _PACKAGES
        and base.__name__ in ("Model", "Functional", "Sequential")
        for base in type(source).__mro__
    )


def _write(source: Any, folder: Path, _examples: Examples) -> Path:
    path = folder / f"{getattr(source, 'name', None) or 'model'}.keras"
    try:
        source.save(path)
    except Exception as error:  # Keras', of any kind
        text = " ".join(str(error).split())[:400]
        raise ExportError(f"the Keras model cannot be saved ({type(error).__name__}: {text})") from None
    return path


KIND = Kind("a Keras model", _takes, _write)
