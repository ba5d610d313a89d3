"""Freezes a bundle of the format's current version: `python tests/bundle/formats/freeze.py`.

Done once for each version, and then the bundle never changes: what later exporters and runtimes make of it is
what users with old bundles see.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnx.parser
import onnxruntime
from onnx import numpy_helper

import texelflow
from texelflow.bundle.reader import FORMAT_VERSION

FOLDER = Path(__file__).parent

MODEL = """
<ir_version: 10, opset_import: ["" : 21]>
frozen (float[N, 3, 8, 8] picture, float[M, 4] bonus) => (float[N, 4] scores, int64[N] best)
{
    features = Conv <pads = [1, 1, 1, 1]> (picture, kernel, bias)
    active = Relu(features)
    left, right = Split <axis = 1, num_outputs = 2> (active)
    gated = Mul(left, right)
    pooled = GlobalAveragePool(gated)
    flat = Flatten(pooled)
    logits = Gemm(flat, matrix, shift)
    raised = Add(logits, bonus)
    scores = Softmax <axis = 1> (raised)
    best = ArgMax <axis = 1, keepdims = 0> (scores)
}
"""

WEIGHTS = {"kernel": (16, 3, 3, 3), "bias": (16,), "matrix": (8, 4), "shift": (4,)}

LABELS = ("ant", "bee", "cat", "dog")


def feeds() -> dict[str, np.ndarray]:
    """Return the inputs of the run whose results are frozen, too."""
    return {"picture": _numbers(2, 3, 8, 8), "bonus": _numbers(1, 4)}


def _numbers(*shape: int) -> np.ndarray:
    count = np.prod(shape)
    return (np.arange(count) * 37 % 101 / 101).astype(np.float32).reshape(shape)


def main() -> None:
    """Export the model and write ONNX Runtime's results beside it."""
    model = onnx.parser.parse_model(MODEL)
    for name, shape in WEIGHTS.items():
        model.graph.initializer.append(numpy_helper.from_array(_numbers(*shape) - np.float32(0.5), name))
    target = FOLDER / str(FORMAT_VERSION)
    with tempfile.TemporaryDirectory() as temporary:
        source = Path(temporary) / "frozen.onnx"
        onnx.save(model, source)
        labels = Path(temporary) / "labels.txt"
        labels.write_text("\n".join(LABELS))
        texelflow.export(source, target, labels=labels, image="0..1")
        scores, best = onnxruntime.InferenceSession(source).run(["scores", "best"], feeds())
    results = {"scores": scores.tolist(), "best": best.tolist()}
    (target / "results.json").write_text(json.dumps(results) + "\n")


if __name__ == "__main__":
    main()
