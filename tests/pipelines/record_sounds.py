"""Write recorded_sounds.json: what the packages of the gallery's entries of sound and files say.

In an environment of its own: `pip install torch onnxruntime librosa resampy mir_eval pretty_midi soundfile`,
`pip install packaging "swift-f0[audio]==0.3.0" magika==1.0.3`, and with `--no-deps` `silero-vad==6.2.3` and
`basic-pitch==0.4.0`; then `python record_sounds.py FOLDER`, with the folder of sounds.
"""

from __future__ import annotations

import base64
import json
import sys
import tempfile
import zlib
from pathlib import Path

import numpy as np
import silero_vad.utils_vad as silero
import soundfile
import torch
from basic_pitch import inference
from file_samples import SAMPLES
from magika import Magika
from sound_clips import CLIPS, clip
from swift_f0 import SwiftF0


def rounded(values: np.ndarray) -> list[float]:
    """Numbers with five digits."""
    return [float(f"{value:.5g}") for value in np.asarray(values, np.float64).ravel()]


def voice(path: Path) -> list[float]:
    """Probabilities of a voice, one for each 32 ms."""
    samples, rate = soundfile.read(path, dtype="float32")
    model = silero.OnnxWrapper(str(Path(silero.__file__).parent / "data" / "silero_vad.onnx"))
    return rounded(model.audio_forward(torch.from_numpy(samples)[None], rate).numpy())


def pitch(path: Path) -> dict[str, list[float]]:
    """Pitch and confidence, one for each 16 ms."""
    samples, rate = soundfile.read(path, dtype="float32")
    found = SwiftF0().detect(samples, rate)
    return {"pitch": rounded(found.pitch_hz), "confidence": rounded(found.confidence)}


def notes(path: Path) -> dict[str, str]:
    """Probabilities of notes and onsets in steps of 1/255, packed."""
    model = inference.Model(Path(inference.__file__).parent / "saved_models/icassp_2022/nmp.onnx")
    found = inference.run_inference(path, model)
    return {
        name: base64.b64encode(
            zlib.compress(np.round(found[key] * 255).astype(np.uint8).tobytes(), 9)
        ).decode()
        for name, key in {"frames": "note", "onsets": "onset"}.items()
    }


def main(audio: Path) -> None:
    """Compute and write."""
    readers = {"voice-activity": voice, "pitch": pitch, "music-to-notes": notes}
    recorded: dict[str, dict[str, object]] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.wav"
        for entry, clips in CLIPS.items():
            recorded[entry] = {}
            for name in clips:
                path.write_bytes(clip(audio, entry, name))
                recorded[entry][name] = readers[entry](path)
    magika = Magika()
    recorded["file-type"] = {}
    for name, content in SAMPLES.items():
        found = magika.identify_bytes(content)
        recorded["file-type"][name] = {"label": str(found.dl.label), "score": float(f"{found.score:.5g}")}
    text = json.dumps(recorded, separators=(",", ":"))
    Path(__file__).with_name("recorded_sounds.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
