"""What comes late: a visitor wishes something else meanwhile, and that is what counts.

Each test holds something back, as a slow network, a slow phone or a question of the browser does.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from about_models import bundle_of, two_blocks
from bundles import colour_classifier
from demo_support import opening_demo, picture, wait_until
from playwright.sync_api import Browser, Page, expect
from test_words import text_model

import texelflow
from browser_support import PageServer
from held_back import ALLOW, ASKED, LIVE, Held, pause
from texelflow.checking.serve import background_server, folder_mounts

CONVERTER = """
globalThis.conversions = [];
export class ConvertError extends Error {}
export const prepare = async () => {};
export const convert = (model, options) => new Promise((resolve, reject) => {
    conversions.push({ names: [...model.keys()], options, resolve, reject });
});
"""
"""Stands in for the exporter: each conversion waits until the test says how it ends."""

CONVERTED = """async ([index, folder, files]) => {
    const blobs = await Promise.all(files.map(async (file) => (await fetch(folder + file)).blob()));
    const made = new Map(files.map((file, place) => [file, blobs[place]]));
    conversions[index].resolve({ files: made, summary: { name: "made", warnings: [] } });
}"""


@pytest.fixture(scope="module")
def page(browser: Browser, demo_url: str) -> Iterator[Page]:
    """The page, opened once; its faults fail the last test."""
    with opening_demo(browser, demo_url) as opener:
        yield opener(ASKED)


@pytest.fixture(scope="module")
def blocks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bundle_of(two_blocks(tmp_path_factory.mktemp("blocks")), "blocks", image="0..1")


@pytest.fixture(scope="module")
def colours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return colour_classifier(tmp_path_factory.mktemp("colours"))


def open_bundle(page: Page, folder: Path, title: str) -> None:
    page.set_input_files("#folder", str(folder))
    expect(page.locator("#model-title")).to_have_text(title)


def sample(page: Page, number: int) -> None:
    page.click(f"[aria-label='Sample photos'] button:nth-child({number})")


def test_a_photo_that_comes_late_does_not_take_the_place_of_the_next(page: Page, colours: Path) -> None:
    open_bundle(page, colours, "Colours")
    late = Held(page, "**/photos/china.jpg")
    sample(page, 2)
    late.wait()
    page.set_input_files("#photo", picture((255, 0, 0)))
    expect(page.locator("#summary")).to_have_text("red, 100%")
    late.let_go()
    expect(page.locator("#stage")).to_have_attribute("width", "60")
    expect(page.locator("#photo-credit")).to_be_empty()
    expect(page.locator("#summary")).to_have_text("red, 100%")
    assert page.is_hidden("#bundle-error")


def test_a_camera_that_is_allowed_late_is_switched_off(page: Page) -> None:
    """Something else was wished meanwhile: the screen, and then a photo."""
    page.evaluate("asked.length = 0")
    page.click("#camera")
    page.click("#screen")
    page.evaluate(ALLOW, 1)
    expect(page.locator("#screen")).to_have_attribute("aria-pressed", "true")
    page.evaluate(ALLOW, 0)
    pause(page)
    assert not page.evaluate(LIVE, 0) and page.evaluate(LIVE, 1)
    expect(page.locator("#camera")).to_have_attribute("aria-pressed", "false")
    expect(page.locator("#screen")).to_have_attribute("aria-pressed", "true")

    page.click("#camera")
    page.set_input_files("#photo", picture((0, 255, 0)))
    expect(page.locator("#stage")).to_have_attribute("width", "60")
    page.evaluate(ALLOW, 2)
    pause(page)
    assert not page.evaluate(LIVE, 1) and not page.evaluate(LIVE, 2)
    expect(page.locator("#camera")).to_have_attribute("aria-pressed", "false")
    expect(page.locator("#camera")).to_be_enabled()
    expect(page.locator("#stage")).to_have_attribute("width", "60")
    assert page.is_hidden("#bundle-error")


def test_what_another_model_takes_is_not_shown_when_it_comes(
    page: Page, blocks: Path, tmp_path: Path
) -> None:
    """The scripts for texts are on their way when a model of pictures is opened."""
    text_model(tmp_path / "texts", {}, mean=False, width=8)
    texelflow.export(
        tmp_path / "texts/model.onnx", tmp_path / "bundle", name="texts", meanings={"vectors": "embedding"}
    )
    late = Held(page, "**/words/words.js")
    open_bundle(page, tmp_path / "bundle", "texts")
    late.wait()
    open_bundle(page, blocks, "blocks")
    late.let_go()
    assert page.locator("#words-text").count() == 0
    assert page.is_visible("#camera")


def test_the_last_of_two_nodes_is_chosen_though_both_are_laid_out(page: Page, blocks: Path) -> None:
    """Each is hidden in a group; the worker answers when both were asked for."""
    open_bundle(page, blocks, "blocks")
    page.click("#about > summary")
    page.click("#tab-graph")
    canvas = page.locator("canvas.graph")
    panel = page.locator(".node-panel")
    wait_until(page, "document.querySelector('canvas.graph')?.dataset.boxes !== undefined")
    boxes = canvas.get_attribute("data-boxes") or ""
    for group in ("body/block1", "body/block2"):
        page.fill("#graph-search", f"{group}/first")
        page.click(".search-results button")
        panel.get_by_role("button", name=f"Fold {group}").click()
        panel.get_by_role("button", name="Unfold").wait_for()
    expect(canvas).not_to_have_attribute("data-boxes", boxes)
    page.fill("#graph-search", "body first")
    page.evaluate("() => document.querySelectorAll('.search-results button').forEach((one) => one.click())")
    panel.get_by_text("body/block2/first", exact=True).wait_for()
    expect(canvas).to_have_attribute("data-boxes", boxes)
    # Of two in one group the second waits for the layout that the first asked for.
    panel.get_by_role("button", name="Fold body/block2").click()
    panel.get_by_role("button", name="Unfold").wait_for()
    page.fill("#graph-search", "block2 conv")
    page.evaluate("() => document.querySelectorAll('.search-results button').forEach((one) => one.click())")
    expect(canvas).to_have_attribute("data-boxes", boxes)
    panel.get_by_text("body/block2/second", exact=True).wait_for()
    pause(page)
    assert panel.get_by_text("body/block2/second", exact=True).is_visible()
    page.fill("#graph-search", "")


def test_what_fails_with_a_model_that_was_put_away_is_not_told(
    page: Page, blocks: Path, colours: Path
) -> None:
    open_bundle(page, blocks, "blocks")
    if not page.locator("#tab-time").is_visible():
        page.click("#about > summary")
    page.evaluate(
        """async () => {
            const { ModelFacts } = await import(new URL("about/facts.js", document.baseURI));
            const { measure } = ModelFacts.prototype;
            ModelFacts.prototype.measure = async function () {
                await new Promise((resolve) => { globalThis.goOn = resolve; });
                ModelFacts.prototype.measure = measure;
                await measure.call(this);
            };
        }"""
    )
    page.click("#tab-time")
    page.get_by_role("button", name="Measure").click()
    open_bundle(page, colours, "Colours")
    page.evaluate("goOn()")
    pause(page)
    assert page.is_hidden("#bundle-error")


def test_models_that_are_converted_while_the_visitor_changes_how(
    page: Page, page_server: PageServer, blocks: Path, colours: Path, tmp_path: Path
) -> None:
    """It is the one that was given last; nothing of the one that is shown is lost if it cannot be."""
    page_server.mount("/somewhere/deep/demo/late", colours)
    page.route(
        "**/convert/index.js", lambda route: route.fulfill(body=CONVERTER, content_type="text/javascript")
    )
    calls = "conversions.map(({ names, options }) => [names[0], options.weights])"

    def give(name: str) -> None:
        page.set_input_files("#files", {"name": name, "mimeType": "", "buffer": b"a model"})

    def wait_for_calls(expected: list[list[str]]) -> None:
        wait_until(page, f"JSON.stringify(globalThis.conversions && {calls}) === {compact(expected)!r}")

    try:
        give("one.onnx")
        wait_for_calls([["one.onnx", "float32"]])
        page.evaluate("conversions[0].reject(new Error('say a size'))")
        expect(page.locator("#bundle-error")).to_have_text("say a size")
        page.click("#conversion summary")
        page.select_option("#weights", "float16")
        wait_for_calls([["one.onnx", "float32"], ["one.onnx", "float16"]])
        files = [path.name for path in colours.iterdir() if path.suffix != ".ts"]
        page.evaluate(CONVERTED, [1, "late/", files])
        expect(page.locator("#save")).to_be_visible()
        expect(page.locator("#loading")).to_be_hidden()

        give("two.onnx")
        wait_until(page, "conversions.length === 3")
        page.select_option("#weights", "int8")
        wait_until(page, "conversions.length === 4")
        assert page.evaluate(calls)[2:] == [["two.onnx", "float16"], ["two.onnx", "int8"]]
        page.evaluate("conversions[3].reject(new Error('no such model'))")
        expect(page.locator("#bundle-error")).to_have_text("no such model")

        cut = tmp_path / "cut"
        cut.mkdir()
        (cut / "graph.json").write_text("{", encoding="utf-8")
        page.set_input_files("#folder", str(cut))
        expect(page.locator("#bundle-error")).to_contain_text("graph.json")
        assert page.is_visible("#save")
        open_bundle(page, blocks, "blocks")
        assert page.is_hidden("#save")
    finally:
        page.unroute("**/convert/index.js")
        page.select_option("#weights", "float32")


def compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def test_a_picture_that_was_chosen_before_the_model_came_stays(browser: Browser, colours: Path) -> None:
    """The page of `texelflow serve` begins with one of its own, where there is none."""
    with background_server(folder_mounts(colours)) as url:
        page = browser.new_page(service_workers="block")
        late = Held(page, "**/graph.json")
        page.goto(url)
        late.wait()
        page.set_input_files("#photo", picture((0, 0, 255)))
        expect(page.locator("#stage")).to_have_attribute("width", "60")
        late.let_go()
        expect(page.locator("#summary")).to_have_text("blue, 100%")
        expect(page).to_have_title("Colours")  # it is what the page does before it shows its own
        pause(page)
        expect(page.locator("#stage")).to_have_attribute("width", "60")
        page.close()
