"""Axes longer than any texture's side, at free extents and at fixed ones, against ONNX Runtime."""

from __future__ import annotations

import re

import numpy as np
import onnx.parser
import pytest
from onnx import numpy_helper
from playwright.sync_api import Page

from browser_support import PageServer
from free_sizes.trials import Fault, Trial, ask_reference, run_trials

HEADER = '<ir_version: 10, opset_import: ["" : 21]>\n'

CASES: dict[str, tuple[str, list[int]]] = {
    "convolutions of samples": (
        """g (float[1, 3, N] x, float[8, 3, 5] w, float[8] b, float[4, 8, 3] v) => (y) {
            a = Conv<pads = [2, 2]>(x, w, b)
            r = Relu(a)
            y = Conv<strides = [2]>(r, v)
        }""",
        [200_000, 20],
    ),
    "depthwise, grouped and transposed": (
        """g (float[1, 8, N] x, float[8, 1, 3] w, float[8, 4, 3] g, float[8, 2, 2] t) => (y, z) {
            a = Conv<group = 8, pads = [1, 1]>(x, w)
            y = Conv<group = 2, dilations = [2]>(a, g)
            z = ConvTranspose<strides = [2]>(a, t)
        }""",
        [33_001, 9],
    ),
    "pooling": (
        """g (float[1, 5, N] x) => (y, z, s) {
            y = MaxPool<kernel_shape = [3], strides = [2]>(x)
            z = AveragePool<kernel_shape = [5], pads = [2, 2]>(x)
            s = GlobalAveragePool(x)
        }""",
        [33_000, 7],
    ),
    "rows of a matrix": (
        """g (float[N, 12] x, float[12, 6] w, float[6] b) => (y, s, t) {
            m = MatMul(x, w)
            y = Add(m, b)
            s = Softmax(y)
            t = Transpose<perm = [1, 0]>(s)
        }""",
        [50_000, 3],
    ),
    "inner size of a product": (
        "g (float[2, N] x, float[N, 5] w) => (y) { y = MatMul(x, w) }",
        [100_000, 6],
    ),
    "columns of a product": (
        "g (float[3, 8] x, float[N, 8] w) => (y) { t = Transpose<perm = [1, 0]>(w) y = MatMul(x, t) }",
        [40_000, 6],
    ),
    "normalization of points": (
        """g (float[1, N, 12] x, float[12] s, float[N] u) => (y, z) {
            y = LayerNormalization<axis = -1>(x, s)
            t = Transpose<perm = [0, 2, 1]>(x)
            z = LayerNormalization<axis = -1>(t, u)
        }""",
        [40_000, 5],
    ),
    "a wide image": (
        """g (float[1, 4, 3, N] x, float[6, 4, 3, 3] w) => (y, z, p) {
            y = Conv<pads = [1, 1, 1, 1]>(x, w)
            scales = Constant<value_floats = [1.0, 1.0, 1.0, 2.0]>()
            z = Resize<mode = "linear">(y, , scales)
            pads = Constant<value_ints = [0, 0, 1, 2, 0, 0, 1, 2]>()
            p = Pad<mode = "reflect">(y, pads)
        }""",
        [33_000, 8],
    ),
    "a high image": (
        """g (float[1, 4, N, 3] x, float[6, 4, 3, 3] w, float[6, 1, 3, 3] d) => (y, z, p, m, t, s, c) {
            a = Conv<pads = [1, 1, 1, 1], strides = [1, 1]>(x, w)
            r = Relu(a)
            y = Conv<pads = [1, 1, 1, 1], group = 6>(r, d)
            scales = Constant<value_floats = [1.0, 1.0, 2.0, 1.0]>()
            z = Resize<mode = "linear">(r, , scales)
            pads = Constant<value_ints = [0, 0, 1, 2, 0, 0, 1, 2]>()
            p = Pad<mode = "reflect">(r, pads)
            m = MaxPool<kernel_shape = [3, 1], strides = [2, 1]>(r)
            t = Transpose<perm = [0, 3, 2, 1]>(r)
            s = GlobalAveragePool(r)
            c = Concat<axis = 2>(m, r)
        }""",
        [17_001, 6],
    ),
    "high images, and softmax of their rows": (
        """g (float[2, 1, N, 10] x, float[12, 1, 5, 5] w, float[5, 12, 1, 1] v, float[5, 3, 3, 3] t)
            => (y, z) {
            a = Conv<strides = [1, 2], pads = [2, 2, 2, 2]>(x, w)
            r = Sigmoid(a)
            b = Conv(r, v)
            y = Softmax<axis = 1>(b)
            z = ConvTranspose<strides = [2, 1]>(b, t)
        }""",
        [17_003, 9],
    ),
    "parts and reductions": (
        """g (float[1, 6, N] x, float[1, 6, 3] e) => (y, s, c, h) {
            first = Constant<value_ints = [1]>()
            last = Constant<value_ints = [9223372036854775807]>()
            axes = Constant<value_ints = [2]>()
            r = Relu(x)
            m = MaxPool<kernel_shape = [1]>(r)
            part = Slice(m, first, last, axes)
            y = Concat<axis = 2>(part, e, m)
            s = ReduceSum(y, axes)
            channels = Constant<value_ints = [1]>()
            c = ReduceMax(y, channels)
            h = Mul(y, c)
        }""",
        [33_000, 4],
    ),
}


FIXED = ("convolutions of samples", "inner size of a product", "columns of a product")
"""Cases that are tried at a fixed size, too: what else they read are weights then, some of them as long."""


def folder(name: str) -> str:
    """Return a case's name as that of a folder."""
    return re.sub(r"\W+", "_", name)


def trials(name: str) -> list[Trial]:
    """Return the model of a case as it is, and with the first of its sizes fixed."""
    text, sizes = CASES[name]
    made = []
    forms = [("free", sizes, text), ("fixed", sizes[:1], re.sub(r"\bN\b", str(sizes[0]), text))]
    for label, given, written in forms if name in FIXED else forms[:1]:
        model = onnx.parser.parse_model(HEADER + re.sub(r"=> \((.*?)\) {", _typed, written))
        for output in model.graph.output:
            output.type.tensor_type.ClearField("shape")
        random = np.random.default_rng(len(name))
        runs = []
        for size in given:
            arrays = {}
            for value in model.graph.input:
                extents = value.type.tensor_type.shape.dim
                shape = [extent.dim_value if extent.HasField("dim_value") else size for extent in extents]
                arrays[value.name] = (random.standard_normal(shape) / 2).astype(np.float32)
            runs.append(arrays)
        for value in list(model.graph.input)[1:] if label == "fixed" else []:  # weights, as in real models
            model.graph.initializer.append(numpy_helper.from_array(runs[0].pop(value.name), value.name))
            model.graph.input.remove(value)
        made.append(ask_reference(Trial(f"{folder(name)}_{label}", model, runs)))
    return made


def _typed(found: re.Match[str]) -> str:
    return f"=> ({', '.join(f'float {name.strip()}' for name in found[1].split(','))}) {{"


@pytest.fixture(scope="module")
def faults(
    bundle_page: Page, page_server: PageServer, tmp_path_factory: pytest.TempPathFactory
) -> list[Fault]:
    """What all cases do wrong."""
    directory = tmp_path_factory.mktemp("long_axes")
    every = [trial for name in CASES for trial in trials(name)]
    assert not [reason for trial in every for reason in trial.reasons if reason], "not a model"
    return run_trials(bundle_page, page_server.mount("/long_axes", directory), directory, every)


@pytest.mark.parametrize("name", CASES)
def test_long_axis(name: str, faults: list[Fault]) -> None:
    """The results are ONNX Runtime's, whether the axis is free or fixed."""
    own = [fault for fault in faults if fault.trial.name.startswith(folder(name))]
    assert not own, "\n".join(map(str, own))
