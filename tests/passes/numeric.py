"""Whether a Graph computes what the model that it came from does, by ONNX Runtime."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx_export import to_onnx

from texelflow.dimensions import substitute
from texelflow.graph import Graph


def run_model(model: onnx.ModelProto, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Run a model without ONNX Runtime's own rewrites; return its outputs by name."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, inputs), strict=True))


def random_inputs(graph: Graph, symbols: dict[str, int]) -> dict[str, np.ndarray]:
    """Return inputs for the graph: floats from 0 to 1, whole numbers below 100."""
    random = np.random.default_rng(7)
    inputs = {}
    for value in graph.inputs:
        shape = [substitute(extent, symbols) for extent in value.shape]
        if value.known_type.is_floating:
            inputs[value.name] = random.uniform(0, 1, shape).astype(value.dtype)
        else:
            inputs[value.name] = random.integers(0, 100, shape).astype(value.dtype)
    return inputs


def assert_same_outputs(path: Path, graph: Graph, symbols: dict[str, int], tolerance: float) -> None:
    """Assert that the graph computes what the model's file does, relative to the largest magnitude."""
    inputs = random_inputs(graph, symbols)
    expected = run_model(onnx.load(path), inputs)
    actual = run_model(to_onnx(graph, symbols), inputs)
    assert list(actual) == list(expected)
    for name, reference in expected.items():
        assert actual[name].shape == reference.shape
        assert np.abs(reference).max() > 0
        assert np.abs(actual[name] - reference).max() <= tolerance * np.abs(reference).max(), name
