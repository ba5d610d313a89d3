"""The gallery's entries of sound and of files say what their own packages say (record_sounds.py)."""

from __future__ import annotations

import base64
import json
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page

from browser_support import PageServer
from model_support import find_models

sys.path.insert(0, str(Path(__file__).resolve().parent))

from entry_bundles import entry_bundle
from file_samples import SAMPLES
from sound_clips import CLIPS, clip

RECORDED = json.loads(Path(__file__).with_name("recorded_sounds.json").read_text(encoding="utf-8"))
MODELS = find_models()
needs_sounds = pytest.mark.skipif(MODELS is None, reason="no sounds: set TEXELFLOW_MODELS")

REACH = 11
"""Frames to either side that the model of pitches sees."""

RUN = """async ([url, task, addresses, options]) => {
    const pipe = await pipelines.pipeline(task, url);
    const of = pipelines.taskOf(pipe.model);
    const results = {};
    for (const [name, address] of Object.entries(addresses)) results[name] = await pipe(address, options);
    await pipe.dispose();
    const plain = (_, value) => ArrayBuffer.isView(value) ? Array.from(value) : value;
    return JSON.stringify({of, results}, plain);
}"""

Say = Callable[[str, dict[str, bytes]], dict[str, Any]]


@pytest.fixture
def say(pipeline_page: Page, page_server: PageServer, tmp_path: Path) -> Say:
    """What an entry's bundle makes of files, by their names; its model comes from its package."""

    def run(name: str, files: dict[str, bytes], **options: Any) -> dict[str, Any]:
        task = entry_bundle(name, tmp_path)
        page_server.mount(f"/entries/{name}", tmp_path / "bundle")
        addresses = {}
        for file, content in files.items():
            addresses[file] = f"/entry-files/{name}/{file}"
            page_server.fixed[addresses[file]] = (200, "application/octet-stream", content)
        request = [f"/entries/{name}", task, addresses, options]
        answer = json.loads(pipeline_page.evaluate(RUN, request))
        assert answer["of"] == task
        results = dict(answer["results"])
        assert results and results.keys() == files.keys()
        return results

    return run


def clips(entry: str) -> dict[str, bytes]:
    """The sounds of an entry."""
    assert MODELS is not None
    return {name: clip(MODELS / "audio", entry, name) for name in CLIPS[entry]}


@needs_sounds
def test_voice_activity(say: Say) -> None:
    for name, tracks in say("voice-activity", clips("voice-activity")).items():
        (track,), expected = tracks, RECORDED["voice-activity"][name]
        np.testing.assert_allclose(track["values"], expected, atol=2e-3, err_msg=name)
        assert (max(track["values"]) > 0.5) == (name != "nobody") and track["label"] == "voice"
        np.testing.assert_allclose(np.diff(track["times"]), 0.032, atol=1e-9)


def test_wake_word(say: Say) -> None:
    """Its package's frontend computes in integers, ours in floats: they differ by a step or two of 8 bits."""
    sounds = {name: clip(Path(), "wake-word", name) for name in CLIPS["wake-word"]}
    for name, tracks in say("wake-word", sounds).items():
        (track,), expected = tracks, np.array(RECORDED["wake-word"][name])
        # The package says nothing before it has heard five moments.
        found = np.array(track["values"])[: len(expected)][5:]
        np.testing.assert_allclose(found, expected[5:], atol=0.1, err_msg=name)
        assert np.abs(found - expected[5:]).mean() < 0.01
        assert (found.max() >= track["threshold"]) == name.startswith("said"), name
        assert track["threshold"] == 0.85 and track["label"] == "Okay Nabu"


@needs_sounds
def test_pitch(say: Say) -> None:
    """Where its package is sure of a tone, within 5 hundredths of a semitone; it resamples otherwise.

    Before and behind the sound the package's model sees nothing where ours sees silence: what that reaches is
    left out.
    """
    for name, tracks in say("pitch", clips("pitch")).items():
        found = {track["label"]: np.array(track["values"]) for track in tracks}
        expected = {key: np.array(values) for key, values in RECORDED["pitch"][name].items()}
        count = min(len(found["pitch"]), len(expected["pitch"]))
        assert abs(len(found["pitch"]) - len(expected["pitch"])) <= 1
        # The package counts what is nearly silent as no tone, whatever the model says.
        within = (np.arange(count) >= REACH) & (np.arange(count) < count - REACH)
        sure = (expected["confidence"][:count] > 0.5) & within
        np.testing.assert_allclose(
            found["confidence"][:count][sure], expected["confidence"][:count][sure], atol=0.03, err_msg=name
        )
        cents = 1200 * np.log2(found["pitch"][:count][sure] / expected["pitch"][:count][sure])
        assert sure.sum() == 0 or np.abs(cents).max() < 5, name
        assert (sure.mean() > 0.1) == (name != "nobody"), name


@needs_sounds
def test_music_to_notes(say: Say) -> None:
    for name, tracks in say("music-to-notes", clips("music-to-notes")).items():
        for track, key in zip(tracks, ("onsets", "frames"), strict=True):
            packed = zlib.decompress(base64.b64decode(RECORDED["music-to-notes"][name][key]))
            expected = np.frombuffer(packed, np.uint8).reshape(-1, 88) / 255
            found = np.array(track["values"], np.float32).reshape(-1, 88)
            count = min(len(found), len(expected))
            assert abs(len(found) - len(expected)) <= 2 and track["lowest"] == 21
            difference = np.abs(found[:count] - expected[:count])
            assert difference.max() < 0.05 and difference.mean() < 0.005, (name, key, difference.max())
        sounding = (found[:count] > 0.5).any()
        assert sounding == (name != "nobody"), name


def test_file_types(say: Say) -> None:
    answers = say("file-type", SAMPLES)
    expected = RECORDED["file-type"]
    assert {name: found[0]["label"] for name, found in answers.items()} == {
        name: one["label"] for name, one in expected.items()
    }
    scores = {name: found[0]["score"] for name, found in answers.items()}
    np.testing.assert_allclose(list(scores.values()), [one["score"] for one in expected.values()], atol=2e-3)
    assert len({one["label"] for one in expected.values()}) == len(expected)
