"""Compares the models that `random_keras.py` wrote with what Keras computed: `compare_keras.py FOLDER`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime

from texelflow import ExportError, convert


def difference(source: Path, arrays: dict[str, np.ndarray]) -> str:
    """Return what is wrong with a model, converted and in ONNX Runtime; nothing if all is right."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            [file] = convert(source, Path(folder) / "model.onnx")
        except ExportError as error:
            return f"refused: {error}"
        session = onnxruntime.InferenceSession(file)
    given = [array for name, array in arrays.items() if name.startswith("in_")]
    expected = [array for name, array in arrays.items() if name.startswith("out_")]
    feeds = dict(zip([value.name for value in session.get_inputs()], given, strict=True))
    for index, (actual, array) in enumerate(zip(session.run(None, feeds), expected, strict=True)):
        if actual.shape != array.shape:
            return f"result {index} has the shape {actual.shape}, not {array.shape}"
        if not np.allclose(actual, array, rtol=1e-4, atol=2e-5, equal_nan=True):
            return f"result {index} is off by {np.abs(actual - array).max():.3g}"
    return ""


def main() -> int:
    wrong = 0
    for source in sorted(Path(sys.argv[1]).glob("*.npz")):
        arrays = dict(np.load(source))
        for ending in (".h5", ".keras"):
            reason = difference(source.with_suffix(ending), arrays)
            wrong += bool(reason)
            if reason:
                print(source.with_suffix(ending).name, reason, flush=True)
    print(wrong, "wrong")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
