"""DFT, STFT and MelWeightMatrix decomposed, against ONNX Runtime and NumPy."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from model_support import read_text
from operators.written_back import written_back
from texelflow.errors import ExportError
from texelflow.importers import read_model
from texelflow.passes import simplify

LAYERS = 60


def _model(
    operator: str,
    feeds: dict[str, np.ndarray],
    constants: list[np.ndarray | None],
    opset: int = 20,
    **attributes: Any,
) -> onnx.ModelProto:
    names = ["" if array is None else f"constant_{index}" for index, array in enumerate(constants)]
    node = helper.make_node(operator, [*feeds, *names], ["y"], **attributes)
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, array.shape) for name, array in feeds.items()
    ]
    graph = helper.make_graph(
        [node],
        "signal",
        inputs,
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [
            numpy_helper.from_array(array, name)
            for array, name in zip(constants, names, strict=True)
            if array is not None
        ],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)


def _decomposed(model: onnx.ModelProto, feeds: dict[str, np.ndarray], tmp_path: Path) -> np.ndarray:
    path = tmp_path / "signal.onnx"
    onnx.save(model, path)
    graph = read_model(path)
    simplify(graph)
    assert not {node.operator for node in graph.nodes} & {"DFT", "STFT", "MelWeightMatrix"}
    [result] = onnxruntime.InferenceSession(written_back(graph).SerializeToString()).run(None, feeds)
    return np.asarray(result)


def _expected(model: onnx.ModelProto, feeds: dict[str, np.ndarray]) -> np.ndarray:
    [result] = onnxruntime.InferenceSession(model.SerializeToString()).run(None, feeds)
    return np.asarray(result)


def test_random_transforms(tmp_path: Path) -> None:
    source = random.Random(3)
    for _ in range(LAYERS):
        shape = [source.choice((1, 3)), source.choice((1, 4, 9, 16)), source.choice((2, 5, 8))]
        parts, inverse = source.choice((1, 2)), source.random() < 0.4
        onesided = int(parts == 1 and not inverse and source.random() < 0.5)
        numbers = np.random.default_rng(source.randrange(2**32))
        feeds = {"x": numbers.standard_normal((*shape, parts)).astype(np.float32)}
        axis = source.choice((0, 1, 2, -2, -3))
        length = None if source.random() < 0.5 else np.int64(source.choice((1, 4, 7, 12)))
        attributes = {"inverse": int(inverse), "onesided": onesided}
        model = _model("DFT", feeds, [length, np.int64(axis)], **attributes)
        expected = _expected(model, feeds)
        result = _decomposed(model, feeds, tmp_path)
        np.testing.assert_allclose(result, expected, rtol=1e-4, atol=1e-4, err_msg=str(model.graph.node))


@pytest.mark.parametrize("length", [None, 5, 8, 11])
@pytest.mark.parametrize("extent", [2, 5])
def test_real_signals_of_half_spectra(length: int | None, extent: int, tmp_path: Path) -> None:
    """Of which ONNX Runtime has none: NumPy's irfft."""
    numbers = np.random.default_rng(1)
    feeds = {"x": numbers.standard_normal((3, extent, 2)).astype(np.float32)}
    constant = None if length is None else np.int64(length)
    model = _model("DFT", feeds, [constant, np.int64(1)], inverse=1, onesided=1)
    spectrum = feeds["x"][..., 0] + 1j * feeds["x"][..., 1]
    expected = np.fft.irfft(spectrum, n=length, axis=1)[..., None]
    np.testing.assert_allclose(_decomposed(model, feeds, tmp_path), expected, rtol=1e-4, atol=1e-5)


def test_older_opset(tmp_path: Path) -> None:
    feeds = {"x": np.random.default_rng(1).standard_normal((2, 6, 4, 1)).astype(np.float32)}
    model = _model("DFT", feeds, [], opset=17)
    np.testing.assert_allclose(
        _decomposed(model, feeds, tmp_path), _expected(model, feeds), rtol=1e-4, atol=1e-4
    )


def test_random_spectra_of_frames(tmp_path: Path) -> None:
    source = random.Random(4)
    for _ in range(LAYERS):
        size, step, length = source.choice((1, 4, 7, 16)), source.choice((1, 3, 8)), source.choice((16, 40))
        onesided = source.choice((0, 1))
        parts = 1 if onesided else source.choice((1, 2))
        numbers = np.random.default_rng(source.randrange(2**32))
        feeds = {"x": numbers.standard_normal((source.choice((1, 2)), length, parts)).astype(np.float32)}
        if parts == 1 and source.random() < 0.3:
            feeds["x"] = feeds["x"][..., 0]
        window = numbers.standard_normal(size).astype(np.float32) if source.random() < 0.6 else None
        given = np.int64(size) if window is None or source.random() < 0.5 else None
        constants = [np.int64(step), window, given]
        model = _model("STFT", feeds, constants, 17, onesided=onesided)
        expected = _expected(model, feeds)
        result = _decomposed(model, feeds, tmp_path)
        np.testing.assert_allclose(result, expected, rtol=1e-4, atol=1e-4, err_msg=str(model.graph.node))


@pytest.mark.parametrize(
    ("bands", "length", "rate", "low", "high"), [(8, 64, 8192, 0, 4096), (20, 512, 16000, 60, 7600)]
)
def test_bands(bands: int, length: int, rate: int, low: float, high: float, tmp_path: Path) -> None:
    numbers = [np.int64(bands), np.int64(length), np.int64(rate), np.float32(low), np.float32(high)]
    model = _model("MelWeightMatrix", {}, [np.asarray(number) for number in numbers], 17)
    np.testing.assert_allclose(_decomposed(model, {}, tmp_path), _expected(model, {}), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("size", [400, 441, 1024])
def test_long_frames(size: int, tmp_path: Path) -> None:
    """Against NumPy, in 64 bits: where the length is no power of 2, ONNX Runtime has four digits."""
    numbers = np.random.default_rng(size)
    feeds = {"x": numbers.uniform(-2, 2, (1, 2000, 1)).astype(np.float32)}
    window = np.hanning(size).astype(np.float32)
    model = _model("STFT", feeds, [np.int64(160), window, None], 17, onesided=1)
    samples = feeds["x"][0, :, 0].astype(np.float64)
    frames = [samples[first : first + size] * window for first in range(0, 2000 - size + 1, 160)]
    spectra = np.fft.rfft(np.stack(frames), axis=-1)
    expected = np.stack([spectra.real, spectra.imag], -1)[None]
    result = _decomposed(model, feeds, tmp_path)
    np.testing.assert_allclose(result, expected, rtol=0, atol=1e-6 * np.abs(expected).max())


REFUSALS = [
    ("float[2,8,3] x", "DFT(x)", "is not 1 \\(real\\) or 2 \\(complex\\)"),
    ("float[2,8,1] x", "DFT(x, , two)", "axis 2 is the last one"),
    ("float[2,8,1] x, int64[m] n", "DFT(x, n)", "its dft_length is computed from data"),
    ("float[2,8,1] x, float[9] w", "STFT(x, two, w)", "the length of its signal, without a frame,"),
    ("float[2,8,1] x, float[3] w", "STFT(x, zero, w)", "frame_step is 0; at least 1 is needed"),
]


@pytest.mark.parametrize(("inputs", "call", "reason"), REFUSALS)
def test_refusals(inputs: str, call: str, reason: str, tmp_path: Path) -> None:
    text = f"g ({inputs}) => (float[a] y) <int64 two = {{2}}, int64 zero = {{0}}> {{ y = {call} }}"
    with pytest.raises(ExportError, match=reason):
        simplify(read_text(text, tmp_path))
