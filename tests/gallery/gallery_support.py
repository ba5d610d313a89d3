"""The pictures of the gallery's tests: its own samples, and photos of people of another package.

`python tests/gallery/gallery_support.py FOLDER` brings them and the models into a folder, for
record_gallery.py.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageOps

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path += [str(REPOSITORY / "gallery"), str(REPOSITORY / "demo")]

import texelflow

CONTENT = json.loads((Path(__file__).parent / "pictures.json").read_text(encoding="utf-8"))
PEOPLE = "npm:@vladmandic/face-api@1.7.15/demo/"


def bring_picture(name: str, side: int, folder: Path) -> Path:
    """Bring a picture into a folder, in the middle of a black square of a side in pixels; return its path.
    `page:44@9` are the upper 44 rows of the picture `page`, turned to the left by 9 degrees.

    So that models that take squares need not make it smaller: each has a way of its own to do that, and
    sees another picture then.

    Raises:
        texelflow.ExportError: its package cannot be had.
    """
    from entries import samples
    from export import bring

    path = folder / f"{name}-{side}.png"
    if not path.is_file():
        known = samples("photos")
        cut, _, degrees = name.partition("@")
        plain, _, rows = cut.partition(":")
        content = bring(known[plain].file if plain in known else f"{PEOPLE}{plain}.jpg")
        digest = known[plain].sha256 if plain in known else CONTENT["pictures"][plain]
        assert hashlib.sha256(content).hexdigest() == digest
        folder.mkdir(parents=True, exist_ok=True)
        with Image.open(io.BytesIO(content)) as picture:
            upper = picture.convert("RGB").crop((0, 0, picture.width, int(rows or picture.height)))
            turned = upper.rotate(float(degrees or 0), Image.Resampling.BICUBIC, expand=True)
            ImageOps.pad(turned, (side, side), Image.Resampling.BILINEAR).save(path)
    return path


def bring_pictures(folder: Path) -> None:
    """Bring all pictures of the tests into a folder; raises as `bring_picture` does."""
    for entry, names in CONTENT["entries"].items():
        for name in names:
            bring_picture(name, CONTENT["sides"][entry], folder)


def skip_without_network(problem: texelflow.ExportError) -> None:
    """Skip a test whose package cannot be fetched; fail where the models are said to be there."""
    if os.environ.get("TEXELFLOW_MODELS"):
        raise problem
    pytest.skip(f"a package of the gallery cannot be had: {problem}")


def main() -> None:
    """Bring all pictures, and the models that record_gallery.py runs by itself."""
    from entries import entries
    from export import bring

    folder = Path(sys.argv[1])
    bring_pictures(folder)
    (folder / "models").mkdir(exist_ok=True)
    for entry in entries():
        if entry.name in CONTENT["entries"]:
            for number, step in enumerate(entry.steps, 1):
                path = folder / "models" / f"{entry.name}-{number}{Path(step.model).suffix}"
                path.write_bytes(bring(step.model))
                if isinstance(step.labels, str):
                    path.with_suffix(".txt").write_bytes(bring(step.labels))


if __name__ == "__main__":
    main()
