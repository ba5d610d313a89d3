"""The lines for a page of one's own that the gallery shows: they run, and find what the gallery finds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from entries import GALLERY, samples
from export import bring
from gallery_support import bring_picture
from playwright.sync_api import Browser, Page, Route, expect

from shown_lines import run_lines


@pytest.fixture(scope="module")
def files(gallery_models: Path) -> dict[str, bytes]:
    """What the lines read, by name."""
    pictures = gallery_models / "pictures"
    talk = samples("sounds")["conversation"]
    return {
        "face": bring_picture("astronaut", 512, pictures).read_bytes(),
        "text": bring_picture("page:44", 400, pictures).read_bytes(),
        "sound": bring(talk.file),
        "bytes": (GALLERY / "gallery_page.py").read_bytes(),
    }


@pytest.mark.parametrize(
    ("entry", "file", "needed", "found"),
    [
        ("emotion", "photo.jpg", "face", '"label": "happy"'),
        ("face-landmarks", "photo.jpg", "face", '"keypoints": '),
        ("text-recognition", "photo.jpg", "text", "segmentation"),
        ("person-segmentation", "photo.jpg", "face", '"label": "person"'),
        ("voice-activity", "sound.wav", "sound", '"label": "voice"'),
        ("file-type", "file.bin", "bytes", '"label": "python"'),
    ],
)
def test_lines_of_an_entry_run_as_they_are_shown(
    gallery: Page, browser: Browser, files: dict[str, bytes], entry: str, file: str, needed: str, found: str
) -> None:
    title = json.loads((GALLERY / "entries" / f"{entry}.json").read_text(encoding="utf-8"))["title"]
    gallery.evaluate("(entry) => { location.hash = entry; }", entry)
    expect(gallery.locator("#bundle-title")).to_have_text(title)
    expect(gallery.locator("#code")).to_be_visible()
    if not gallery.evaluate("document.getElementById('code').open"):
        gallery.click("#code summary")
    shown = gallery.locator("#code-lines pre").first
    expect(shown).to_contain_text(f"models/{entry}/1/")
    lines = shown.inner_text()
    assert f'"{file}"' in lines

    def serve(route: Route) -> None:
        if route.request.url.endswith(f"/{file}"):
            return route.fulfill(body=files[needed])
        return route.fallback()

    base = gallery.evaluate("new URL('.', document.baseURI).href")
    written = [json.dumps(line) for line in run_lines(browser, base, lines, serve)]
    assert any(found in line for line in written), written
