"""A page that uses one of the functions downloads little more than that."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from browser_support import REPOSITORY

LARGEST = {
    "topK": 400,
    "softmax": 400,
    "suppressOverlaps": 600,
    "resample": 900,
    "readCtc": 600,
    "melFilters": 900,
}


@pytest.mark.parametrize("name", LARGEST)
def test_one_function(tmp_path: Path, name: str) -> None:
    (tmp_path / "page.js").write_text(
        f'import {{ {name} }} from "{REPOSITORY}/dist/texelflow.ends.js";\nconsole.log({name});\n'
    )
    bundler = REPOSITORY / "node_modules" / ".bin" / "esbuild"
    built = subprocess.run(
        [bundler, "page.js", "--bundle", "--minify", "--format=esm"],
        cwd=tmp_path,
        capture_output=True,
        check=True,
    ).stdout
    assert name.encode() not in built or len(built) < LARGEST[name]
    assert 60 < len(built) < LARGEST[name], built[:200]


def test_it_needs_nothing_else() -> None:
    text = (REPOSITORY / "dist" / "texelflow.ends.js").read_text(encoding="utf-8")
    assert "import" not in text
