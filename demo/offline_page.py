"""What lets the demo page open without network: its service worker, told of every file that it keeps."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path

from page_fragments import BuildError

NAME = "service-worker.js"
SCRIPT = Path(__file__).resolve().parent / "service_worker" / NAME
NONE = "const FILES = {};"
"""Where the script is told of the files."""
LEFT_OUT = re.compile(
    rf"(benchmark|docs)/.*|styles/benchmark.css|{NAME}|(.*/)?\..*|.*\.(br|md|txt)|(.*/)?LICENSE"
)
"""What is not kept: the page that compares runtimes, whose nets are large; documents; licences."""


def write_service_worker(target: Path) -> None:
    """Put into the built page at `target` the script that keeps all its other files, by their digests.

    Raises:
        BuildError: the script has no place for them.
    """
    script = SCRIPT.read_text(encoding="utf-8")
    if script.count(NONE) != 1:
        raise BuildError(f"{SCRIPT} has no one {NONE!r}")
    names = sorted(path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file())
    kept = {name: digest(target / name) for name in names if not LEFT_OUT.fullmatch(name)}
    files = f"const FILES = {json.dumps(kept, indent=2)};"
    (target / NAME).write_text(script.replace(NONE, files), encoding="utf-8")


def digest(path: Path) -> str:
    """Return the SHA-256 of a file as `integrity` writes it."""
    return f"sha256-{base64.b64encode(hashlib.sha256(path.read_bytes()).digest()).decode()}"
