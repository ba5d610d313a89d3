"""Reads config.json, which says what model a folder has."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from texelflow.errors import ExportError

CONFIG = "config.json"
LARGEST_CONFIG = 2**24
"""In bytes."""


def read_config(path: Path) -> dict[str, Any]:
    """Return the object in a file; raise ExportError if it cannot be read, or is none."""
    try:
        if path.stat().st_size > LARGEST_CONFIG:
            raise ExportError(f"{path} is too large for a description of a model")
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ExportError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ExportError(f"{path} is no JSON: {error}") from None
    if not isinstance(content, dict):
        raise ExportError(f"{path} is no JSON object")
    return content
