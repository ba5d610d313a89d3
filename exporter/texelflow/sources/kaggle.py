"""Models of Kaggle: kagglehub downloads them, with its own cache, logins (KAGGLE_API_TOKEN) and progress."""

from __future__ import annotations

import re
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from texelflow.errors import ExportError
from texelflow.sources.redaction import scrubbed
from texelflow.sources.session import Session

MISSING = "{} is fetched by kagglehub: pip install 'texelflow[hub]'"


def locate(address: str, form: str, session: Session) -> Path:
    """Return the file or folder at the address of a model; raise ExportError.

    What follows the version, or the variation where none is given, is a path within the model.
    """
    parts = address.partition("://")[2].strip("/").split("/")
    if len(parts) < 4 or not all(re.fullmatch(r"[\w.+-]+", part) and part.strip(".") for part in parts[:4]):
        raise ExportError(f"{address} is not of the form {form}")
    version = parts[4] if len(parts) > 4 and re.fullmatch(r"[1-9]\d*", parts[4]) else None
    inner = parts[5 if version else 4 :]
    if any(part in ("", ".", "..") for part in inner):
        raise ExportError(f"{address} is not of the form {form}")
    try:
        import kagglehub
    except ImportError:
        raise ExportError(MISSING.format(address)) from None
    folder = (
        _cached(address, parts[:4], version)
        if session.offline
        else _downloaded(kagglehub, address, "/".join([*parts[:4], *([version] if version else [])]), session)
    )
    found = folder.joinpath(*inner)
    if not found.exists():
        names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
        raise ExportError(f"{address} does not exist: the model has {', '.join(names[:12])}")
    return found


def _downloaded(kagglehub: Any, address: str, handle: str, session: Session) -> Path:
    session.report(f"downloading {handle}", 0.0)
    try:
        with redirect_stdout(sys.stderr):  # what it says must not be among results
            return Path(kagglehub.model_download(handle))
    except Exception as error:  # of kagglehub, kagglesdk and requests
        text = " ".join(scrubbed(str(error)).split())[:400]
        raise ExportError(f"{address} cannot be downloaded: {text} ({type(error).__name__})") from None


def _cached(address: str, parts: list[str], version: str | None) -> Path:
    """Return what kagglehub downloaded before; it has no way to ask for that."""
    from kagglehub.config import get_cache_folder

    folder = Path(get_cache_folder(), "models", *parts)
    versions = (
        [version]
        if version
        else sorted((path.name for path in folder.glob("*") if path.name.isdigit()), key=int, reverse=True)
    )
    for name in versions:
        if (folder / name).is_dir() and (folder / f"{name}.complete").exists():
            return folder / name
    raise ExportError(f"{address} is not in the cache of kagglehub: fetch it once without --offline")
