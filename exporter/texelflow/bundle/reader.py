"""Read a bundle's graph.json."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from typing import cast

from texelflow.bundle.types import GraphFile
from texelflow.bundle.validation import violations
from texelflow.errors import ExportError

FORMAT_VERSION = 2
MOST_PROBLEMS = 10
"""How many places of a broken file are named."""


def read_graph(directory: Path) -> GraphFile:
    """Return the content of `directory/graph.json`.

    Raises:
        ExportError: the file is missing, is not JSON, has another format version or breaks the schema.
    """
    path = directory / "graph.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise ExportError(f"{directory} is not a bundle: it has no graph.json") from None
    except (ValueError, OSError, RecursionError) as error:
        raise ExportError(f"{path} cannot be read as JSON: {error}") from None
    version = content.get("formatVersion") if isinstance(content, dict) else None
    if version is None:
        raise ExportError(f"{path} is not the graph.json of a bundle: it has no formatVersion")
    if version != FORMAT_VERSION:
        raise ExportError(
            f"{path} has format version {version!r}, but this Texelflow reads {FORMAT_VERSION}: "
            "export the model again, or use the Texelflow that wrote it"
        )
    try:
        problems = list(islice(violations(content), MOST_PROBLEMS))
    except RecursionError:
        problems = ["it is nested too deeply"]
    if problems:
        raise ExportError(f"{path} is not a valid graph.json", problems)
    # The schema, which `violations` checked, is what the type is generated from.
    return cast(GraphFile, content)
