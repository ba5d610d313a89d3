"""What the gallery puts beside the demo page: its scripts, drawings and style, and the list of entries."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from entries import GALLERY, SAMPLES, Entry, Sample, entries, samples

SHOWN = ("name", "title", "about", "task", "takes", "maker", "licence", "origin", "bytes")
"""What the page shows of an entry, as it is."""


def build_gallery(target: Path) -> None:
    """Put the gallery's files into the demo page at `target`; the models come later, by `export.py`."""
    shutil.copytree(GALLERY / "page", target / "gallery", ignore=shutil.ignore_patterns("*.css"))
    shutil.copytree(GALLERY / "drawings", target / "gallery" / "drawings")
    shutil.copyfile(GALLERY / "page" / "gallery.css", target / "styles" / "gallery.css")
    known = {kind: samples(kind) for kind in SAMPLES}
    shown = [_shown(entry, known) for entry in entries()]
    (target / "gallery" / "entries.json").write_text(
        json.dumps(shown, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )


def _shown(entry: Entry, known: dict[str, dict[str, Sample]]) -> dict[str, Any]:
    return {
        **{name: getattr(entry, name) for name in SHOWN},
        **{kind: [_sample(known[kind][name]) for name in getattr(entry, kind)] for kind in SAMPLES},
        "steps": [{"source": step.model, "crop": step.crop} for step in entry.steps],
    }


def _sample(sample: Sample) -> dict[str, Any]:
    return {
        "file": sample.file_name,
        **{name: getattr(sample, name) for name in ("title", "credit", "licence", "origin", "part")},
    }
