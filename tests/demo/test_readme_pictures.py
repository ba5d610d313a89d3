"""The pictures of the page in the documents: TEXELFLOW_WRITE_PICTURES=1 in the environment takes them."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path

from about_models import bundle_of, two_blocks
from demo_support import Opener, settle, wait_until
from PIL import Image
from playwright.sync_api import Browser, Page

from browser_support import REPOSITORY
from texelflow.checking.serve import background_server, folder_mounts

PICTURES = REPOSITORY / "docs" / "pictures"
MOST_BYTES = 120_000


def take(page: Page, selector: str, name: str) -> None:
    """Checks that part of the page shows something, and keeps a picture of it where that is asked for."""
    with Image.open(io.BytesIO(page.locator(selector).screenshot())) as shot:
        picture = shot.convert("RGB").quantize(128, dither=Image.Dither.NONE)
        colours = picture.getcolors() or []
        assert len(colours) > 20
        assert max(count for count, _ in colours) < 0.95 * picture.width * picture.height
        content = io.BytesIO()
        picture.save(content, "PNG", optimize=True)
    assert len(content.getvalue()) < MOST_BYTES
    if os.environ.get("TEXELFLOW_WRITE_PICTURES"):
        (PICTURES / name).write_bytes(content.getvalue())


def test_a_digit_is_read(open_demo: Opener) -> None:
    page = open_demo()
    page.click("[aria-label='A handwritten 3']")
    wait_until(page, "/3/.test(document.getElementById('verdict').textContent)")
    settle(page)
    take(page, "#digits", "digit.png")


def test_a_model_is_looked_at(browser: Browser, tmp_path: Path) -> None:
    bundle = bundle_of(two_blocks(tmp_path), "blocks", image="0..1")
    with background_server(folder_mounts(bundle)) as url:
        page = browser.new_page(viewport={"width": 1100, "height": 900}, service_workers="block")
        page.goto(url)
        page.locator("#about").wait_for()
        page.click("#about > summary")
        page.click("#tab-time")
        page.get_by_role("button", name="Measure").click()
        page.get_by_text("for all draws one by one").wait_for()
        page.click("#tab-graph")
        page.fill("#graph-search", "block1/first")
        page.click(".search-results button")
        page.fill("#graph-search", "")
        page.get_by_role("button", name="See what it computes").click()
        page.locator("canvas.tiles").wait_for()
        page.locator(".maps").scroll_into_view_if_needed()
        settle(page)
        take(page, "#about", "model.png")
        page.close()


def test_pictures_of_the_documents_are_there_and_small() -> None:
    documents = (REPOSITORY / "README.md", *(REPOSITORY / "docs").glob("*.md"))
    shown = {
        document.parent / path
        for document in documents
        for path in re.findall(r"!\[[^]]*\]\(([^):]+\.png)\)", document.read_text(encoding="utf-8"))
    }
    assert shown == set((REPOSITORY / "docs" / "pictures").glob("*.png"))
    for path in shown:
        with Image.open(path) as picture:
            assert picture.width > 300
        assert path.stat().st_size < MOST_BYTES
