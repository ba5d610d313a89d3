"""The page that compares runtimes on the visitor's device."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from demo_support import CONTRASTS, NAMELESS_CONTROLS, settle, wait_until
from playwright.sync_api import Browser, Page, Route

CHOICES = "[...document.querySelectorAll('#runtimes input')]"


@pytest.fixture
def benchmark_page(browser: Browser, demo_url: str) -> Iterator[Page]:
    """The page, which offers a runtime whose scripts are missing beside those that were built."""
    context = browser.new_context(viewport={"width": 390, "height": 800})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.route("**/benchmark/contents.json", offer_tfjs)
    page.route("**/peers/tfjs.js", lambda route: route.fulfill(status=404))
    page.goto(demo_url)
    page.click("text=Compare it with other runtimes")
    wait_until(page, "document.getElementById('start')?.disabled === false")
    yield page
    context.close()
    assert not faults


def offer_tfjs(route: Route) -> None:
    """Adds TF.js to what the page offers, unless it was installed when the page was built."""
    contents = route.fetch().json()
    if all(runtime["name"] != "tfjs" for runtime in contents["runtimes"]):
        contents["runtimes"].append({"name": "tfjs", "title": "TF.js webgl", "bytes": 700_000})
    route.fulfill(json=contents)


def choose(page: Page, names: set[str]) -> None:
    """Ticks these runtimes and no other."""
    for name in page.evaluate(f"{CHOICES}.map((input) => input.value)"):
        page.set_checked(f"#runtimes input[value={name}]", name in names)


def test_a_comparison_shows_times_errors_and_failures(benchmark_page: Page, tmp_path: Path) -> None:
    page = benchmark_page
    before = page.inner_text("#cost")
    page.check("#nets input[value=squeezenet]")
    choose(page, {"texelflow", "tfjs"})
    assert page.inner_text("#cost") != before
    page.click("#start")
    wait_until(page, "document.getElementById('progress-text').textContent.startsWith('Run 2')")
    page.click("#stop")
    wait_until(page, "document.getElementById('stop').hidden", 20)

    rows = {row.split("\t")[0]: row for row in page.inner_text("#rows").splitlines() if "\t" in row}
    assert re.match(
        r"Texelflow\t[\d.]+ m?s\t.*, \d runs\t[\d.]+ m?s\t0\.0\d MB\t2\.6 MB\t\de-[67]$", rows["Texelflow"]
    )
    assert "Fails here" in rows["TF.js webgl"]
    bars = page.evaluate(
        "[...document.querySelectorAll('#run-bars li')].map((bar) => [bar.textContent, bar.style.cssText])"
    )
    assert re.fullmatch(r"Texelflow[\d.]+ m?s", bars[0][0])
    assert [bars[0][1], bars[1]] == ["--share: 1;", ["TF.js webglfails", "--share: 0;"]]

    page.click("#copy")
    wait_until(page, "document.getElementById('copied').textContent !== ''")
    copied = json.loads(page.evaluate("navigator.clipboard.readText()"))
    assert copied["net"] == "squeezenet"
    assert copied["stopped"] is True
    assert "SwiftShader" in copied["renderer"]
    assert len(copied["runtimes"]["texelflow"]["runs"]) >= 2
    assert copied["runtimes"]["texelflow"]["error"] < 1e-5
    assert copied["runtimes"]["tfjs"]["failure"]

    assert page.evaluate(NAMELESS_CONTROLS) == []
    for width in (320, 390, 768, 1200):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        settle(page)
        assert page.evaluate(CONTRASTS) == []
        page.screenshot(path=tmp_path / f"{scheme}.png", full_page=True)


def test_choosing_nothing_is_explained(benchmark_page: Page) -> None:
    choose(benchmark_page, set())
    benchmark_page.click("#start")
    assert benchmark_page.inner_text("#problem") == "Choose at least one runtime."
    choose(benchmark_page, {"texelflow"})
    assert benchmark_page.is_enabled("#start")
