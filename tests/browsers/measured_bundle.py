"""A bundle loaded and run on a fresh page of an installed browser, with what that took."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from installed_browsers import InstalledBrowser
from results import Figures

from browser_support import PageServer
from bundle_runner import SCRIPT, TYPED_ARRAYS, Arrays, decode, encode


def prepare_page(browser: InstalledBrowser, server: PageServer) -> None:
    """Open the page afresh, with `texelflow`, `bundleRunner` and `measure`; forget what it printed."""
    browser.reload()
    url = server.url("/dist/texelflow.debug.js")
    browser.evaluate("async (url) => { globalThis.texelflow = await import(url); }", url)
    browser.add_script_tag(TYPED_ARRAYS)
    browser.add_script_tag(SCRIPT)
    browser.add_script_tag(Path(__file__).with_name("measure.js"))
    browser.messages()


def measure_bundle(
    browser: InstalledBrowser, name: str, url: str, runs: Sequence[Arrays]
) -> tuple[Figures, list[dict[str, np.ndarray]]]:
    """Load a bundle and run it on each of `runs`, then some more times on the first.

    Returns:
        what that took, and the outputs of each of `runs` and of the last one.
    """
    answer = browser.evaluate("measure.bundle", {"url": url, "runs": [encode(feeds) for feeds in runs]})
    numbers = answer["figures"]
    figures = Figures(
        browser.name,
        name,
        numbers["loading"],
        numbers["loadingPause"],
        numbers["firstRun"],
        numbers["firstRunPause"],
        numbers["run"],
    )
    return figures, [decode(outputs) for outputs in answer["outputs"]]
