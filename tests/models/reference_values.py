"""Reference values beside the models (io.npz), and those that ONNX Runtime computes here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime


@dataclass(frozen=True, slots=True)
class Sample:
    """Every `stride`-th value of an output of `shape`, flattened."""

    values: np.ndarray
    shape: tuple[int, ...]
    stride: int

    def error(self, actual: np.ndarray) -> float:
        """The largest absolute error, divided by the largest magnitude of the reference."""
        assert actual.shape == self.shape
        reference = self.values.ravel().astype(np.float64)
        difference = np.abs(actual.ravel()[:: self.stride].astype(np.float64) - reference)
        assert np.isfinite(difference).all()
        return float(difference.max(initial=0) / max(np.abs(reference).max(initial=0), 1e-12))


@dataclass(frozen=True, slots=True)
class ReferenceCase:
    """Inputs, and the outputs that the origin framework computed."""

    label: str
    inputs: dict[str, np.ndarray]
    outputs: dict[str, Sample]


def reference_cases(folder: Path) -> Iterator[ReferenceCase]:
    """Yield the cases of io.npz in a model's folder."""
    archive = np.load(folder / "io.npz")

    def array(entry: Mapping[str, str]) -> np.ndarray:
        data = archive[entry["key"]]
        return archive[entry["lut"]][data] if "lut" in entry else data

    described = json.loads(bytes(archive["meta_json"]))
    assert described, f"{folder} has no cases"
    for case in described:
        outputs = {
            name: Sample(array(entry), tuple(entry["shape"]), entry.get("flat_stride", 1))
            for name, entry in case["outputs"].items()
        }
        yield ReferenceCase(
            case["label"], {name: array(entry) for name, entry in case["inputs"].items()}, outputs
        )


def run_origin(source: Path, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Run the model in ONNX Runtime on the CPU."""
    session = onnxruntime.InferenceSession(source, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, dict(inputs)), strict=True))


def with_logits(source: Path, target: Path) -> str:
    """Write the model with the input of its last Softmax as another output; return that output's name."""
    model = onnx.load(source)
    softmax = [node for node in model.graph.node if node.op_type == "Softmax"][-1]
    # Through an Identity: as an output of its own the value's type may stay open.
    model.graph.node.append(onnx.helper.make_node("Identity", [softmax.input[0]], ["logits"]))
    dtype = model.graph.output[0].type.tensor_type.elem_type
    model.graph.output.append(onnx.helper.make_tensor_value_info("logits", dtype, None))
    onnx.save(model, target)
    return "logits"


def relative_error(actual: np.ndarray, expected: np.ndarray, channel_axis: int | None = None) -> float:
    """The largest error relative to the largest reference magnitude; with an axis, of its worst channel."""
    assert actual.shape == expected.shape
    if channel_axis is None or expected.ndim <= channel_axis:
        return float(np.abs(actual - expected).max(initial=0) / max(np.abs(expected).max(initial=0), 1e-12))
    axes = tuple(axis for axis in range(expected.ndim) if axis != channel_axis)
    errors = np.abs(actual.astype(np.float64) - expected).max(axis=axes)
    return float((errors / np.maximum(np.abs(expected).max(axis=axes), 1e-12)).max())
