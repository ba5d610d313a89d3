"""The built demo page, served below a folder as on any static host."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from demo_support import Opener, build_demo, opening_demo
from playwright.sync_api import Browser, Page

from browser_support import PageServer


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo page as demo/build.py builds it."""
    folder = tmp_path_factory.mktemp("demo") / "page"
    build_demo(folder)
    return folder


@pytest.fixture(scope="session")
def demo_url(page_server: PageServer, demo_folder: Path) -> str:
    """Address of the page, deep in a site, so that an absolute path in it would show."""
    return page_server.mount("/somewhere/deep/demo", demo_folder) + "/"


@pytest.fixture
def open_demo(browser: Browser, demo_url: str) -> Iterator[Opener]:
    """Opens the page afresh; its faults fail the test afterwards."""
    with opening_demo(browser, demo_url) as opener:
        yield opener


@pytest.fixture(scope="module")
def demo(browser: Browser, demo_url: str) -> Iterator[Page]:
    """The page, opened once for tests that do not need it fresh: opening takes four seconds."""
    with opening_demo(browser, demo_url) as opener:
        yield opener()
