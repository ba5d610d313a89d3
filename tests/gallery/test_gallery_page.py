"""The gallery's page: what is opened is fetched then, runs on photos and the camera, and nothing else is
asked for.
"""

from __future__ import annotations

import io
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from entries import GALLERY, EntryError, entries
from gallery_support import bring_picture
from PIL import Image
from playwright.sync_api import Browser, Page, Playwright, expect

from browser_support import CHROMIUM_FLAGS, SOFTWARE_WEBGL_FLAGS, find_chromium
from held_back import Held
from page_checks import SHIFTS, serious_findings


@pytest.fixture(scope="module")
def opened(browser: Browser, gallery_url: str) -> Iterator[Page]:
    """The page, whose faults and requests to other servers fail the test of it at the end."""
    faults: list[str] = []
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    own = gallery_url.removesuffix("gallery.html")
    page.on(
        "request",
        lambda request: (
            None if request.url.startswith((own, "blob:", "data:")) else faults.append(request.url)
        ),
    )
    page.add_init_script(SHIFTS)
    page.goto(gallery_url)
    page.locator(".entry-card").first.wait_for()
    yield page
    page.close()
    assert faults == []


def test_the_grid(opened: Page) -> None:
    """A card for each entry, nothing moves while it loads, and nothing of a model is fetched."""
    shown = [entry.title for entry in entries()]
    assert opened.locator(".entry-card strong").all_inner_texts() == shown
    assert opened.locator(".entry-card img").evaluate_all(
        "(images) => Promise.all(images.map((image) => image.decode().then(() => image.naturalWidth)))"
    ) == [320] * len(shown)
    assert opened.evaluate("shifted") < 0.02
    fetched = opened.evaluate("performance.getEntriesByType('resource').map(({ name }) => name)")
    assert not [name for name in fetched if "/models/" in name or "pipeline" in name]


def test_an_entry_on_its_photos(opened: Page) -> None:
    """By keyboard: the entry opens, finds the face of its first photo, and none in a cup of coffee."""
    opened.locator(".entry-card", has_text="Face detection").focus()
    opened.keyboard.press("Enter")
    expect(opened.locator("#summary")).to_have_text("1 × face")
    assert opened.inner_text("#bundle-title") == "Face detection"
    assert "Apache-2.0" in opened.inner_text("#entry-facts")
    assert "NASA" in opened.inner_text("#photo-credit")
    opened.locator("#photos button").last.click()
    expect(opened.locator("#summary")).to_have_text("Nothing was found.")
    assert opened.locator("#bundle-error").is_hidden()
    opened.click("text=← All models")
    expect(opened.locator("#gallery")).to_be_visible()
    expect(opened.locator("#bundle")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("place", ["", "#face-detection"])
def test_axe_finds_nothing_serious(opened: Page, place: str, scheme: str) -> None:
    opened.evaluate("(place) => { location.hash = place; }", place)
    if place:
        expect(opened.locator("#summary")).not_to_be_empty()
    opened.emulate_media(color_scheme=scheme)
    for width in (390, 1200):
        opened.set_viewport_size({"width": width, "height": 900})
        assert serious_findings(opened) == [], width
        assert opened.evaluate("document.documentElement.scrollWidth") <= width


def test_the_camera_and_the_screen(
    playwright_instance: Playwright, gallery_url: str, gallery_models: Path, tmp_path: Path
) -> None:
    """A device that films a photo: its face is found again and again; and a screen of 1280 pixels. Both go
    off with the page.
    """
    film = tmp_path / "film.mjpeg"
    content = io.BytesIO()
    with Image.open(bring_picture("astronaut", 384, gallery_models / "pictures")) as picture:
        picture.save(content, "JPEG", quality=92)
    film.write_bytes(content.getvalue() * 3)
    flags = [
        *CHROMIUM_FLAGS,
        *SOFTWARE_WEBGL_FLAGS,
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    ]
    with playwright_instance.chromium.launch(executable_path=find_chromium(), args=flags) as browser:
        page = browser.new_page()
        page.goto(f"{gallery_url}#face-detection")
        expect(page.locator("#summary")).to_have_text("1 × face")
        page.locator("#photos button").last.click()
        expect(page.locator("#summary")).to_have_text("Nothing was found.")
        page.click("#camera")
        expect(page.locator("#summary")).to_have_text("1 × face")
        expect(page.locator("#camera")).to_have_attribute("aria-pressed", "true")
        before = int(page.inner_text("#bundle-runs"))
        page.wait_for_function(
            f"() => Number(document.getElementById('bundle-runs').textContent) > {before + 1}"
        )
        # The rate is that of what is shown, not of what the model alone takes.
        assert 0 < float(page.inner_text("#film-rate")) < 1000
        page.click("#screen")
        expect(page.locator("#screen")).to_have_attribute("aria-pressed", "true")
        expect(page.locator("#camera")).to_have_attribute("aria-pressed", "false")
        page.wait_for_function("() => document.getElementById('stage').width === 1280")
        before = int(page.inner_text("#bundle-runs"))
        page.wait_for_function(
            f"() => Number(document.getElementById('bundle-runs').textContent) > {before + 1}"
        )
        expect(page.locator("#film-facts")).to_be_visible()
        page.click("#screen")
        expect(page.locator("#screen")).to_have_attribute("aria-pressed", "false")
        page.click("#camera")
        expect(page.locator("#camera")).to_have_attribute("aria-pressed", "true")
        page.locator("#photos button").last.click()
        expect(page.locator("#film-facts")).to_be_hidden()
        page.click("#camera")
        expect(page.locator("#camera")).to_have_attribute("aria-pressed", "true")
        page.evaluate("() => { location.hash = ''; }")
        expect(page.locator("#camera")).to_have_attribute("aria-pressed", "false")


def test_a_sound_that_the_page_makes(opened: Page) -> None:
    """Models of tones have a sample; what they hear in it is what it was made of."""
    opened.evaluate("() => { location.hash = 'music-to-notes'; }")
    opened.locator("#sound-sample").click()
    expect(opened.locator("#sound-summary")).to_contain_text("Notes: A3, C♯4, E4, A4")
    opened.evaluate("() => { location.hash = 'pitch'; }")
    expect(opened.locator("#model-title")).to_have_text("Pitch")
    opened.locator("#sound-sample").click()
    expect(opened.locator("#sound-summary")).to_contain_text("Hz, the median")
    middle = float(opened.inner_text("#sound-summary").split(": ")[-1].split(" ")[0])
    assert min(abs(middle - hertz) for hertz in (220, 277, 330, 440)) < 4
    opened.evaluate("() => { location.hash = 'voice-activity'; }")
    expect(opened.locator("#model-title")).to_have_text("Voice activity")
    opened.locator("#microphone").wait_for()
    expect(opened.locator("#sound-sample")).to_have_count(0)


def test_samples_for_who_has_no_microphone_and_no_file(opened: Page) -> None:
    """Someone speaks in the sample of voice activity; the page knows its own files."""
    opened.evaluate("() => { location.hash = 'voice-activity'; }")
    opened.get_by_role("button", name="A conversation").click()
    summary = opened.locator("#sound-summary")
    expect(summary).to_contain_text("of the time")
    assert int(summary.inner_text().split(" ")[-4].removesuffix("%")) > 20
    assert "Silero" in opened.inner_text("#sound-source")
    opened.evaluate("() => { location.hash = 'file-type'; }")
    for button, kind in (("This page", "html"), ("Its style sheet", "css"), ("Its icon", "svg")):
        opened.get_by_role("button", name=button).click()
        expect(summary).to_contain_text(f"{kind}, ")


@pytest.mark.parametrize(
    ("entry", "button", "called", "says"),
    [
        ("face-detection", "#camera", "getUserMedia", "not allowed to use the camera"),
        ("face-detection", "#screen", "getDisplayMedia", "The screen was not shared"),
        ("voice-activity", "#microphone", "getUserMedia", "not allowed to use the microphone"),
    ],
)
def test_what_is_refused_is_told_as_that(
    opened: Page, entry: str, button: str, called: str, says: str
) -> None:
    opened.evaluate("(entry) => { location.hash = entry; }", entry)
    opened.evaluate(
        """(called) => {
            navigator.mediaDevices[called] = async () => {
                throw new DOMException("Permission denied", "NotAllowedError");
            };
        }""",
        called,
    )
    opened.locator(button).click()
    expect(opened.locator("#bundle-error")).to_contain_text(says)
    expect(opened.locator(button)).to_have_attribute("aria-pressed", "false")


def test_what_was_refused_is_still_told_when_the_model_comes(opened: Page) -> None:
    """A visitor may ask for the camera while the model is on its way."""
    late = Held(opened, "**/models/hands/1/graph.json")
    opened.evaluate(
        """() => {
            location.hash = "hands";
            navigator.mediaDevices.getUserMedia = async () => {
                throw new DOMException("Permission denied", "NotAllowedError");
            };
        }"""
    )
    late.wait()
    opened.locator("#camera").click()
    told = opened.locator("#bundle-error")
    expect(told).to_contain_text("not allowed to use the camera")
    late.let_go()
    expect(opened.locator("#model-title")).to_have_text("Hands")
    expect(opened.locator("#summary")).not_to_be_empty()
    expect(told).to_contain_text("not allowed to use the camera")


def test_photos_are_turned_upright_and_others_refused(opened: Page, tmp_path: Path) -> None:
    """A portrait photo whose pixels lie, one larger than is looked at, and what is no picture."""
    opened.evaluate("() => { location.hash = 'face-detection'; }")
    stage = opened.locator("#stage")
    turned = Image.Exif()
    turned[0x0112] = 6
    lying, large, text = (tmp_path / name for name in ("lying.jpg", "large.jpg", "text.jpg"))
    Image.new("RGB", (300, 200), "red").save(lying, exif=turned)
    Image.new("RGB", (6000, 4000), "red").save(large)
    text.write_text("no picture")
    for path, sides in ((lying, ("200", "300")), (large, ("1600", "1067"))):
        opened.set_input_files("#photo", path)
        for name, side in zip(("width", "height"), sides, strict=True):
            expect(stage).to_have_attribute(name, side)
    expect(opened.locator("#summary")).to_have_text("Nothing was found.")
    opened.set_input_files("#photo", text)
    expect(opened.locator("#bundle-error")).to_contain_text("“text.jpg” is no picture")


def test_what_is_not_there_is_fetched_when_it_is_opened(
    browser: Browser, gallery_page: Path, gallery_models: Path, tmp_path: Path
) -> None:
    from serve import gallery_server

    assert gallery_models.is_dir(), "the packages are in the cache"
    server = gallery_server(gallery_page, tmp_path, "127.0.0.1", 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page = browser.new_page()
    page.goto(f"http://127.0.0.1:{server.server_address[1]}/gallery.html")
    page.locator(".entry-card").first.wait_for()
    assert list(tmp_path.iterdir()) == []
    page.locator(".entry-card", has_text="Person segmentation").click()
    expect(page.locator("#summary")).to_contain_text("person:")
    page.close()
    server.shutdown()
    server.server_close()
    assert {path.name for path in (tmp_path / "models").iterdir()} == {"person-segmentation"}


def test_where_nothing_can_be_fetched_it_is_said(
    browser: Browser, gallery_page: Path, tmp_path: Path
) -> None:
    """A server of files alone, without the models."""
    from texelflow.checking.serve import background_server

    with background_server([("/", gallery_page)]) as url:
        page = browser.new_page()
        page.goto(f"{url}/gallery.html#hands")
        expect(page.locator("#bundle-error")).to_contain_text("make gallery")
        page.close()


@pytest.mark.parametrize(
    ("path", "headers", "answer"),
    [
        ("models/face-detection/", {"Sec-Fetch-Site": "cross-site"}, 403),
        ("models/face-detection/", {"Sec-Fetch-Site": "same-site"}, 403),
        ("models/face-detection/", {"Origin": "http://elsewhere.example"}, 403),
        ("models/face-detection/", {"Origin": "null", "Content-Length": "many"}, 403),
        ("models/../entries/", {}, 404),
        ("models/no-such/", {}, "no entry"),
    ],
)
def test_only_this_page_may_ask_and_only_for_entries(
    gallery_url: str, path: str, headers: dict[str, str], answer: int | str
) -> None:
    address = gallery_url.replace("gallery.html", f"gallery/{path}")
    request = urllib.request.Request(address, b"", headers, method="POST")
    try:
        with urllib.request.urlopen(request) as response:
            (message,) = map(json.loads, response.read().splitlines())
            assert isinstance(answer, str)
            assert answer in message["problem"]
    except urllib.error.HTTPError as refusal:
        assert refusal.code == answer


def test_entries_say_what_they_are(gallery_models: Path) -> None:
    """A drawing for each; what a visitor downloads is about what the entry says."""
    for entry in entries():
        assert (GALLERY / "drawings" / f"{entry.name}.svg").is_file()
        folder = gallery_models / "models" / entry.name
        size = sum(path.stat().st_size for path in folder.glob("*/*") if path.suffix != ".ts")
        assert size == pytest.approx(entry.bytes, rel=0.05), entry.name


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"colour": "red"}, "colour is nothing that it may say"),
        ({"steps": []}, "`steps` is one model or two"),
        ({"licence": None}, "does not say licence"),
        ({"photos": ["nobody"]}, "photos/ has no nobody"),
        ({"sounds": ["nothing"]}, "sounds/ has no nothing"),
        (
            {"steps": [{"model": "pypi:package@1/net.pth", "sha256": "", "network": "none"}]},
            "there is no network none",
        ),
        ({"steps": [{"model": "npm:package/file.onnx", "sha256": ""}]}, "no package with version and file"),
    ],
)
def test_an_entry_that_says_too_little_or_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, object], message: str
) -> None:
    content = json.loads((GALLERY / "entries" / "face-detection.json").read_text(encoding="utf-8"))
    content = {name: value for name, value in {**content, **change}.items() if value is not None}
    (tmp_path / "entries").mkdir()
    (tmp_path / "entries" / "one.json").write_text(json.dumps(content), encoding="utf-8")
    (tmp_path / "photos").symlink_to(GALLERY / "photos")
    monkeypatch.setattr("entries.GALLERY", tmp_path)
    with pytest.raises(EntryError, match=message):
        entries()
