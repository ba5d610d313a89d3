"""What the gallery puts beside the demo page: its scripts, drawings and style, and the list of entries."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from entries import GALLERY, Entry, Photo, entries, photos

SHOWN = ("name", "title", "about", "task", "takes", "maker", "licence", "origin", "bytes")
"""What the page shows of an entry, as it is."""


def build_gallery(target: Path) -> None:
    """Put the gallery's files into the demo page at `target`; the models come later, by `export.py`."""
    shutil.copytree(GALLERY / "page", target / "gallery", ignore=shutil.ignore_patterns("*.css"))
    shutil.copytree(GALLERY / "drawings", target / "gallery" / "drawings")
    shutil.copyfile(GALLERY / "page" / "gallery.css", target / "styles" / "gallery.css")
    known = photos()
    shown = [_shown(entry, known) for entry in entries()]
    (target / "gallery" / "entries.json").write_text(
        json.dumps(shown, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )


def _shown(entry: Entry, known: dict[str, Photo]) -> dict[str, Any]:
    return {
        **{name: getattr(entry, name) for name in SHOWN},
        "photos": [
            {
                "file": known[name].file_name,
                "title": known[name].title,
                "credit": known[name].credit,
                "licence": known[name].licence,
                "origin": known[name].origin,
            }
            for name in entry.photos
        ],
        "steps": [{"source": step.model, "crop": step.crop} for step in entry.steps],
    }
