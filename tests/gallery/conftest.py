"""The gallery's page and its models, exported from their packages once for all tests."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from gallery_support import REPOSITORY, bring_pictures, skip_without_network
from playwright.sync_api import Browser, Page

import texelflow
from browser_support import require_webgl2


@pytest.fixture(scope="session")
def gallery_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every entry's bundles, exported, and the pictures of the tests."""
    from entries import entries
    from export import export_entry

    folder = tmp_path_factory.mktemp("gallery")
    try:
        for entry in entries():
            export_entry(entry, folder)
        bring_pictures(folder / "pictures")
    except texelflow.ExportError as problem:
        skip_without_network(problem)
    return folder


@pytest.fixture(scope="session")
def gallery_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page as demo/build.py puts it together, without the rest of the demo."""
    from gallery_page import build_gallery
    from page_fragments import write_page

    dist = REPOSITORY / "dist"
    folder = tmp_path_factory.mktemp("page") / "page"
    shutil.copytree(dist / "player", folder)
    shutil.copytree(REPOSITORY / "demo" / "offline", folder / "offline")
    for path in dist.glob("texelflow*.js"):
        shutil.copyfile(path, folder / path.name)
    write_page(dist / "player" / "index.html", REPOSITORY / "gallery" / "fragments", folder / "gallery.html")
    build_gallery(folder)
    # That of the demo keeps the whole demo, which is not here: tests/demo has it.
    (folder / "service-worker.js").write_text("", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def gallery_url(gallery_page: Path, gallery_models: Path) -> Iterator[str]:
    """Address of the page, at the server of `make demo`."""
    from serve import gallery_server

    server = gallery_server(gallery_page, gallery_models, "127.0.0.1", 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/gallery.html"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def gallery(browser: Browser, gallery_url: str) -> Iterator[Page]:
    """The page, opened once."""
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    page.goto(gallery_url)
    require_webgl2(page)
    page.locator(".entry-card").first.wait_for()
    yield page
    page.close()
