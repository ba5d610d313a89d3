"""The demo page without network, and when it is built anew: what its service worker keeps."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from bundles import colour_classifier
from demo_support import picture, wait_until
from offline_page import write_service_worker  # demo_support names its folder
from playwright.sync_api import Browser, BrowserContext, Page

from texelflow.checking.serve import StaticServer, folder_mounts

KEPT = "navigator.serviceWorker.ready.then(({ active }) => active.state)"
KEPT_PATHS = """caches.keys()
    .then((names) => caches.open(names.find((name) => name.startsWith("the page "))))
    .then((cache) => cache.keys())
    .then((keys) => keys.map(({ url }) => new URL(url).pathname))"""
READ = "!document.getElementById('stage').hidden"


class Site:
    """A folder that is served at an address until it is stopped, and then on again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = 0
        self.server: StaticServer | None = None
        self.start()

    def start(self) -> None:
        self.server = StaticServer(folder_mounts(self.folder), "127.0.0.1", self.port)
        self.port = self.server.server_address[1]
        threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        ).start()

    def stop(self) -> None:
        """Answer nobody any more."""
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"


@pytest.fixture
def site(demo_folder: Path, tmp_path: Path) -> Iterator[Site]:
    """A copy of the page, which a test may change."""
    folder = tmp_path / "page"
    shutil.copytree(demo_folder, folder, ignore=shutil.ignore_patterns("benchmark"))
    found = Site(folder)
    yield found
    found.stop()


@pytest.fixture
def visitor(browser: Browser) -> Iterator[BrowserContext]:
    """A browser that knows nothing yet."""
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    yield context
    context.close()


def visit(visitor: BrowserContext, url: str) -> Page:
    page = visitor.new_page()
    page.goto(url)
    wait_until(page, READ)
    return page


def test_without_network_it_opens_and_converts_a_model(
    visitor: BrowserContext, site: Site, tmp_path: Path
) -> None:
    """Who looks at the page keeps nothing of what converts; who was about to choose a model all of it."""
    colour_classifier(tmp_path)
    faults: list[str] = []
    page = visit(visitor, site.url)
    page.on("pageerror", lambda error: faults.append(str(error)))
    assert page.evaluate(KEPT) in ("activating", "activated")
    assert not [path for path in kept_paths(page) if "/convert/v-" in path]
    page.click("label[for=files]")
    listed = (site.folder / "service-worker.js").read_text(encoding="utf-8").count('"convert/v-')
    count = "all.filter((path) => path.includes('/convert/v-')).length"
    wait_until(page, f"{KEPT_PATHS}.then((all) => {count} === {listed})")
    site.stop()
    page.reload()
    wait_until(page, READ)
    page.set_input_files("#photo", picture((255, 0, 0)))
    page.set_input_files("#files", str(tmp_path / "colours.onnx"))
    wait_until(page, "/^class 0, /.test(document.getElementById('summary').textContent)")
    page.click("#about summary")
    wait_until(page, "document.querySelector('#about [role=tab]') !== null")
    page.goto(f"{site.url}gallery.html")
    wait_until(page, "document.querySelector('[href^=\"#\"]') !== null")
    assert not faults


def test_a_new_build_takes_the_place_of_the_old_as_a_whole(visitor: BrowserContext, site: Site) -> None:
    """Scripts of the one never meet those of the other, however late they are loaded."""
    build(site, "one")
    page = visit(visitor, site.url)
    page.evaluate(KEPT)
    page.reload()
    wait_until(page, READ)
    assert builds(page) == ["one", "one"]

    build(site, "two")
    page.reload()
    wait_until(page, "document.querySelector('.newer') !== null")
    assert builds(page) == ["one", "one"]
    other = visit(visitor, site.url)
    other.reload()
    assert builds(other) == ["one", "one"]
    page.click(".newer button")
    wait_until(page, "document.querySelector('.newer').textContent.includes('other tabs')")
    other.close()
    with page.expect_navigation():
        page.click(".newer button")
    assert builds(page) == ["two", "two"]
    wait_until(page, READ)
    assert page.query_selector(".newer") is None
    kept = kept_paths(page)
    assert len(set(kept)) == len(kept) > 100


def test_a_build_that_is_not_whole_is_not_used(visitor: BrowserContext, site: Site) -> None:
    """The server has other files than its service worker says: an upload that is not done yet."""
    build(site, "one")
    page = visit(visitor, site.url)
    page.evaluate(KEPT)
    page.reload()
    wait_until(page, READ)
    build(site, "two")
    (site.folder / "shared" / "build.js").write_text('export default "three";', encoding="utf-8")
    ended = page.evaluate(
        """async () => {
            const registration = await navigator.serviceWorker.ready;
            const ended = new Promise((resolve) => registration.addEventListener("updatefound", () => {
                const { installing } = registration;
                installing.addEventListener("statechange", () => resolve(installing.state));
            }));
            await registration.update().catch(() => {});
            return ended;
        }"""
    )
    assert ended == "redundant"
    page.reload()
    assert builds(page) == ["one", "one"]


def kept_paths(page: Page) -> list[str]:
    """What the browser keeps of the page."""
    found: list[str] = page.evaluate(KEPT_PATHS)
    return found


def build(site: Site, name: str) -> None:
    """Lets the page and one of its scripts say which build they are of."""
    page = site.folder / "index.html"
    text = page.read_text(encoding="utf-8")
    page.write_text(re.sub(r'<html lang="\w+"', f'<html lang="{name}"', text), encoding="utf-8")
    (site.folder / "shared" / "build.js").write_text(f'export default "{name}";', encoding="utf-8")
    write_service_worker(site.folder)


def builds(page: Page) -> list[str]:
    """Which builds a page and a script that it loads now are of."""
    script = 'import(new URL("shared/build.js", document.baseURI))'
    found: list[str] = page.evaluate(
        f"{script}.then((build) => [document.documentElement.lang, build.default])"
    )
    return found
