"""What the demo's tests share: building the page, waiting for it, and pictures of one colour."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
from pathlib import Path

from PIL import Image
from playwright.sync_api import FilePayload, Page

from browser_support import REPOSITORY


def build_demo(folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs demo/build.py as `make demo` does."""
    path = os.pathsep.join([str(REPOSITORY / "exporter"), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, str(REPOSITORY / "demo" / "build.py"), str(folder)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )


def wait_until(page: Page, expression: str, seconds: float = 30) -> None:
    """Waits until a JavaScript expression holds.

    Playwright's own `wait_for_function` evaluates strings in the page, which its content policy forbids.
    """
    deadline = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, (
            f"not true within {seconds} s: {expression}\n{page.inner_text('main')}"
        )
        page.wait_for_timeout(30)


def picture(colour: tuple[int, int, int], size: tuple[int, int] = (60, 40)) -> FilePayload:
    """A PNG of one colour, as `set_input_files` takes it."""
    content = io.BytesIO()
    Image.new("RGB", size, colour).save(content, "PNG")
    return {"name": "picture.png", "mimeType": "image/png", "buffer": content.getvalue()}
