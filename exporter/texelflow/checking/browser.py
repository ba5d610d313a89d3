"""Find Chromium and open a page in it that can run a bundle. Needs Playwright (`texelflow[verify]`)."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from texelflow.checking.serve import background_server
from texelflow.errors import ExportError
from texelflow.resources import javascript_directory, page_directory

if TYPE_CHECKING:
    from playwright.sync_api import Page, Playwright

EXECUTABLES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC_EXECUTABLES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
QUIET = (
    *("--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
CALL_SECONDS = 600.0
"""How long one call of a page may take: a slow machine loading a large model in software."""


def find_chromium(playwright: Playwright) -> str:
    """Return the path of a Chromium: `TEXELFLOW_CHROMIUM` if set, Playwright's own, or one that is installed.

    Raises:
        ExportError: there is none, or `TEXELFLOW_CHROMIUM` names no file.
    """
    if chosen := os.environ.get("TEXELFLOW_CHROMIUM"):
        if not Path(chosen).is_file():
            raise ExportError(f"TEXELFLOW_CHROMIUM is {chosen!r}, which is not a file")
        return chosen
    installed = [path for name in EXECUTABLES if (path := shutil.which(name))]
    for candidate in (playwright.chromium.executable_path, *installed, *MAC_EXECUTABLES):
        if Path(candidate).is_file():
            return candidate
    raise ExportError(
        "no Chromium found: install Chromium or Chrome, run `python -m playwright install chromium`, "
        "or set TEXELFLOW_CHROMIUM to the path of one"
    )


def chromium_flags(software: bool = False) -> list[str]:
    """Return the flags for WebGL2 without a screen: on a GPU if there is one and not `software`."""
    flags = [*QUIET, "--enable-unsafe-swiftshader"]
    if software:
        flags += ["--use-gl=angle", "--use-angle=swiftshader"]
        flags += ["--disable-gpu-rasterization", "--disable-gpu-compositing"]  # of the page, not of WebGL
    if sys.platform == "linux" and os.geteuid() == 0:
        flags.append("--no-sandbox")  # Chromium's sandbox refuses to run as root
    return flags


class BundlePage:
    """A page in Chromium with a bundle at `/bundle/`, driven by the functions of `pages/runner.js`."""

    def __init__(self, page: Page, bundle_url: str, bundle: Path, seconds: float) -> None:
        self._page = page
        self._bundle_url = bundle_url
        self._bundle = bundle
        self._seconds = seconds

    def call(self, function: str, *arguments: Any) -> Any:
        """Call a function that `runner.js` exports; arguments and result are JSON.

        Raises:
            ExportError: it rejects, and the message is the runtime's, or it takes too long.
        """
        from playwright.sync_api import Error

        try:
            return self._page.evaluate(
                "([name, values, seconds]) => window.callRunner(name, values, seconds)",
                [function, arguments, self._seconds],
            )
        except Error as error:
            message = _page_message(error.message).replace(self._bundle_url, str(self._bundle))
            raise ExportError(message) from None


@contextmanager
def open_bundle_page(
    bundle: Path, *, software: bool = False, seconds: float = CALL_SECONDS
) -> Iterator[BundlePage]:
    """Serve the folder `bundle`, open a page that can run it in headless Chromium, close all of it
    afterwards.

    No call of the page takes longer than `seconds`.

    Raises:
        ExportError: Chromium is missing, `bundle` is no bundle, or Chromium does not start.
    """
    if not (bundle / "graph.json").is_file():
        raise ExportError(f"{bundle} is not a bundle: it has no graph.json; make one with `texelflow export`")
    from playwright.sync_api import Error, sync_playwright

    mounts = [("/bundle/", bundle), ("/javascript/", javascript_directory()), ("/", page_directory())]
    with background_server(mounts) as url, sync_playwright() as playwright:
        executable = find_chromium(playwright)
        try:
            browser = playwright.chromium.launch(executable_path=executable, args=chromium_flags(software))
        except Error as error:
            reason = error.message.splitlines()[0]
            raise ExportError(f"{executable} does not start as Chromium: {reason}") from None
        try:
            page = browser.new_page()
            page.goto(f"{url}/runner.html")
            page.wait_for_function("window.callRunner !== undefined")
            yield BundlePage(page, f"{url}/bundle", bundle, seconds)
        finally:
            browser.close()


def _page_message(text: str) -> str:
    """Return what an error in the page says, without Playwright's prefix and the JavaScript stack."""
    lines = text.removeprefix("Page.evaluate: ").splitlines()
    kept = [line for line in lines if not line.startswith("    at ")]
    return "\n".join(kept).removeprefix("Error: ").strip()
