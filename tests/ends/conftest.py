"""A page with the functions of dist/texelflow.ends.js as `ends`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from browser_support import PageServer


@pytest.fixture(scope="module")
def ends_page(browser: Browser, page_server: PageServer) -> Iterator[Page]:
    """The page, for all tests of a module."""
    page = browser.new_page()
    page.goto(page_server.url("/blank.html"))
    page.evaluate("async () => { globalThis.ends = await import('/dist/texelflow.ends.js'); }")
    yield page
    page.close()


@pytest.fixture
def call(ends_page: Page) -> Callable[..., Any]:
    """Return what an expression gives, in which `a` are the arguments, lists of numbers as Float32Arrays."""

    def evaluate(expression: str, *arguments: object) -> Any:
        answer = ends_page.evaluate(
            f"""async (text) => {{
                const isNumbers = (value) => value.length > 0 && value.every(Number.isFinite);
                const typed = (value) =>
                    Array.isArray(value) && isNumbers(value) ? Float32Array.from(value) : value;
                const a = JSON.parse(text).map(typed);
                const plain = (key, value) => ArrayBuffer.isView(value) ? Array.from(value, Number) : value;
                return JSON.stringify(await ({expression}), plain);
            }}""",
            json.dumps(arguments),
        )
        return json.loads(answer)

    return evaluate
