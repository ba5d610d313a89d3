"""Spectra, resampling, CTC, sampling and streamed text, against NumPy and what record_ends.py recorded."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

Call = Callable[..., Any]

RECORDED = json.loads(Path(__file__).with_name("recorded_ends.json").read_text(encoding="utf-8"))

SOUND = """((seed, length) => Float32Array.from({length}, (_, i) => {
    const time = i / 16000;
    const turn = 2 * Math.PI * time;
    const tones = Math.sin(turn * (300 + 900 * time)) + 0.5 * Math.sin(turn * 3100);
    const noise = Math.sin(i * (12.9898 + seed)) * 43758.5453;
    return 0.4 * tones + 0.05 * (noise - Math.floor(noise));
}))"""
"""The sound of record_ends.py."""


@pytest.mark.parametrize("length", [1, 2, 3, 8, 30, 64, 97, 400])
def test_transforms_of_any_length(call: Call, length: int) -> None:
    """One frame under a window of ones is NumPy's transform of it."""
    signal = np.random.default_rng(length).standard_normal(length).astype(np.float32)
    options = {"fft": length, "hop": length, "centred": False}
    answer = call(
        "ends.stft(a[0], {...a[1], window: new Float32Array(a[1].fft).fill(1)})", signal.tolist(), options
    )
    expected = np.fft.rfft(signal.astype(np.float64))
    assert (answer["frames"], answer["bins"]) == (1, length // 2 + 1)
    scale = np.abs(expected).max() + 1e-9
    np.testing.assert_allclose(np.array(answer["real"]) / scale, expected.real / scale, atol=1e-6)
    np.testing.assert_allclose(np.array(answer["imaginary"]) / scale, expected.imag / scale, atol=1e-6)


def test_short_time_transform(call: Call) -> None:
    recorded = RECORDED["stft"]
    answer = call(f"ends.stft({SOUND}(...a), {{fft: 400, hop: 160}})", recorded["seed"], recorded["samples"])
    for part in ("real", "imaginary"):
        np.testing.assert_allclose(answer[part], recorded[part], atol=2e-4)


def test_windows_and_frames(call: Call) -> None:
    for length in (1, 2, 9, 400):
        np.testing.assert_allclose(
            call("ends.hannWindow(a[0], false)", length), np.hanning(length), atol=1e-7
        )
        np.testing.assert_allclose(
            call("ends.hannWindow(a[0])", length),
            np.hanning(length + 1)[:-1] if length > 1 else [1],
            atol=1e-7,
        )
    samples = np.arange(11, dtype=np.float32)
    expected = np.lib.stride_tricks.sliding_window_view(samples, 4)[::3]
    assert call("ends.framesOf(a[0], 4, 3)", samples.tolist()) == expected.tolist()
    assert call("ends.framesOf(new Float32Array(3), 4, 3)") == []
    refused = "((f) => { try { return f() } catch ({name, message}) { return [name, message] } })"
    for size, hop in ((4, 0), (4, -1), (0, 1), (4, 0.5)):
        name, message = call(f"{refused}(() => ends.framesOf(new Float32Array(9), {size}, {hop}))")
        assert name == "RangeError" and f"{size} and {hop}" in message


@pytest.mark.parametrize("case", RECORDED["filters"], ids=lambda case: case["scale"])
def test_mel_filters(call: Call, case: dict[str, Any]) -> None:
    answer = call(
        "ends.melFilters({...a[0], rate: 16000, low: 20, high: 7600})",
        {name: case[name] for name in ("mels", "bins", "scale", "normalised")},
    )
    np.testing.assert_allclose(answer, case["values"], atol=2e-5 * max(case["values"]))


def test_features_of_whisper(call: Call) -> None:
    recorded = RECORDED["whisper"]
    answer = call(
        f"""ends.logMel({SOUND}(...a), {{fft: 400, hop: 160, mels: 80, rate: 16000, scale: 'slaney',
            normalised: true, log: 'whisper', dropLast: true}})""",
        recorded["seed"],
        recorded["samples"],
    )
    found = np.array(answer["data"]).reshape(100, 80)[:: recorded["step"]]
    np.testing.assert_allclose(found.ravel(), recorded["values"], atol=2e-4)


@pytest.mark.parametrize("case", RECORDED["resampled"], ids=lambda case: f"{case['from']}-{case['to']}")
def test_resampling(call: Call, case: dict[str, Any]) -> None:
    answer = call(f"ends.resample({SOUND}(a[0], 400), a[1], a[2])", case["seed"], case["from"], case["to"])
    # torchaudio takes the times of its kernels in 32 bits.
    np.testing.assert_allclose(answer, case["values"], atol=3e-5)


def test_resampling_to_the_same_rate_copies(call: Call) -> None:
    assert call("ends.resample(a[0], 8000, 8000)", [1, 2, 3]) == [1, 2, 3]


@pytest.mark.parametrize("seed", range(6))
def test_ctc(call: Call, seed: int) -> None:
    """As grouping equal labels and leaving out blanks says it."""
    rng = np.random.default_rng(seed)
    labels, blank = (5, 0) if seed % 2 else (3, 2)
    scores = rng.random((40, labels)).astype(np.float32)
    scores[rng.random(40) < 0.4, blank] += 1
    best = scores.argmax(1)
    runs = [
        (label, next(group)[0]) for label, group in itertools.groupby(enumerate(best), lambda each: each[1])
    ]
    kept = [(int(label), step) for label, step in runs if label != blank]
    answer = call("ends.readCtc(a[0], a[1], a[2])", scores.ravel().tolist(), labels, blank)
    assert answer["labels"] == [label for label, _ in kept] and answer["steps"] == [step for _, step in kept]
    np.testing.assert_allclose(
        answer["score"], np.mean([scores[step, label] for label, step in kept]), rtol=1e-5
    )
    assert call("ends.readCtc([], 3)") == {"labels": [], "steps": [], "score": 0}


@pytest.mark.parametrize("case", RECORDED["sampling"]["cases"], ids=lambda case: "-".join(case["options"]))
def test_sampling_chooses_by_the_probabilities_of_transformers(call: Call, case: dict[str, Any]) -> None:
    logits = RECORDED["sampling"]["logits"]
    answer = call("ends.candidates(a[0], a[1])", logits, {**case["options"]})
    found = np.zeros(len(logits))
    for candidate in answer:
        found[candidate["token"]] = candidate["probability"]
    np.testing.assert_allclose(found, case["probabilities"], atol=1e-6)
    # Each token is drawn by the numbers that are its share.
    drawn = call(
        "Array.from({length: 200}, (_, i) => ends.sample(a[0], {...a[1], random: () => (i + 0.5) / 200}))",
        logits,
        case["options"],
    )
    shares = np.bincount(drawn, minlength=len(logits)) / 200
    np.testing.assert_allclose(shares, case["probabilities"], atol=0.006)


def test_temperature_of_zero_takes_the_best(call: Call) -> None:
    assert call("ends.candidates(a[0], {temperature: 0, topK: 3})", [1, 5, 5, 2]) == [
        {"token": 1, "probability": 1}
    ]


def test_generated_text_is_streamed_in_whole_characters(call: Call) -> None:
    """A token a byte: the model counts through a text, whose end is told by a token of its own."""
    answer = call(
        """(async () => {
            const bytes = [...new TextEncoder().encode('naïve 😀 text')];
            const given = [];
            const step = async (tokens) => {
                given.push(tokens.length);
                const logits = new Float32Array(257);
                logits[bytes[given.length - 1] ?? 256] = 9;
                return logits;
            };
            const decode = (tokens) => new TextDecoder().decode(Uint8Array.from(tokens));
            const parts = [];
            const tokens = ends.generate([1, 2, 3], step, {limit: 99, ends: [256], temperature: 0});
            for await (const text of ends.streamText(tokens, decode)) parts.push(text);
            const controller = new AbortController();
            const stopped = [];
            given.length = 0;
            const other = ends.generate([1], step, {limit: 5, temperature: 0, signal: controller.signal});
            try {
                for await (const token of other) { stopped.push(token); controller.abort('enough'); }
            } catch (reason) { stopped.push(reason); }
            given.length = 0;
            const limited = [];
            const two = ends.generate([1], step, {limit: 2, temperature: 0});
            for await (const token of two) limited.push(token);
            return {parts, stopped, limited, given};
        })()"""
    )
    # Spaces come with what is behind them.
    assert answer["parts"] == [*"naïve", " 😀", " t", *"ext"]
    assert answer["stopped"] == [ord("n"), "enough"] and answer["limited"] == [ord("n"), ord("a")]
    assert answer["given"] == [1, 1]


def test_the_micro_frontend_takes_whole_frames(call: Call) -> None:
    """Silence has no features; tests/pipelines have those of words, beside microWakeWord's own."""
    assert call("new ends.MicroFrontend().process(new Float32Array(800))") == [0] * 120
    refused = "try { new ends.MicroFrontend().process(new Float32Array(500)); } catch (e) { return e.name; }"
    assert call(f"(() => {{ {refused} }})()") == "RangeError"
