"""What the demo's tests share: building the page, waiting for it, and pictures of one colour."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, FilePayload, Page

from browser_support import PAGE_SECONDS, REPOSITORY, require_webgl2

sys.path.append(str(REPOSITORY / "demo"))

Opener = Callable[..., Page]


def build_demo(folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs demo/build.py as `make demo` does, but for brotli."""
    path = os.pathsep.join([str(REPOSITORY / "exporter"), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, str(REPOSITORY / "demo" / "build.py"), "--plain", str(folder)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
        timeout=900,
    )


def wait_until(page: Page, expression: str, seconds: float = PAGE_SECONDS) -> None:
    """Waits until a JavaScript expression holds.

    Playwright's own `wait_for_function` evaluates strings in the page, which its content policy forbids.
    """
    deadline = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, (
            f"not true within {seconds} s: {expression}\n{page.inner_text('main')}"
        )
        page.wait_for_timeout(30)


def picture(colour: tuple[int, int, int], size: tuple[int, int] = (60, 40)) -> FilePayload:
    """A PNG of one colour, as `set_input_files` takes it."""
    content = io.BytesIO()
    Image.new("RGB", size, colour).save(content, "PNG")
    return {"name": "picture.png", "mimeType": "image/png", "buffer": content.getvalue()}


def settle(page: Page) -> None:
    """Waits until what moves on a page, such as bars and colours, is where it shall be, and drawn."""
    page.evaluate(
        """async () => {
            const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
            const moving = () => document.getAnimations().filter((one) =>
                one.playState === "running" && Number.isFinite(one.effect.getComputedTiming().endTime));
            await frame();
            await frame();
            while (moving().length > 0) await frame();
            await frame();
        }"""
    )


NAMELESS_CONTROLS = """() => [...document.querySelectorAll("button, input, canvas, summary")]
    .filter((control) => !(control.ariaLabel || control.textContent.trim() ||
        control.querySelector("img[alt]:not([alt=''])") || control.labels?.length ||
        control.closest("button[aria-label]")))
    .map((control) => control.outerHTML)"""
"""Finds controls of a page that have no name for a screen reader."""

CONTRASTS = """() => {
    const channels = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).map((value) => {
        const share = value / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    const luminance = (colour) => {
        const [red, green, blue] = channels(colour);
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const background = (element) => {
        const colour = getComputedStyle(element).backgroundColor;
        return colour === "rgba(0, 0, 0, 0)" ? background(element.parentElement) : colour;
    };
    return [...document.querySelectorAll("body *")]
        .filter((element) => element.checkVisibility() &&
            [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()))
        .map((element) => {
            const pair = [luminance(getComputedStyle(element).color), luminance(background(element))];
            const contrast = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
            return [contrast, element.textContent.trim().slice(0, 40)];
        })
        .filter(([contrast]) => contrast < 4.5);
}"""
"""Finds texts of a page whose contrast is less than WCAG AA asks for, with the contrast."""


def look_inside(page: Page, address: str, body: str) -> object:
    """What a piece of JavaScript makes of a bundle: it has `facts`, and `at` imports a module."""
    return page.evaluate(
        """async (address) => {
            const at = (path) => import(new URL(path, document.baseURI));
            const { loadModel } = await at("texelflow.js");
            const { ModelFacts } = await at("about/facts.js");
            const { sampleInputs } = await at("run/numbers.js");
            const source = new URL(address, document.baseURI);
            const model = await loadModel(source);
            const inputs = () => sampleInputs(model);
            const facts = await ModelFacts.of({ model, source, original: null, inputs });
            try { BODY } finally { model.dispose(); }
        }""".replace("BODY", body),
        address,
    )


@contextmanager
def opening_demo(browser: Browser, demo_url: str) -> Iterator[Opener]:
    """Gives what opens the page, with options of `browser.new_page`; raises faults of the pages at the end.

    Faults are exceptions, refusals by the page's own content policy and requests to other servers.
    """
    pages: list[Page] = []
    faults: list[str] = []

    def watch(address: str) -> None:
        if not address.startswith((demo_url.split("/somewhere")[0], "blob:", "data:")):
            faults.append(f"request to {address}")

    def open_page(script: str | None = None, **options: object) -> Page:
        # What keeps the page for the next visit would be done for each; `test_offline_page.py` tests it.
        usual = {"viewport": {"width": 1200, "height": 900}, "service_workers": "block"}
        page = browser.new_page(**{**usual, **options})
        pages.append(page)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: _note_refusal(message.text, faults))
        page.on("request", lambda request: watch(request.url))
        if script:
            page.add_init_script(script)
        page.goto(demo_url)
        require_webgl2(page)
        wait_until(page, "document.getElementById('digits-first').textContent !== '–'")
        wait_until(page, "!document.getElementById('stage').hidden")
        return page

    yield open_page
    for page in pages:
        page.close()
    assert not faults


def _note_refusal(text: str, faults: list[str]) -> None:
    if "Content Security Policy" in text:
        faults.append(text)
