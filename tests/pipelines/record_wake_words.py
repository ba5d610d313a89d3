"""Write the gallery's okay_nabu.wav, words that espeak-ng says, and into recorded_sounds.json what
pymicro-wakeword hears.

In an environment of its own: `apt-get install espeak-ng`, `pip install pymicro-wakeword==2.5.0`; then
`python record_wake_words.py`.
"""

from __future__ import annotations

import io
import json
import subprocess
import wave
from pathlib import Path

import numpy as np
from pymicro_wakeword import MicroWakeWord, MicroWakeWordFeatures, Model
from sound_clips import CLIPS, SOUNDS, clip

HERE = Path(__file__).parent
RATE = 16000
SAID = [
    ("okay nabu", "en-us", 150, 50),
    ("okay nabu", "en-gb", 150, 60),
    ("okay nabu", "en-us", 125, 40),
    ("okay nabu", "en-gb+m3", 140, 45),
    ("okay, now do it", "en-us", 150, 50),
]
"""What is said, whose voice says it, how many words a minute, and how high."""


def spoken(text: str, voice: str, speed: int, pitch: int) -> np.ndarray:
    """Two seconds of 8 bits: a hiss, and from half a second on the words."""
    command = ["espeak-ng", "-v", voice, "-s", str(speed), "-p", str(pitch), "--stdout", text]
    said = subprocess.run(command, capture_output=True, check=True).stdout
    rate = int.from_bytes(said[24:28], "little")
    samples = np.frombuffer(said[44:], "<i2").astype(np.float64)
    times = np.arange(int(len(samples) * RATE / rate)) * rate / RATE
    words = np.interp(times, np.arange(len(samples)), samples)[: RATE * 3 // 2]
    whole = np.random.default_rng(0).normal(0, 60, 2 * RATE)
    whole[RATE // 2 : RATE // 2 + len(words)] += words
    return (np.round(whole / 256) + 128).clip(0, 255).astype(np.uint8)


def heard(content: bytes) -> list[float]:
    """The mean probabilities of a file; what its first frames lack is silence, as in the page."""
    with wave.open(io.BytesIO(content)) as source:
        samples = source.readframes(source.getnframes())
    model, features = MicroWakeWord.from_builtin(Model.OKAY_NABU), MicroWakeWordFeatures()
    found = [model.process_streaming_prob(each) for each in features.process_streaming(bytes(640) + samples)]
    return [float(f"{value:.5g}") for value in found[model.stride - 1 :: model.stride] if value is not None]


def main() -> None:
    """Say, listen, and write."""
    with wave.open(str(SOUNDS / "okay_nabu.wav"), "wb") as target:
        target.setparams((1, 1, RATE, 0, "NONE", ""))
        target.writeframes(b"".join(spoken(*words).tobytes() for words in SAID))
    path = HERE / "recorded_sounds.json"
    recorded = json.loads(path.read_text(encoding="utf-8"))
    recorded["wake-word"] = {name: heard(clip(HERE, "wake-word", name)) for name in CLIPS["wake-word"]}
    for name, values in recorded["wake-word"].items():
        print(name, len(values), max(values))
    path.write_text(json.dumps(recorded, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
