"""Says of each model that write_models.py wrote to a folder whether it is right, wrong or refused.

Run by hand; ONNX Runtime computes what `convert` makes of it:

    python tests/importers/language_models/check_models.py FOLDER
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime

from texelflow import ExportError, convert


def verdict(folder: Path) -> str:
    """Return what comes of a model, run once, and once more from its cache."""
    expected = np.load(folder / "results.npz")
    with tempfile.TemporaryDirectory() as made:
        path = Path(made) / "model.onnx"
        try:
            convert(folder, path)
        except ExportError as error:
            return f"refused: {error.message}"
        session = onnxruntime.InferenceSession(path)
    batch = len(expected["tokens"])
    cache = {
        value.name: np.zeros((batch, value.shape[1], 0, value.shape[3]), np.float32)
        for value in session.get_inputs()[1:]
    }
    for tokens, logits in (("tokens", "logits"), ("next", "next_logits")):
        made_now = session.run(None, {"input_ids": expected[tokens], **cache})
        error = np.abs(made_now[0] - expected[logits]).max() / np.abs(expected[logits]).max()
        if not error < 1e-4:
            return f"WRONG by {error:.2g} at {tokens}"
        cache = dict(zip(cache, made_now[1:], strict=True))
    return "right"


if __name__ == "__main__":
    for config in sorted(Path(sys.argv[1]).glob("*/config.json")):
        settings = json.loads(config.read_text())
        print(config.parent.name, settings["model_type"], said := verdict(config.parent))
        if said.startswith("WRONG"):
            print("   ", json.dumps(settings))
