"""Finds the files that are not Python: shader templates, built JavaScript, pages.

An installed wheel has them inside the package; a checkout has `shaders/` and `dist/` beside `exporter/`.
"""

from __future__ import annotations

from pathlib import Path

from texelflow.errors import ExportError

PACKAGE = Path(__file__).parent
CHECKOUT = PACKAGE.parent.parent


def shader_directory() -> Path:
    """Return the folder of the shader templates (`*.glsl.j2`, `lib/`); raise ExportError if it is missing."""
    return _first_folder("shaders", PACKAGE / "shaders", CHECKOUT / "shaders")


def javascript_directory() -> Path:
    """Return the folder with the built scripts, `texelflow.js` and those beside it.

    Raises:
        ExportError: it is missing, as in a checkout before `make setup`.
    """
    return _first_folder("built JavaScript", PACKAGE / "javascript", CHECKOUT / "dist")


def player_directory() -> Path:
    """Return the folder of the page that shows and runs a bundle; raise ExportError if it is missing."""
    return _first_folder("player", PACKAGE / "player", CHECKOUT / "dist" / "player")


def page_directory() -> Path:
    """Return the folder of the pages that `verify` and `bench` open."""
    return PACKAGE / "checking" / "pages"


def _first_folder(content: str, *candidates: Path) -> Path:
    for candidate in candidates:
        if candidate.is_dir():
            return candidate
    places = " nor in ".join(map(str, candidates))
    raise ExportError(
        f"the {content} of Texelflow is neither in {places}: install the wheel, or run `make setup`"
    )
