"""Write recorded_ends.json: what torchaudio and transformers compute, which tests need not install.

In an environment of its own: `pip install torch torchaudio transformers numpy`, then run this file.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
import torchaudio
from transformers import WhisperFeatureExtractor
from transformers.generation import (
    LogitsProcessorList,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

RATES = [(44100, 16000), (48000, 16000), (16000, 22050), (8000, 16000), (16000, 8000), (11025, 16000)]
SAMPLING = [
    {"temperature": 0.7},
    {"topK": 5},
    {"topP": 0.6},
    {"repetitionPenalty": 1.4, "previous": [1, 2, 3, 3]},
    {"temperature": 1.3, "topK": 12, "topP": 0.8, "repetitionPenalty": 1.2, "previous": [0, 7, 39]},
    {"topK": 100},
]


def sound(seed: int, length: int) -> np.ndarray:
    """Two tones that glide, and some noise, which the tests make alike."""
    time = np.arange(length) / 16000
    tones = np.sin(2 * np.pi * (300 + 900 * time) * time) + 0.5 * np.sin(2 * np.pi * 3100 * time)
    noise = np.sin(np.arange(length) * (12.9898 + seed)) * 43758.5453
    return (0.4 * tones + 0.05 * (noise - np.floor(noise))).astype(np.float32)


def rounded(values: np.ndarray | torch.Tensor) -> list[float]:
    """Numbers with seven digits, so that the file stays small."""
    return [float(f"{value:.7g}") for value in np.asarray(values, dtype=np.float64).ravel()]


def probabilities(logits: np.ndarray, options: dict) -> list[float]:
    """What transformers would choose by."""
    processors = LogitsProcessorList()
    if "repetitionPenalty" in options:
        processors.append(RepetitionPenaltyLogitsProcessor(options["repetitionPenalty"]))
    if "temperature" in options:
        processors.append(TemperatureLogitsWarper(options["temperature"]))
    if "topK" in options:
        processors.append(TopKLogitsWarper(options["topK"]))
    if "topP" in options:
        processors.append(TopPLogitsWarper(options["topP"]))
    previous = torch.tensor([options.get("previous", [])], dtype=torch.long)
    scores = processors(previous, torch.tensor(logits)[None])
    return rounded(torch.softmax(scores, -1))


def main() -> None:
    """Compute and write."""
    resampled = [
        {
            "from": old,
            "to": new,
            "seed": seed,
            "values": rounded(torchaudio.functional.resample(torch.tensor(sound(seed, 400)), old, new)),
        }
        for seed, (old, new) in enumerate(RATES)
    ]
    filters = []
    for mels, bins, scale, norm in [(13, 129, "htk", None), (20, 101, "slaney", "slaney")]:
        bank = torchaudio.functional.melscale_fbanks(bins, 20.0, 7600.0, mels, 16000, norm, scale)
        described = {"mels": mels, "bins": bins, "scale": scale, "normalised": norm is not None}
        filters.append({**described, "values": rounded(bank.T)})
    extractor = WhisperFeatureExtractor(feature_size=80, chunk_length=1)
    features = extractor(sound(9, 16000), sampling_rate=16000, return_tensors="np")["input_features"][0]
    spectrum = torch.stft(
        torch.tensor(sound(4, 800)), 400, 160, window=torch.hann_window(400), return_complex=True
    )
    logits = np.random.default_rng(8).standard_normal(40).astype(np.float32) * 3
    recorded = {
        "resampled": resampled,
        "filters": filters,
        "whisper": {"seed": 9, "samples": 16000, "step": 10, "values": rounded(features[:, ::10].T)},
        "stft": {
            "seed": 4,
            "samples": 800,
            "real": rounded(spectrum.real.T),
            "imaginary": rounded(spectrum.imag.T),
        },
        "sampling": {
            "logits": rounded(logits),
            "cases": [
                {"options": options, "probabilities": probabilities(logits, options)} for options in SAMPLING
            ],
        },
        "versions": {"torch": torch.__version__, "torchaudio": torchaudio.__version__},
    }
    path = Path(__file__).with_name("recorded_ends.json")
    path.write_text(json.dumps(recorded, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
