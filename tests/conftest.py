"""Fixtures for every test that needs a browser. See browser_support.py for what they are made of."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# The tests are no package, so that each folder of them can be run alone; their helpers lie beside this file.
sys.path.insert(0, str(Path(__file__).resolve().parent))

# Every export of every test then checks the graph after each pass (graph/check.py).
os.environ["TEXELFLOW_CHECK_GRAPH"] = "1"

from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from browser_support import REPOSITORY, PageServer, launch_chromium, open_runtime_page


@pytest.fixture(scope="session")
def playwright_instance() -> Iterator[Playwright]:
    """The one Playwright driver of this test run."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(playwright_instance: Playwright) -> Iterator[Browser]:
    """Headless Chromium with WebGL2, shared by all tests."""
    browser = launch_chromium(playwright_instance)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def page_server() -> Iterator[PageServer]:
    """A server with the built runtime at /dist; tests mount their own folders with `page_server.mount`."""
    dist = REPOSITORY / "dist"
    assert (dist / "texelflow.debug.js").is_file(), "dist/ is not built: run `npm ci && npm run build`"
    server = PageServer()
    server.mount("/dist", dist)
    yield server
    server.close()


@pytest.fixture
def page(browser: Browser, page_server: PageServer) -> Iterator[Page]:
    """A fresh blank page in which `texelflow` is the debugging build of the runtime."""
    page = open_runtime_page(browser, page_server)
    yield page
    page.close()


@pytest.fixture(scope="session")
def bundle_page(browser: Browser, page_server: PageServer) -> Iterator[Page]:
    """The page that `bundle_runner` runs bundles in: what one test compiled, no later one compiles again."""
    page = open_runtime_page(browser, page_server)
    yield page
    page.close()


@pytest.fixture(scope="module")
def module_page(browser: Browser, page_server: PageServer) -> Iterator[Page]:
    """Like `page`, one for all tests of a module: opening a page and a WebGL2 context takes half a second."""
    page = open_runtime_page(browser, page_server)
    yield page
    page.close()
