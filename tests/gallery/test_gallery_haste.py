"""Visitors of the gallery who go on before what they asked for is there."""

from __future__ import annotations

import io

from PIL import Image
from playwright.sync_api import Page, expect

from held_back import ALLOW, ASKED, LIVE, Held, pause


def go(page: Page, place: str) -> None:
    page.evaluate("(place) => { location.hash = place; }", place)


def test_nothing_of_one_model_is_shown_under_the_title_of_another(gallery: Page) -> None:
    """The next one is on its way, and cannot be had in the end."""
    go(gallery, "face-detection")
    expect(gallery.locator("#summary")).to_have_text("1 × face")
    late = Held(gallery, "**/models/hands/1/graph.json")
    go(gallery, "hands")
    late.wait()
    expect(gallery.locator("#bundle-title")).to_have_text("Hands")
    expect(gallery.locator("#model-title")).to_have_text("No model is open yet.")
    expect(gallery.locator("#about")).to_be_hidden()
    photo = io.BytesIO()
    Image.new("RGB", (60, 40), "red").save(photo, "PNG")
    gallery.set_input_files(
        "#photo", {"name": "red.png", "mimeType": "image/png", "buffer": photo.getvalue()}
    )
    expect(gallery.locator("#stage")).to_have_attribute("width", "60")
    pause(gallery)
    expect(gallery.locator("#summary")).to_be_empty()
    late.refuse()
    expect(gallery.locator("#bundle-error")).not_to_be_empty()
    expect(gallery.locator("#model-title")).to_have_text("No model is open yet.")


def test_who_leaves_before_allowing_the_camera_is_not_filmed(gallery: Page) -> None:
    gallery.evaluate(ASKED)
    go(gallery, "face-detection")
    gallery.click("#camera")
    go(gallery, "")
    expect(gallery.locator("#gallery")).to_be_visible()
    gallery.evaluate(ALLOW, 0)
    pause(gallery)
    assert not gallery.evaluate(LIVE, 0)


def test_of_two_files_the_last_is_told(gallery: Page) -> None:
    go(gallery, "file-type")
    late = Held(gallery, "**/styles/base.css")
    gallery.get_by_role("button", name="Its style sheet").click()
    late.wait()
    gallery.get_by_role("button", name="Its icon").click()
    summary = gallery.locator("#sound-summary")
    expect(summary).to_contain_text("svg, ")
    late.let_go()
    expect(summary).to_contain_text("svg, ")
    expect(gallery.locator("#bundle-error")).to_be_hidden()


def test_a_sample_that_comes_when_its_model_is_gone_is_not_heard(gallery: Page) -> None:
    go(gallery, "voice-activity")
    gallery.evaluate(
        """() => {
            globalThis.begun = 0;
            const { start } = AudioBufferSourceNode.prototype;
            AudioBufferSourceNode.prototype.start = function () {
                begun += 1;
                start.call(this);
            };
        }"""
    )
    late = Held(gallery, "**/gallery/sounds/*")
    gallery.get_by_role("button", name="A conversation").click()
    late.wait()
    go(gallery, "file-type")
    gallery.get_by_role("button", name="Its icon").wait_for()
    late.let_go()
    assert gallery.evaluate("begun") == 0
    expect(gallery.locator("#bundle-error")).to_be_hidden()
