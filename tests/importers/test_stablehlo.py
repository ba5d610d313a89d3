"""StableHLO's operators in files of TensorFlow Lite: what they are lowered to computes what JAX does."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from pytorch_files.packed_files import load
from tflite_models.stablehlo_cases import CASES, Written

from texelflow.conversion.convert import convert

PROGRAMS, ARRAYS = load(Path(__file__).parent / "tflite_models" / "stablehlo.tar.xz")
NAMES = sorted(name.removesuffix(".tflite") for name in PROGRAMS)


def arrays_of(name: str, side: str) -> list[np.ndarray]:
    keys = [key for key in ARRAYS if key.startswith(f"{name}/{side}")]
    return [ARRAYS[key] for key in sorted(keys)]


def compare(content: bytes, inputs: list[np.ndarray], outputs: list[np.ndarray], folder: Path) -> None:
    """Fail unless what the model is converted to makes these outputs in ONNX Runtime."""
    path = folder / "model.tflite"
    path.write_bytes(content)
    convert(path, folder / "model.onnx")
    session = onnxruntime.InferenceSession(folder / "model.onnx")
    given = {item.name: inputs[int(re.findall(r"x(\d)", item.name)[-1])] for item in session.get_inputs()}
    for made, wanted in zip(session.run(None, given), outputs, strict=True):
        assert made.shape == wanted.shape
        np.testing.assert_allclose(made, wanted, 1e-5, 1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_as_jax(name: str, tmp_path: Path) -> None:
    compare(PROGRAMS[f"{name}.tflite"], arrays_of(name, "x"), arrays_of(name, "y"), tmp_path)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_as_litert_or_numpy(case: Written, tmp_path: Path) -> None:
    compare(case.content, case.inputs, case.expected(), tmp_path)
