"""One browser after another for all tests of this folder, and what was measured in each at the end."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
# Where the modules of fuzz/formats find the models that they damage.
sys.path.extend(
    str(Path(__file__).resolve().parents[1] / part)
    for part in ("importers", "importers/pytorch_files", "importers/tensorflow_files", "passes")
)

from installed_browsers import BROWSERS, InstalledBrowser, virtual_screen
from measured_bundle import prepare_page
from results import Feature, Figures, Results
from test_bundles import REAL_MODELS

from browser_support import REPOSITORY, PageServer

RESULTS = pytest.StashKey[Results]()
ABOUT = """() => {
    const gl = document.createElement('canvas').getContext('webgl2');
    const names = gl?.getExtension('WEBGL_debug_renderer_info');
    return gl && [navigator.userAgent, gl.getParameter(names ? names.UNMASKED_RENDERER_WEBGL : gl.RENDERER)];
}"""
VERSION = re.compile(r"(?:Chrome|Firefox)/([\d.]+)|Version/([\d.]+)")


@pytest.fixture(scope="session")
def screen() -> Iterator[str]:
    """The name of a display for browsers to draw on."""
    with virtual_screen() as name:
        yield name


@pytest.fixture(scope="session", params=BROWSERS, ids=lambda kind: kind.name)
def installed_browser(
    request: pytest.FixtureRequest, page_server: PageServer, results: Results
) -> Iterator[InstalledBrowser]:
    """Each browser in turn. One that is missing is skipped, but an error with TEXELFLOW_REQUIRE_BROWSERS."""
    kind: type[InstalledBrowser] = request.param
    if reason := kind.missing():
        (pytest.fail if os.environ.get("TEXELFLOW_REQUIRE_BROWSERS") else pytest.skip)(reason)
    browser = kind(page_server, request.getfixturevalue("screen"))
    # The first context starts what draws for all of them.
    about = browser.evaluate(ABOUT)
    assert about, "no WebGL2"
    agent, renderer = about
    version = VERSION.search(agent)
    results.browsers[browser.name] = f"{(version[1] or version[2]) if version else agent}, {renderer}"
    yield browser
    browser.close()


@pytest.fixture
def installed_page(installed_browser: InstalledBrowser, page_server: PageServer) -> InstalledBrowser:
    """A fresh page of it with the runtime. What earlier pages printed is forgotten."""
    prepare_page(installed_browser, page_server)
    return installed_browser


@pytest.fixture(scope="session")
def results(request: pytest.FixtureRequest) -> Results:
    """What is seen, to be told at the end."""
    return request.config.stash.setdefault(RESULTS, Results())


@pytest.fixture(scope="session")
def figures(results: Results) -> list[Figures]:
    """What was measured."""
    return results.figures


@pytest.fixture(scope="session")
def features(results: Results) -> list[Feature]:
    """What works."""
    return results.features


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config
) -> None:
    """Print what was seen; write docs/browsers.md where that is asked for and nothing failed."""
    found = config.stash.get(RESULTS, Results())
    if not found.browsers:
        return
    terminalreporter.section("milliseconds, the longest pauses of the page meanwhile, relative errors")
    for line in Figures.table(found.figures):
        terminalreporter.write_line(line)
    if not os.environ.get("TEXELFLOW_WRITE_DOCS") or exitstatus != pytest.ExitCode.OK:
        return
    if set(REAL_MODELS) <= {one.bundle for one in found.figures}:
        (REPOSITORY / "docs" / "browsers.md").write_text(found.page(REAL_MODELS), encoding="utf-8")
    else:
        terminalreporter.write_line(
            "docs/browsers.md is as it was: it needs all models, see TEXELFLOW_MODELS"
        )
