"""Runs the lines for a page of one's own that a page shows, each as the only script of a page of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Browser, Route

WRITTEN = """
globalThis.written = [];
const plain = (value) => ArrayBuffer.isView(value) ? Array.from(value, Number) : value;
console.log = (...values) => written.push(values.map(plain));
addEventListener("error", ({ message, error }) => { globalThis.failed = `${message} ${error}`; });
addEventListener("unhandledrejection", ({ reason }) => { globalThis.failed = String(reason); });
"""
ENDED = "globalThis.done === true || globalThis.failed !== undefined"


def run_lines(browser: Browser, base: str, lines: str, served: Callable[[Route], None]) -> list[list[Any]]:
    """Return what the lines write to the console, line by line, in a page in the folder `base`.

    `served` answers what the page asks for, or falls back to the server.
    """
    page = browser.new_page(service_workers="block")
    page.add_init_script(WRITTEN)
    page.route("**", served)
    markup = f'<!doctype html>\n<script type="module">\n{lines}\nglobalThis.done = true;\n</script>'
    page.route("**/lines.html", lambda route: route.fulfill(body=markup, content_type="text/html"))
    page.goto(f"{base}lines.html")
    page.wait_for_function(ENDED)
    assert page.evaluate("globalThis.failed ?? ''") == ""
    written: list[list[Any]] = page.evaluate("written")
    page.close()
    return written
