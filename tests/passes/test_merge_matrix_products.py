"""Products of one matrix with several constants, computed as one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from numeric import assert_same_outputs
from onnx import numpy_helper

from model_support import operators, save_text
from texelflow.backends.webgl2.passes import rewrite
from texelflow.graph import Graph
from texelflow.importers import read_model
from texelflow.passes import simplify

WEIGHTS = {"a": (16, 8), "b": (16, 24), "c": (16, 12), "a_bias": (8,), "b_bias": (24,), "c_bias": (12,)}
BODY = "p = MatMul(x, a) y = Add(p, a_bias) q = MatMul(x, b) z = Add(b_bias, q)"


def _simplified(folder: Path, body: str, inputs: str = "float[1, N, 16] x") -> tuple[Path, Graph]:
    names = "float[A, B, C] l, float[A, D, E] r"
    path = save_text(f"g ({inputs}) => ({names}) {{ {body} }}", folder)
    model = onnx.load(path)
    random = np.random.default_rng(1)
    for name, shape in WEIGHTS.items():
        array = random.standard_normal(shape).astype(np.float32)
        model.graph.initializer.append(numpy_helper.from_array(array, name))
    onnx.save(model, path)
    graph = read_model(path)
    simplify(graph)
    rewrite(graph)
    return path, graph


def test_merged(tmp_path: Path) -> None:
    body = f"{BODY} l = Transpose <perm = [0, 2, 1]> (y) r = Transpose <perm = [0, 2, 1]> (z)"
    path, graph = _simplified(tmp_path, body)
    # So small constants are joined at export.
    assert operators(graph) == ["MatMul", "Add", "Split", "Transpose", "Transpose"]
    assert_same_outputs(path, graph, {"N": 3}, 1e-5)


TURNED = "l = Transpose <perm = [0, 2, 1]> (y) r = Transpose <perm = [0, 2, 1]> (z)"
NOT_MERGED = {
    "several matrices": (f"{BODY} {TURNED}", "float[N, 4, 16] x"),
    "elementwise reader": (f"{BODY} l = Sigmoid(y) r = Transpose <perm = [0, 2, 1]> (z)", None),
    "outputs": (BODY.replace("y =", "l =").replace("z =", "r ="), None),
    "other left operands": (
        f"w = Exp(x) {BODY.replace('MatMul(x, b)', 'MatMul(w, b)')} {TURNED}",
        None,
    ),
    "parts of other widths": (f"{BODY.replace('b)', 'c)').replace('b_', 'c_')} {TURNED}", None),
    "product read twice": (f"{BODY} l = Transpose <perm = [0, 2, 1]> (y) r = Concat <axis = 2> (z, q)", None),
}


@pytest.mark.parametrize("case", NOT_MERGED)
def test_not_merged(tmp_path: Path, case: str) -> None:
    body, inputs = NOT_MERGED[case]
    path, graph = _simplified(tmp_path, body, inputs or "float[1, N, 16] x")
    assert operators(graph).count("MatMul") == 2
    assert_same_outputs(path, graph, {"N": 3}, 1e-5)
