"""The page for everyone: axe's rules at sizes of phones and desktops, light and dark; by keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from about_models import bundle_of, two_blocks
from demo_support import Opener, opening_demo, picture, wait_until
from playwright.sync_api import Browser, Page

from browser_support import PageServer
from page_checks import serious_findings

PARTS = ("overview", "graph", "time", "memory", "weights", "device")
SIZES = {"phone": (390, 844), "desktop": (1200, 900)}


@pytest.fixture(scope="module")
def blocks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bundle_of(two_blocks(tmp_path_factory.mktemp("blocks")), "blocks", image="0..1")


@pytest.fixture(scope="module")
def page(browser: Browser, demo_url: str, blocks: Path) -> Iterator[Page]:
    """The page with a model, and all parts of what it tells of it."""
    with opening_demo(browser, demo_url) as opener:
        page = opener()
        page.set_input_files("#photo", picture((255, 0, 0)))
        page.set_input_files("#folder", str(blocks))
        wait_until(page, "document.getElementById('model-title').textContent === 'blocks'")
        page.click("#about > summary")
        for name in PARTS:
            page.click(f"#tab-{name}")
        page.locator("#part-weights .card svg").first.wait_for(state="attached")
        page.click("#tab-time")
        page.get_by_role("button", name="Measure").click()
        page.get_by_text("for all draws one by one").wait_for()
        yield page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_serious(page: Page, size: str, scheme: str) -> None:
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme=scheme)
    for name in PARTS:
        page.click(f"#tab-{name}")
        assert serious_findings(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name


def test_all_is_reached_by_keyboard_alone(open_demo: Opener, page_server: PageServer, blocks: Path) -> None:
    page_server.mount("/somewhere/deep/demo/models/blocks", blocks)
    page = open_demo()

    def tab_to(selector: str) -> None:
        for _ in range(80):
            page.keyboard.press("Tab")
            if page.evaluate(f"document.activeElement?.matches({selector!r})"):
                return
        raise AssertionError(f"{selector} is not reached by Tab")

    tab_to("#address")
    page.keyboard.type("models/blocks/")
    page.keyboard.press("Enter")
    wait_until(page, "document.getElementById('model-title').textContent === 'blocks'")
    tab_to("#about > summary")
    page.keyboard.press("Enter")
    wait_until(page, "document.getElementById('tab-overview') !== null")
    tab_to("#tab-overview")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.id") == "tab-graph"
    wait_until(page, "document.querySelector('canvas.graph')?.dataset.boxes !== undefined")
    tab_to("#graph-search")
    page.keyboard.type("block1/second")
    page.keyboard.press("Enter")
    page.locator(".node-panel").get_by_text("body/block1/second").first.wait_for()
    tab_to("canvas.graph")
    page.keyboard.press("ArrowUp")
    page.locator(".node-panel dd").get_by_text("body/block1/first", exact=True).wait_for()
    tab_to(".node-panel button")


def test_reduced_motion_is_heeded(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    moving = page.evaluate(
        """() => [...document.querySelectorAll("*")].filter((element) => {
            const { transitionDuration, animationDuration } = getComputedStyle(element);
            const durations = `${transitionDuration}, ${animationDuration}`.split(",");
            return durations.some((duration) => parseFloat(duration) > 0);
        }).length"""
    )
    page.emulate_media(reduced_motion="no-preference")
    assert moving == 0
