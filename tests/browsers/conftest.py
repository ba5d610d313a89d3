"""One browser after another for all tests of this folder, and what was measured in each at the end."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from installed_browsers import BROWSERS, InstalledBrowser, virtual_screen
from measured_bundle import Figures, prepare_page

from browser_support import PageServer

FIGURES = pytest.StashKey[list[Figures]]()


@pytest.fixture(scope="session")
def screen() -> Iterator[str]:
    """The name of a display for browsers to draw on."""
    with virtual_screen() as name:
        yield name


@pytest.fixture(scope="session", params=BROWSERS, ids=lambda kind: kind.name)
def installed_browser(request: pytest.FixtureRequest, page_server: PageServer) -> Iterator[InstalledBrowser]:
    """Each browser in turn. One that is missing is skipped, but an error with TEXELFLOW_REQUIRE_BROWSERS."""
    kind: type[InstalledBrowser] = request.param
    if reason := kind.missing():
        (pytest.fail if os.environ.get("TEXELFLOW_REQUIRE_BROWSERS") else pytest.skip)(reason)
    browser = kind(page_server, request.getfixturevalue("screen"))
    # The first context starts what draws for all of them.
    assert browser.evaluate("() => !!document.createElement('canvas').getContext('webgl2')"), "no WebGL2"
    yield browser
    browser.close()


@pytest.fixture
def installed_page(installed_browser: InstalledBrowser, page_server: PageServer) -> InstalledBrowser:
    """A fresh page of it with the runtime. What earlier pages printed is forgotten."""
    prepare_page(installed_browser, page_server)
    return installed_browser


@pytest.fixture(scope="session")
def figures(request: pytest.FixtureRequest) -> list[Figures]:
    """What was measured, to be printed at the end."""
    return request.config.stash.setdefault(FIGURES, [])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print what was measured."""
    measured = config.stash.get(FIGURES, [])
    if not measured:
        return
    terminalreporter.section("milliseconds, and the longest pauses of the page meanwhile")
    for line in Figures.table(measured):
        terminalreporter.write_line(line)
