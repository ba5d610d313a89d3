"""Read a bundle's graph.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

from texelflow.errors import ExportError
from texelflow.format.types import GraphFile

FORMAT_VERSION = 1


def read_graph(directory: Path) -> GraphFile:
    """Return the content of `directory/graph.json`.

    Raises:
        ExportError: the file is missing, is not JSON, or has another format version.
    """
    path = directory / "graph.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ExportError(f"{directory} is not a bundle: it has no graph.json") from None
    except (ValueError, OSError) as error:
        raise ExportError(f"{path} cannot be read as JSON: {error}") from None
    version = content.get("formatVersion") if isinstance(content, dict) else None
    if version is None:
        raise ExportError(f"{path} is not the graph.json of a bundle: it has no formatVersion")
    if version != FORMAT_VERSION:
        raise ExportError(
            f"{path} has format version {version!r}, but this Texelflow reads {FORMAT_VERSION}: "
            "export the model again, or use the Texelflow that wrote it"
        )
    return cast(GraphFile, content)
