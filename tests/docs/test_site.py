"""The site of the documents (`make site`) asks its own server only, finds words, and is dark where liked."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from browser_support import REPOSITORY, PageServer

SITE = REPOSITORY / "build" / "site" / "docs"

pytestmark = pytest.mark.skipif(not (SITE / "index.html").is_file(), reason="not built: make site")


def test_a_visit(browser: Browser, page_server: PageServer) -> None:
    page_server.mount("/docs", SITE)
    context = browser.new_context(color_scheme="dark", viewport={"width": 1280, "height": 800})
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "request",
        lambda request: faults.append(request.url) if page_server.url("/") not in request.url else None,
    )
    page.on("requestfailed", lambda request: faults.append(request.url))
    page.goto(page_server.url("/docs/index.html"))
    assert page.locator("html.dark").count() == 1
    page.get_by_role("link", name="Quick start").first.click()
    page.get_by_role("heading", name="Quick start").wait_for()
    page.get_by_role("button", name="Search").click()
    page.get_by_role("searchbox").fill("superseded")
    page.locator("a.result").first.click()
    page.wait_for_url("**/errors.html#**")
    context.close()
    assert faults == []
