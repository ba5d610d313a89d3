"""What holds back what a page waits for, as a slow network, or a question of the browser, does."""

from __future__ import annotations

import time

from playwright.sync_api import Page, Route

from browser_support import PAGE_SECONDS

ASKED = """
globalThis.asked = [];
const ask = () => {
    const { promise, resolve } = Promise.withResolvers();
    asked.push(() => {
        const canvas = document.createElement("canvas");
        canvas.getContext("2d").fillRect(0, 0, 9, 9);
        setInterval(() => canvas.getContext("2d").fillRect(0, 0, 9, 9), 20);
        resolve(canvas.captureStream());
        return promise;
    });
    return promise;
};
Object.assign(navigator.mediaDevices, { getUserMedia: ask, getDisplayMedia: ask });
"""
"""Camera and screen, each of which waits until a visitor allows it."""

ALLOW = """async (index) => {
    globalThis.streams ??= [];
    streams[index] = await asked[index]();
}"""
LIVE = """(index) => streams[index].getTracks().some(({ readyState }) => readyState === "live")"""


class Held:
    """Requests that are not answered until the test lets them be."""

    def __init__(self, page: Page, pattern: str) -> None:
        self._page = page
        self._pattern = pattern
        self._routes: list[Route] = []
        page.route(pattern, lambda route: self._routes.append(route))

    def wait(self) -> None:
        """Wait until there is one."""
        end = time.monotonic() + PAGE_SECONDS
        while not self._routes:
            assert time.monotonic() < end, f"nothing asked for {self._pattern} within {PAGE_SECONDS} s"
            self._page.wait_for_timeout(20)

    def let_go(self) -> None:
        """Answer them, and give the page time for what it must not do then."""
        for route in self._routes:
            route.continue_()
        self._page.unroute(self._pattern)
        pause(self._page)

    def refuse(self) -> None:
        """Cut them off."""
        for route in self._routes:
            route.abort()
        self._page.unroute(self._pattern)


def pause(page: Page) -> None:
    """Gives the page time to do what it must not do: nothing tells that something does not happen."""
    page.wait_for_timeout(300)
