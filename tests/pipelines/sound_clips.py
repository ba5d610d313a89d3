"""The sounds that the gallery is tested on: parts of real ones beside the models, and one made here."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import numpy as np

SOUNDS = Path(__file__).resolve().parents[2] / "gallery" / "sounds"

CLIPS: dict[str, dict[str, tuple[str, float, float]]] = {
    "voice-activity": {
        "yes": ("yes_1000ms", 0, 1),
        "no": ("no_1000ms", 0, 1),
        "speech": ("tflite_support_speech", 0, 2),
        "pause": ("silero_test", 30, 2),
        "noisy": ("gtcrn_mix", 1, 2),
        "nobody": ("noise", 0, 1),
    },
    "pitch": {
        "sung": ("vocadito_10", 1, 1.2),
        "sung later": ("vocadito_10", 4, 1.2),
        "speech": ("tflite_support_speech", 0.5, 1.2),
        "noisy": ("gtcrn_mix", 1, 1.2),
        "yes": ("yes_1000ms", 0, 1),
        "nobody": ("noise", 0, 1),
    },
    "wake-word": {
        "said": ("okay_nabu", 0, 2),
        "said higher": ("okay_nabu", 2, 2),
        "said slowly": ("okay_nabu", 4, 2),
        "said by another": ("okay_nabu", 6, 2),
        "something else": ("okay_nabu", 8, 2),
        "nobody": ("noise", 0, 1),
    },
    "music-to-notes": {
        "first": ("vocadito_10", 0.5, 1.5),
        "second": ("vocadito_10", 2, 1.5),
        "third": ("vocadito_10", 4, 1.5),
        "fourth": ("vocadito_10", 6, 1.5),
        "nobody": ("noise", 0, 1.5),
    },
}
"""By entry and clip: the file, or a hiss, where the clip begins and how long it is, in seconds."""

NOISE = {"voice-activity": 16000, "pitch": 16000, "music-to-notes": 22050, "wake-word": 16000}
"""Samples a second of the hiss: those of the model, since resampling changes the highest of it."""


def clip(audio: Path, entry: str, name: str) -> bytes:
    """A clip as a file of 16 bits and one channel."""
    name, start, seconds = CLIPS[entry][name]
    if name == "noise":
        rate = NOISE[entry]
        samples = np.random.default_rng(0).normal(0, 400, int(rate * seconds)).astype("<i2").tobytes()
    else:
        own = SOUNDS / f"{name}.wav"
        with wave.open(str(own if own.is_file() else audio / f"{name}.wav")) as source:
            rate = source.getframerate()
            source.setpos(int(start * rate))
            samples = source.readframes(int(seconds * rate))
            if source.getsampwidth() == 1:
                samples = ((np.frombuffer(samples, np.uint8).astype("<i2") - 128) << 8).tobytes()
    written = io.BytesIO()
    with wave.open(written, "wb") as target:
        target.setparams((1, 2, rate, 0, "NONE", ""))
        target.writeframes(samples)
    return written.getvalue()
