"""Bundles of the gallery's entries, made of the files of their packages."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from browser_support import REPOSITORY
from texelflow import ExportError, export

ENTRIES = REPOSITORY / "gallery" / "entries"


def entry_bundle(name: str, folder: Path) -> str:
    """Export an entry's model to `folder / "bundle"`; return its task. Skips without network."""
    entry = json.loads((ENTRIES / f"{name}.json").read_text(encoding="utf-8"))
    (step,) = entry["steps"]
    labels = folder / "labels.txt"
    labels.write_text("\n".join(step.get("labels", [])), encoding="utf-8")
    given = {"meanings": step["meanings"], "labels": labels if "labels" in step else None}
    try:
        export(step["model"], folder / "bundle", **given, **step["options"])
    except ExportError as error:
        if "fetched" not in str(error) or "TEXELFLOW_MODELS" in os.environ:
            raise
        pytest.skip(f"no package: {error}")
    provenance = json.loads((folder / "bundle/graph.json").read_text(encoding="utf-8"))["provenance"]
    assert provenance["sha256"] == step["sha256"]
    return str(entry["task"])
