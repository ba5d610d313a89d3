"""Batch normalisation folded into weights: which nodes remain, and that the numbers stay."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from numeric import assert_same_outputs
from onnx import numpy_helper

from model_support import operators, save_text
from texelflow.graph import Graph
from texelflow.importers import read_model
from texelflow.passes import fuse_batch_normalization, infer_types, simplify

PARAMETERS = ("scale", "shift", "mean", "variance")


def _model(folder: Path, inputs: str, body: str, weights: dict[str, tuple[int, ...]], channels: int) -> Path:
    """Save a model with random weights of the shapes given, besides the parameters of a normalisation."""
    path = save_text(f"g ({inputs}) => (float[A, B, C, D] y) {{ {body} }}", folder)
    model = onnx.load(path)
    model.graph.output[0].type.tensor_type.ClearField("shape")
    random = np.random.default_rng(1)
    for name, shape in {**weights, **dict.fromkeys(PARAMETERS, (channels,))}.items():
        array = random.uniform(0.5, 1.5, shape) * random.choice([1, 1 if name == "variance" else -1], shape)
        model.graph.initializer.append(numpy_helper.from_array(array.astype(np.float32), name))
    onnx.save(model, path)
    return path


def _fuse(path: Path) -> Graph:
    graph = read_model(path)
    infer_types.run(graph)
    fuse_batch_normalization.run(graph)
    return graph


NORMALIZE = "BatchNormalization <epsilon = 0.01> (p, scale, shift, mean, variance)"
IMAGE = "float[N, 4, 7, 7] x"
FOLDED = {
    "conv": (IMAGE, "Conv(x, w)", {"w": (6, 4, 3, 3)}, 6),
    "conv with bias": (IMAGE, "Conv <strides = [2, 2]> (x, w, b)", {"w": (6, 4, 3, 3), "b": (6,)}, 6),
    "grouped conv": (IMAGE, "Conv <group = 2> (x, w)", {"w": (6, 2, 3, 3)}, 6),
    "large conv": (IMAGE, "Conv(x, w, b)", {"w": (1040, 4, 1, 1), "b": (1040,)}, 1040),
    "conv of sequences": ("float[N, 4, 7] x", "Conv(x, w)", {"w": (6, 4, 3)}, 6),
    "transposed conv": (IMAGE, "ConvTranspose(x, w, b)", {"w": (4, 6, 3, 3), "b": (6,)}, 6),
    "grouped transposed conv": (IMAGE, "ConvTranspose <group = 2> (x, w)", {"w": (4, 3, 3, 3)}, 6),
    "gemm": ("float[N, 5] x", "Gemm(x, w, b)", {"w": (5, 3), "b": (3,)}, 3),
    "gemm without bias": ("float[N, 5] x", "Gemm(x, w)", {"w": (5, 3)}, 3),
    "gemm with factors": (
        "float[N, 5] x",
        "Gemm <alpha = 0.5, beta = 2.0, transB = 1> (x, w, b)",
        {"w": (3, 5), "b": (1, 3)},
        3,
    ),
    "matrix product": ("float[N, 5] x", "MatMul(x, w)", {"w": (5, 3)}, 3),
}


@pytest.mark.parametrize("case", FOLDED)
def test_folded(tmp_path: Path, case: str) -> None:
    inputs, product, weights, channels = FOLDED[case]
    path = _model(tmp_path, inputs, f"p = {product} n = {NORMALIZE} y = Relu(n)", weights, channels)
    graph = _fuse(path)
    assert "BatchNormalization" not in operators(graph)
    variable = {id(value) for value in graph.inputs}
    at_run_time = []
    for node in graph.nodes:
        if variable.intersection(map(id, node.inputs)):
            variable.update(map(id, node.outputs))
            at_run_time.append(node.operator)
    host = product.split("(")[0].split(" ")[0]
    assert at_run_time == [host, *(["Add"] if host == "MatMul" else []), "Relu"]
    assert_same_outputs(path, graph, {"N": 2}, 1e-5)
    simplify(graph)
    assert_same_outputs(path, graph, {"N": 2}, 1e-5)


NOT_FOLDED = {
    "no product before": (IMAGE, "p = Exp(x) y = NORM", {}, 4),
    "product read twice": (IMAGE, "p = Conv(x, w) n = NORM y = Add(n, p)", {"w": (6, 4, 3, 3)}, 6),
    "weight from data": (f"{IMAGE}, float[6, 4, 3, 3] w", "p = Conv(x, w) y = NORM", {}, 6),
    "product of stacks": ("float[N, 4, 7] x", "p = MatMul(x, w) y = NORM", {"w": (7, 3)}, 4),
}


@pytest.mark.parametrize("case", NOT_FOLDED)
def test_not_folded(tmp_path: Path, case: str) -> None:
    inputs, body, weights, channels = NOT_FOLDED[case]
    path = _model(tmp_path, inputs, body.replace("NORM", NORMALIZE), weights, channels)
    graph = _fuse(path)
    assert "BatchNormalization" in operators(graph)
    simplify(graph)
    assert "BatchNormalization" not in operators(graph)  # its operator decomposes it
    assert_same_outputs(path, graph, {"N": 2}, 1e-5)


def test_product_that_is_an_output(tmp_path: Path) -> None:
    path = _model(tmp_path, IMAGE, f"p = Conv(x, w) y = {NORMALIZE}", {"w": (6, 4, 3, 3)}, 6)
    model = onnx.load(path)
    model.graph.output.append(onnx.helper.make_tensor_value_info("p", onnx.TensorProto.FLOAT, None))
    onnx.save(model, path)
    assert operators(_fuse(path)) == ["Conv", "BatchNormalization"]
