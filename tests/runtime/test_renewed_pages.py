"""What tests that take turns in a page may rely on: nothing of the one before is left."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Error

from browser_support import PageServer, RenewedPage


def test_nothing_is_left(browser: Browser, page_server: PageServer) -> None:
    renewed = RenewedPage(browser, page_server)
    try:
        page = renewed.renew()
        page.evaluate(
            """() => {
                globalThis.left = 1;
                HTMLCanvasElement.prototype.getContext = () => null;
                setInterval(() => { document.title = 'left'; }, 1);
            }"""
        )
        page.context.route("**/*.json", lambda route: route.abort())
        page.route("**/*.txt", lambda route: route.abort())
        page = renewed.renew()
        assert page.evaluate(
            """async () => {
                const {loadModel} = texelflow;
                const context = document.createElement('canvas').getContext('webgl2');
                await new Promise((resolve) => setTimeout(resolve, 30));
                const asked = ['/none.json', '/none.txt'].map(async (path) => (await fetch(path)).status);
                return [typeof loadModel, globalThis.left ?? null, context !== null, document.title,
                    ...await Promise.all(asked)];
            }"""
        ) == ["function", None, True, "test", 404, 404]
    finally:
        renewed.close()


def test_a_crash_ends_one_test_only(browser: Browser, page_server: PageServer) -> None:
    renewed = RenewedPage(browser, page_server)
    try:
        page = renewed.renew()
        with pytest.raises(Error):
            page.goto("chrome://crash", timeout=5000)
        assert renewed.renew().evaluate("() => typeof texelflow.loadModel") == "function"
    finally:
        renewed.close()
