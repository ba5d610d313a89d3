"""The demo page leads to the documents where it is built with their site, and nowhere else."""

from __future__ import annotations

import runpy
import shutil
import sys
from pathlib import Path

from browser_support import REPOSITORY

DEMO = REPOSITORY / "demo"


def test_the_link(tmp_path: Path) -> None:
    sys.path.append(str(DEMO))
    write_page = runpy.run_path(str(DEMO / "build.py"))["write_page"]
    links = {}
    for has_docs in (True, False):
        folder = tmp_path / str(has_docs)
        folder.mkdir()
        shutil.copy(REPOSITORY / "player" / "index.html", folder)
        write_page(folder, has_docs)
        links[has_docs] = (folder / "index.html").read_text(encoding="utf-8").splitlines()
    missing = [line for line in links[True] if line not in links[False]]
    assert len(missing) == 1 and 'href="docs/index.html"' in missing[0]
