"""The demo's second part: bundles opened by folder, drop or address, run on photos and the camera."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from bundles import box_detector, colour_classifier, enlarger, measurements, red_mask
from demo_support import picture, wait_until
from playwright.sync_api import Browser, Page, Route

from browser_support import PAGE_SECONDS, PageServer

RED, GREEN, HALF_RED = (255, 0, 0), (0, 255, 0), (128, 0, 0)
Opener = Callable[..., Page]

CAMERA = """
navigator.mediaDevices.getUserMedia = async () => {
    const canvas = document.createElement("canvas");
    canvas.width = 64;
    canvas.height = 48;
    const context = canvas.getContext("2d");
    setInterval(() => {
        context.fillStyle = "rgb(0, 0, 255)";
        context.fillRect(0, 0, 64, 48);
    }, 30);
    globalThis.cameraStream = canvas.captureStream(30);
    return globalThis.cameraStream;
};
"""


def open_folder(page: Page, folder: Path, title: str) -> None:
    page.set_input_files("#folder", str(folder))
    wait_until(page, f"document.getElementById('model-title').textContent === {title!r}")


def summary(page: Page, expected: str) -> str:
    """The sentence about the result, once it matches a regular expression."""
    wait_until(page, f"/{expected}/.test(document.getElementById('summary').textContent)")
    return page.inner_text("#summary")


def test_a_folder_with_labels_is_opened_and_names_a_photo(open_demo: Opener, tmp_path: Path) -> None:
    page = open_demo()
    open_folder(page, colour_classifier(tmp_path), "Colours")
    page.set_input_files("#photo", picture(RED))
    assert summary(page, "^red, ") == "red, 100%"
    assert page.inner_text("#classes li:nth-child(1) .bar-name") == "red"
    assert len(page.query_selector_all("#classes li")) == 3
    assert page.inner_text("#photo-credit") == ""
    wait_until(page, "Number(document.getElementById('bundle-runs').textContent) > 3")
    assert re.fullmatch(r"[\d.]+ m?s", page.inner_text("#bundle-first"))
    assert re.fullmatch(r"[\d.]+ m?s", page.inner_text("#bundle-run"))

    page.set_input_files("#photo", picture(GREEN))
    summary(page, "^green, ")


def test_an_address_is_opened_by_keyboard(open_demo: Opener, page_server: PageServer, tmp_path: Path) -> None:
    page_server.mount("/somewhere/deep/demo/models/colours", colour_classifier(tmp_path))
    page = open_demo()
    page.focus("#address")
    page.keyboard.type("models/colours")
    page.keyboard.press("Enter")
    wait_until(page, "document.getElementById('model-title').textContent === 'Colours'")
    page.fill("#address", page_server.url("/somewhere/deep/demo/models/colours/graph.json"))
    page.keyboard.press("Enter")
    summary(page, "%$")
    assert not page.is_visible("#bundle-error")


def test_a_folder_is_dropped_onto_the_page(open_demo: Opener, tmp_path: Path) -> None:
    bundle = colour_classifier(tmp_path)
    page = open_demo()
    session = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(bundle)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, "x": 200, "y": 200, "data": data})
    wait_until(page, "document.getElementById('model-title').textContent === 'Colours'")
    summary(page, "%$")


def test_the_page_comes_with_a_bundle_and_credited_photos(open_demo: Opener) -> None:
    page = open_demo()
    page.click("text=Edges")
    summary(page, "^The mask covers ")
    assert "danielbuechele" in page.inner_text("#photo-credit")
    first = page.inner_text("#summary")
    page.click("[aria-label='Sample photos'] button:nth-child(2)")
    wait_until(page, f"/mask/.test(summary.textContent) && summary.textContent !== {first!r}")
    assert page.locator("#photo-credit a").count() == 2


def test_boxes_are_drawn_where_the_model_finds_them(demo: Page, tmp_path: Path) -> None:
    demo.set_input_files("#photo", picture(RED, (240, 160)))
    open_folder(demo, box_detector(tmp_path), "Boxes")
    assert summary(demo, "boxes").startswith("2 boxes")
    on_edge, inside = demo.evaluate(
        """() => {
            const context = document.getElementById("stage").getContext("2d");
            const at = (x, y) => [...context.getImageData(x, y, 1, 1).data];
            return [at(144, 100), at(180, 100)];
        }"""
    )
    assert inside[:3] == [255, 0, 0]
    assert on_edge[:3] != [255, 0, 0]


def test_a_mask_is_laid_over_the_picture(demo: Page, tmp_path: Path) -> None:
    demo.set_input_files("#photo", picture(HALF_RED))
    open_folder(demo, red_mask(tmp_path), "Mask")
    assert summary(demo, "mask") == "The mask covers 50.2% of the picture."
    assert demo.inner_text("#output-rows th") == "mask" or not demo.is_visible("#output-rows")


def test_a_larger_picture_is_shown(demo: Page, tmp_path: Path) -> None:
    demo.set_input_files("#photo", picture(HALF_RED))
    open_folder(demo, enlarger(tmp_path), "Enlarger")
    assert summary(demo, "picture of") == "A picture of 16 × 16 pixels"
    grey = demo.evaluate(
        "[...document.getElementById('output-image').getContext('2d').getImageData(5, 5, 1, 1).data]"
    )
    # 128 red of luminance 0.299.
    assert all(abs(value - 38) <= 1 for value in grey[:3])


def test_other_outputs_become_a_table(demo: Page, tmp_path: Path) -> None:
    demo.set_input_files("#photo", picture(RED))
    open_folder(demo, measurements(tmp_path), "Measurements")
    summary(demo, "numbers")
    wait_until(demo, "document.querySelectorAll('#output-rows tr').length === 2")
    assert demo.inner_text("#output-rows tr:nth-child(2)").split("\t") == [
        "twice",
        "float32 1 × 3 × 1 × 1",
        "-4",
        "-3.333",
        "-2",
    ]


def test_the_camera_is_run_frame_after_frame(open_demo: Opener, tmp_path: Path) -> None:
    page = open_demo(CAMERA)
    open_folder(page, colour_classifier(tmp_path), "Colours")
    page.click("#camera")
    summary(page, "^blue, ")
    runs = int(page.inner_text("#bundle-runs"))
    wait_until(page, f"Number(document.getElementById('bundle-runs').textContent) > {runs + 25}")
    assert page.get_attribute("#camera", "aria-pressed") == "true"

    page.click("#camera")
    assert page.get_attribute("#camera", "aria-pressed") == "false"
    assert page.evaluate("cameraStream.getTracks().every((track) => track.readyState === 'ended')")
    # Nothing tells that the last run was the last.
    wait_until(
        page,
        """(async () => {
            const runs = () => document.getElementById("bundle-runs").textContent;
            const before = runs();
            await new Promise((resolve) => setTimeout(resolve, 300));
            return runs() === before;
        })()""",
    )


def test_the_device_report_can_be_copied(open_demo: Opener, tmp_path: Path) -> None:
    page = open_demo(permissions=["clipboard-read", "clipboard-write"])
    open_folder(page, colour_classifier(tmp_path), "Colours")
    summary(page, "%$")
    page.click("#device summary")
    page.click("#copy-report")
    wait_until(page, "document.getElementById('copied').textContent === 'Copied.'")
    report = json.loads(page.evaluate("navigator.clipboard.readText()"))
    assert report["model"] == "Colours"
    assert report["device"]["renderer"]
    assert report["firstResultMilliseconds"] > 0
    assert report["runs"] >= 0


def message_of(page: Page, expected: str) -> str:
    """The one error shown in this part of the page, once it matches a regular expression."""
    wait_until(page, f"/{expected}/.test(document.getElementById('bundle-error').textContent)")
    assert page.locator("[role=alert]:visible").count() == 1
    return page.inner_text("#bundle-error")


BAD_ADDRESSES = {
    "": "Type the address",
    "ftp://example.org/bundle": "only fetch http and https",
    "http://[nonsense": "is no address",
    "models/nothing-here/": "404",
    "index.html": "index.html",
    "photos/flower.jpg": "flower.jpg",
}


def test_a_bad_address_gives_one_message(demo: Page) -> None:
    page, title = demo, demo.inner_text("#model-title")
    for address, expected in BAD_ADDRESSES.items():
        page.fill("#address", address)
        page.click("#open-form button[type=submit]")
        message = message_of(page, re.escape(expected).replace("/", r"\/"))
        assert len(message) < 500
        assert page.inner_text("#model-title") == title
        assert not page.is_visible("#loading")


def test_folders_that_are_no_bundles_give_one_message_and_lose_nothing(
    open_demo: Opener, tmp_path: Path
) -> None:
    bundle = colour_classifier(tmp_path)
    page = open_demo()
    page.set_input_files("#photo", picture(RED))
    open_folder(page, bundle, "Colours")
    summary(page, "^red, ")

    other = tmp_path / "other"
    other.mkdir()
    (other / "notes.txt").write_text("nothing", encoding="utf-8")
    page.set_input_files("#folder", str(other))
    message_of(page, "other is a folder without a model")

    cut = tmp_path / "cut"
    shutil.copytree(red_mask(tmp_path), cut)
    weights = next(cut.glob("*.safetensors"))
    weights.write_bytes(weights.read_bytes()[:-3])
    page.set_input_files("#folder", str(cut))
    message_of(page, weights.name.replace(".", r"\."))

    assert page.inner_text("#model-title") == "Colours"
    page.set_input_files("#photo", picture(GREEN))
    summary(page, "^green, ")
    assert not page.is_visible("#bundle-error")


def test_a_file_that_is_no_picture_gives_one_message(demo: Page) -> None:
    demo.set_input_files("#photo", {"name": "cut.png", "mimeType": "image/png", "buffer": b"\x89PNG cut"})
    assert "“cut.png” is no picture" in message_of(demo, "no picture")


def test_a_model_without_a_picture_runs_on_numbers(demo: Page, tmp_path: Path) -> None:
    page = demo
    open_folder(page, colour_classifier(tmp_path, image=None), "Colours")
    summary(page, "made-up numbers")  # which say nothing of colours
    assert "“picture” (float32 1 × 3 × 8 × 8) takes numbers and no picture" in page.inner_text("#input-note")
    assert not page.is_visible("#stage")
    open_folder(page, red_mask(tmp_path), "Mask")
    summary(page, "mask")
    assert page.is_visible("#stage")
    assert not page.is_visible("#input-note")


@pytest.mark.parametrize(
    ("name", "expected"), [("NotAllowedError", "not allowed"), ("NotFoundError", "No camera was found")]
)
def test_a_camera_that_cannot_be_used_says_why(demo: Page, name: str, expected: str) -> None:
    refusal = f"throw new DOMException('refused', '{name}');"
    demo.evaluate(f"() => {{ navigator.mediaDevices.getUserMedia = async () => {{ {refusal} }}; }}")
    demo.click("#camera")
    message_of(demo, expected)
    assert demo.get_attribute("#camera", "aria-pressed") == "false"
    assert demo.is_enabled("#camera")


@pytest.mark.parametrize("given", ["chosen", "dropped", "address"])
def test_a_bundle_is_opened_that_was_given_before_the_page_was_ready(
    browser: Browser, demo_url: str, page_server: PageServer, tmp_path: Path, given: str
) -> None:
    bundle = colour_classifier(tmp_path)
    page_server.mount("/somewhere/deep/demo/given", bundle)
    files = [str(path) for path in bundle.iterdir()]
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    context = browser.new_context()
    # The first part of the page waits for its network, and the second one for the first.
    context.route("**/models/digits/graph.json", hold)
    # Nothing of the second part is there until what was given has been kept.
    context.route("**/open/start.js", hold)
    page = context.new_page()
    page.goto(demo_url)
    page.wait_for_timeout(200)  # nothing tells that it is not asked for
    assert not any("start.js" in route.request.url for route in held)
    if given == "chosen":
        page.set_input_files("#files", files)
    elif given == "dropped":
        data = {"items": [], "files": files, "dragOperationsMask": 1}
        session = context.new_cdp_session(page)
        for kind in ("dragEnter", "dragOver", "drop"):
            session.send("Input.dispatchDragEvent", {"type": kind, "x": 200, "y": 200, "data": data})
    else:
        page.fill("#address", "given/")
        page.press("#address", "Enter")
    end = time.monotonic() + PAGE_SECONDS
    while not any("start.js" in route.request.url for route in held):
        assert time.monotonic() < end
        page.wait_for_timeout(20)
    for route in held:
        if "start.js" in route.request.url:
            route.continue_()
    wait_until(page, "document.getElementById('model-title').textContent === 'Colours'")
    context.close()
