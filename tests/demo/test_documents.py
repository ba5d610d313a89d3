"""The demo page leads to the documents where it is built with their site, and nowhere else."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

from browser_support import REPOSITORY

DEMO = REPOSITORY / "demo"


def test_the_link(tmp_path: Path) -> None:
    sys.path.append(str(DEMO))
    build = runpy.run_path(str(DEMO / "build.py"))
    links = {}
    for has_docs in (True, False):
        page = tmp_path / f"{has_docs}.html"
        left_out = None if has_docs else build["DOCS"]
        build["write_page"](REPOSITORY / "player" / "index.html", DEMO / "page", page, left_out)
        links[has_docs] = page.read_text(encoding="utf-8").splitlines()
    missing = [line for line in links[True] if line not in links[False]]
    assert len(missing) == 1 and 'href="docs/index.html"' in missing[0]
