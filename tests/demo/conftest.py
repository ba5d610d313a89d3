"""The built demo page, served below a folder as on any static host."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from demo_support import build_demo, wait_until
from playwright.sync_api import Browser, Page

from browser_support import PageServer, require_webgl2

Opener = Callable[..., Page]


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


@contextmanager
def opening_demo(browser: Browser, demo_url: str) -> Iterator[Opener]:
    """Gives what opens the page, with options of `browser.new_page`; raises faults of the pages at the end.

    Faults are exceptions, refusals by the page's own content policy and requests to other servers.
    """
    pages: list[Page] = []
    faults: list[str] = []

    def watch(address: str) -> None:
        if not address.startswith((demo_url.split("/somewhere")[0], "blob:", "data:")):
            faults.append(f"request to {address}")

    def open_page(script: str | None = None, **options: object) -> Page:
        page = browser.new_page(**{"viewport": {"width": 1200, "height": 900}, **options})
        pages.append(page)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: _note_refusal(message.text, faults))
        page.on("request", lambda request: watch(request.url))
        if script:
            page.add_init_script(script)
        page.goto(demo_url)
        require_webgl2(page)
        wait_until(page, "document.getElementById('digits-first').textContent !== '–'")
        wait_until(page, "!document.getElementById('stage').hidden")
        return page

    yield open_page
    for page in pages:
        page.close()
    assert not faults


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


def _note_refusal(text: str, faults: list[str]) -> None:
    if "Content Security Policy" in text:
        faults.append(text)
