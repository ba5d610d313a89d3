"""Chromium as the passes use it: started afresh, and never waited for without a limit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Browser, Error, Page, Playwright

from texelflow.checking.browser import chromium_flags

CLOSING_SECONDS = 20.0

FIRST_RESULT = """async () => {
    while (!window.outcome) await new Promise((resolve) => setTimeout(resolve, 2));
    return window.outcome;
}"""
"""Waits for the first result of startup.html. When a navigation is committed, no script has run yet."""


class MeasurementError(Exception):
    """A runtime failed, or its page did: then `lost` says that the page is of no use. One line says why."""

    def __init__(self, message: str, *, lost: bool = False) -> None:
        super().__init__(message)
        self.lost = lost


@dataclass(frozen=True)
class Bench:
    """What every pass needs: the driver, which Chromium and how, and where the pages are served."""

    playwright: Playwright
    executable: str
    software: bool
    url: str

    @asynccontextmanager
    async def browser(self) -> AsyncIterator[Browser]:
        """Start a Chromium with empty caches, that of compiled shaders among them; end it afterwards."""
        browser = await self.playwright.chromium.launch(
            executable_path=self.executable, args=chromium_flags(software=self.software)
        )
        try:
            yield browser
        finally:
            # Where it hangs or is gone, the driver kills what is left when it ends.
            with suppress(TimeoutError, Error):
                await asyncio.wait_for(browser.close(), CLOSING_SECONDS)


async def call(page: Page, expression: str, argument: Any = None, *, seconds: float) -> Any:
    """Evaluate `expression` in the page and return what it resolves to, as JSON.

    Raises:
        MeasurementError: it throws, the page crashes, or it takes longer than `seconds`.
    """
    try:
        return await asyncio.wait_for(page.evaluate(expression, argument), seconds)
    except TimeoutError:
        raise MeasurementError(f"no answer within {seconds:.0f} s", lost=True) from None
    except Error as error:
        message = first_line(error)
        raise MeasurementError(message, lost=page.is_closed() or "crashed" in message.lower()) from None


def reason_of(failure: MeasurementError | Error) -> str:
    """Return why a measurement failed, in one line. Playwright's own errors come from launch and goto."""
    return str(failure) if isinstance(failure, MeasurementError) else first_line(failure)


def first_line(error: Error) -> str:
    """Return what a page's error says, without Playwright's prefix and the stack."""
    text = error.message.removeprefix("Page.evaluate: ").removeprefix("Error: ")
    return (text.splitlines() or ["an error without a message"])[0][:200]
