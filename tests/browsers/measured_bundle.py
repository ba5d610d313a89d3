"""A bundle loaded and run on a fresh page of an installed browser, with what that took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from installed_browsers import InstalledBrowser

from browser_support import PageServer
from bundle_runner import SCRIPT, Arrays, decode, encode


@dataclass(frozen=True, slots=True)
class Figures:
    """Milliseconds of loading, of the first run and of later ones (the median); the page's longest pauses."""

    browser: str
    bundle: str
    loading: float
    loading_pause: float
    first_run: float
    first_run_pause: float
    run: float

    @staticmethod
    def table(measured: Sequence[Figures]) -> list[str]:
        """Return the lines of a table."""
        heads = ("loading", "pause", "first run", "pause", "run")
        lines = [f"{'':42}" + "".join(f"{head:>10}" for head in heads)]
        for one in measured:
            numbers = (one.loading, one.loading_pause, one.first_run, one.first_run_pause, one.run)
            lines.append(
                f"{one.browser:10}{one.bundle:32}" + "".join(f"{number:10.0f}" for number in numbers)
            )
        return lines


def prepare_page(browser: InstalledBrowser, server: PageServer) -> None:
    """Open the page afresh, with `texelflow`, `bundleRunner` and `measure`; forget what it printed."""
    browser.reload()
    url = server.url("/dist/texelflow.debug.js")
    browser.evaluate("async (url) => { globalThis.texelflow = await import(url); }", url)
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
