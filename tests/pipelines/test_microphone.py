"""The player listens: to a microphone, which Chromium plays a file to, and to files."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright

from browser_support import REPOSITORY, PageServer, launch_chromium
from model_support import find_models

sys.path.insert(0, str(Path(__file__).resolve().parent))

from entry_bundles import entry_bundle
from sound_clips import clip

MODELS = find_models()
needs_sounds = pytest.mark.skipif(MODELS is None, reason="no sounds: set TEXELFLOW_MODELS")


@pytest.fixture
def player(
    playwright_instance: Playwright, page_server: PageServer, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Page]:
    """The page of `texelflow serve` with the bundle of an entry; a clip of it comes from its microphone."""
    entry, name = request.param
    entry_bundle(entry, tmp_path)
    dist = REPOSITORY / "dist"
    served = shutil.copytree(dist / "player", tmp_path / "served")
    for path in (*dist.glob("texelflow*.js"), *(tmp_path / "bundle").iterdir()):
        shutil.copy(path, served)
    speech = tmp_path / "speech.wav"
    speech.write_bytes(clip((MODELS or tmp_path) / "audio", entry, name))
    browser = launch_chromium(
        playwright_instance,
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={speech}",
    )
    page_server.mount(f"/listening-{entry}", served)
    page = browser.new_page()
    page.faults = []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.goto(page_server.url(f"/listening-{entry}/index.html"))
    yield page
    assert page.faults == []
    browser.close()


def heard(page: Page, pattern: str) -> str:
    """What is said of a sound, once it is as expected."""
    page.wait_for_function(
        "(pattern) => new RegExp(pattern).test(document.getElementById('sound-summary')?.textContent)",
        arg=pattern,
    )
    return page.inner_text("#sound-summary")


@pytest.mark.parametrize("player", [("wake-word", "said")], indirect=True)
def test_waiting_for_a_word(player: Page) -> None:
    """It is said again and again, and heard; once that ends, nothing goes on."""
    player.click("#microphone")
    heard(player, "Okay Nabu: heard in [1-9][0-9]?%")
    player.click("#microphone")
    player.wait_for_selector("#microphone[aria-pressed=false]")
    said = player.inner_text("#tracks figcaption")
    player.wait_for_timeout(300)  # nothing tells that nothing is heard any more
    assert player.inner_text("#tracks figcaption") == said


@needs_sounds
@pytest.mark.parametrize("player", [("voice-activity", "speech")], indirect=True)
def test_listening(player: Page) -> None:
    assert MODELS is not None
    player.wait_for_selector("#microphone")
    assert player.is_hidden("label[for=photo]")
    assert player.is_hidden("#input-note") and player.inner_text("#summary") == ""
    nobody = clip(MODELS / "audio", "voice-activity", "nobody")
    player.set_input_files("#sound-file", {"name": "hiss.wav", "mimeType": "audio/wav", "buffer": nobody})
    assert heard(player, "heard in") == "voice: heard in 0% of the time."
    yes = clip(MODELS / "audio", "voice-activity", "yes")
    player.set_input_files("#sound-file", {"name": "yes.wav", "mimeType": "audio/wav", "buffer": yes})
    heard(player, "heard in [1-9][0-9]%")
    assert player.get_attribute("#tracks canvas", "aria-label") == "voice: " + player.inner_text(
        "#sound-summary"
    )
    # Chromium plays the speech again and again.
    player.click("#microphone")
    player.wait_for_selector("#microphone[aria-pressed=true]")
    player.wait_for_function(
        "() => /to [1-9][0-9]*[.]/.test(document.querySelector('#tracks figcaption')?.textContent)",
    )
    heard(player, "heard in [3-9][0-9]%")
    player.click("#microphone")
    player.wait_for_selector("#microphone[aria-pressed=false]")
    noise = {"name": "text.wav", "mimeType": "audio/wav", "buffer": b"no sound at all"}
    player.set_input_files("#sound-file", noise)
    player.wait_for_selector("#bundle-error:not([hidden])")
    assert "no sound that this browser reads" in player.inner_text("#bundle-error")
