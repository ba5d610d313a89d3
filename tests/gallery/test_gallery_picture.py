"""The picture of the gallery in README.md: TEXELFLOW_WRITE_PICTURES=1 in the environment takes it."""

from __future__ import annotations

import io
import os

from gallery_support import REPOSITORY
from PIL import Image
from playwright.sync_api import Browser

MOST_BYTES = 120_000


def test_the_grid_is_shown(browser: Browser, gallery_url: str) -> None:
    page = browser.new_page(viewport={"width": 1100, "height": 900})
    page.goto(gallery_url)
    page.locator(".entry-card").first.wait_for()
    page.evaluate("Promise.all([...document.images].map((image) => image.decode()))")
    with Image.open(io.BytesIO(page.locator("#cards").screenshot())) as shot:
        picture = shot.convert("RGB").quantize(128, dither=Image.Dither.NONE)
        assert len(picture.getcolors() or []) > 20
        content = io.BytesIO()
        picture.save(content, "PNG", optimize=True)
    page.close()
    assert len(content.getvalue()) < MOST_BYTES
    if os.environ.get("TEXELFLOW_WRITE_PICTURES"):
        (REPOSITORY / "docs" / "pictures" / "gallery.png").write_bytes(content.getvalue())
