"""A page with the strictest policy that converts what it is given."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from converter_support import PAGE, SCRIPT, build_converter
from playwright.sync_api import Browser, Page

from browser_support import PageServer


@pytest.fixture(scope="session")
def converter_folder() -> Path:
    """The converter as it is built; built anew where it is stale."""
    return build_converter()


@pytest.fixture(scope="module")
def converter_page(browser: Browser, page_server: PageServer, converter_folder: Path) -> Iterator[Page]:
    """A page that converts; requests to other origins, and refusals by its policy, fail its tests."""
    page_server.mount("/converter/convert", converter_folder)
    page_server.fixed["/converter/"] = (200, "text/html", PAGE.encode())
    page_server.fixed["/converter/page.js"] = (200, "text/javascript", SCRIPT.encode())
    faults: list[str] = []
    origin = page_server.url()
    context = browser.new_context()
    page = context.new_page()
    context.on(
        "request", lambda request: faults.append(request.url) if not is_own(request.url, origin) else None
    )
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if "Policy" in message.text else None)
    page.goto(page_server.url("/converter/"))
    yield page
    context.close()
    assert not faults


def is_own(address: str, origin: str) -> bool:
    return address.startswith((origin, "blob:"))
