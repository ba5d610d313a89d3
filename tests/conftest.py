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

from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from browser_support import (
    PAGE_SECONDS,
    REPOSITORY,
    PageServer,
    RenewedPage,
    launch_chromium,
    open_runtime_page,
)

expect.set_options(timeout=1000 * PAGE_SECONDS)


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
def own_page(browser: Browser, page_server: PageServer) -> Iterator[Page]:
    """Like `page`, for tests that change more than its document: storage, network, who listens to it."""
    page = open_runtime_page(browser, page_server)
    yield page
    page.close()


@pytest.fixture(scope="session")
def renewed_pages(browser: Browser, page_server: PageServer) -> Iterator[list[RenewedPage]]:
    """What `page` and `module_page` are taken from, which a test may have both of."""
    renewed = [RenewedPage(browser, page_server) for _ in range(2)]
    yield renewed
    for each in renewed:
        each.close()


@pytest.fixture
def page(renewed_pages: list[RenewedPage]) -> Page:
    """A fresh document in which `texelflow` is the debugging build of the runtime.

    Nothing that other tests changed in theirs is left, prototypes, workers and contexts of WebGL included.
    It takes an eighth of the processor time of a page with processes of its own, which `own_page` is.
    """
    return renewed_pages[0].renew()


@pytest.fixture
def blank_page(renewed_pages: list[RenewedPage]) -> Page:
    """A fresh document that does not have the runtime yet."""
    return renewed_pages[0].blank()


@pytest.fixture(scope="session")
def bundle_page(browser: Browser, page_server: PageServer) -> Iterator[Page]:
    """The page that `bundle_runner` runs bundles in: what one test compiled, no later one compiles again."""
    page = open_runtime_page(browser, page_server)
    yield page
    page.close()


@pytest.fixture(scope="module")
def module_page(renewed_pages: list[RenewedPage]) -> Page:
    """Like `page`, with one document for all tests of a module."""
    return renewed_pages[1].renew()
