"""Weights rounded on export: the bytes by NumPy, the results by ONNX Runtime on the rounded weights."""

from __future__ import annotations

import time
from array import array
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper
from playwright.sync_api import Page

import texelflow
from browser_support import PageServer
from bundle_runner import LoadedBundle
from kernels.sheet import run_reference
from settings import FEWEST, SETTINGS
from texelflow import export
from texelflow.graph.quantized import BLOCK, NotFiniteError, to_4_bits, to_8_bits


def rounded(weights: np.ndarray, bits: int, axis: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return numbers [rows, columns], scales [rows, blocks], and the weights that they stand for."""
    rows = np.moveaxis(weights, axis, 0)
    flat = rows.reshape(len(rows), -1).astype(np.float64)
    block = flat.shape[1] if bits == 8 else BLOCK
    parts = np.pad(flat, ((0, 0), (0, -flat.shape[1] % block))).reshape(len(rows), -1, block)
    high, low = parts.max(2), parts.min(2)
    ends = np.maximum(high, -low) / 127 if bits == 8 else np.where(high > -low, high, low) / -8
    scales = ends.astype(np.float32)
    tiny = np.abs(scales) < 2.0**-126
    scales[tiny] = 1
    numbers = np.rint(parts * np.where(tiny, 0, 1 / scales.astype(np.float64))[:, :, None])
    numbers = np.minimum(numbers, 127 if bits == 8 else 7)
    back = (numbers.astype(np.float32) * scales[:, :, None]).reshape(len(rows), -1)[:, : flat.shape[1]]
    numbers = numbers.reshape(len(rows), -1)[:, : flat.shape[1]].astype(np.int8)
    return numbers, scales, np.moveaxis(back.reshape(rows.shape), 0, axis)


def some_weights(generator: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    weights = generator.standard_normal(shape) * 10.0 ** generator.integers(-3, 3)
    weights[0] = generator.choice([0.0, 1e-40, 2.0**-130, 1.0])
    return weights.astype(np.float32)


def test_numbers_are_those_of_numpy() -> None:
    generator = np.random.default_rng(1)
    for _ in range(60):
        rows, columns = (int(extent) for extent in generator.integers(1, 90, 2))
        weights = some_weights(generator, (rows, columns))
        floats = array("f", weights.tobytes())
        down = to_8_bits(floats, [[slice(row * columns, (row + 1) * columns)] for row in range(rows)])
        across = to_8_bits(floats, [[slice(column, None, columns)] for column in range(columns)])
        for result, axis in ((down, 0), (across, 1)):
            numbers, scales, back = rounded(weights, 8, axis)
            assert result.numbers == np.moveaxis(numbers, 0, axis).tobytes()
            assert result.scales == scales.tobytes()
            error = np.abs(weights.astype(np.float64) - back)
            assert result.worst == pytest.approx(error.max(), rel=1e-4, abs=1e-44)
            assert result.mean == pytest.approx(error.mean(), rel=1e-4, abs=1e-44)
            assert result.largest == np.abs(weights).max()
        result = to_4_bits(floats, [slice(row * columns, (row + 1) * columns) for row in range(rows)])
        numbers, scales, back = rounded(weights, 4, 0)
        halves = np.pad(numbers, ((0, 0), (0, columns % 2))).astype(np.uint8) & 15
        assert result.numbers == (halves[:, ::2] | halves[:, 1::2] << 4).tobytes()
        assert result.scales == scales.tobytes()
        assert result.worst == pytest.approx(np.abs(weights - back).max(), rel=1e-4, abs=1e-44)


@pytest.mark.parametrize("number", [np.inf, -np.inf, np.nan])
def test_what_is_not_finite_is_refused(number: float) -> None:
    for place in range(3):
        floats = array("f", [1.0, 2.0, 3.0])
        floats[place] = number
        with pytest.raises(NotFiniteError):
            to_8_bits(floats, [[slice(None)]])
        with pytest.raises(NotFiniteError):
            to_4_bits(floats, [slice(None)])


def test_many_are_rounded_in_seconds() -> None:
    floats = array("f", np.random.default_rng(2).standard_normal(250_000).astype(np.float32).tobytes())
    start = time.process_time()
    to_8_bits(floats, [[slice(column, None, 500)] for column in range(500)])
    to_4_bits(floats, [slice(row * 500, (row + 1) * 500) for row in range(500)])
    assert time.process_time() - start < 2  # 25 million of each in minutes at most, on a slow machine


LAYERS: dict[str, tuple[str, tuple[int, ...], tuple[int, ...], int, bool, dict[str, Any]]] = {
    # Operator, shapes of its input and weights, the axis of their rows, whether 4 bits serve, attributes.
    "matrix": ("MatMul", (3, 48), (48, 40), 1, True, {}),
    "odd": ("MatMul", (2, 3, 37), (37, 33), 1, True, {}),
    "connected": ("Gemm", (3, 80), (24, 80), 0, True, {"transB": 1}),
    "windows": ("Conv", (1, 12, 6, 5), (20, 12, 3, 3), 0, False, {"pads": [1] * 4}),
    "points": ("Conv", (1, 40, 6, 5), (36, 40, 1, 1), 0, True, {"strides": [2, 2]}),
    "few channels": ("Conv", (1, 3, 6, 9), (40, 3, 3, 3), 0, False, {}),
    "depthwise": ("Conv", (1, 64, 6, 9), (64, 1, 5, 5), 0, False, {"group": 64}),
    "transposed": ("ConvTranspose", (1, 16, 4, 5), (16, 12, 3, 3), 1, False, {"strides": [2, 2]}),
}

VOCABULARY, WIDTH = 70, 32


def make_model(weights: Mapping[str, np.ndarray]) -> onnx.ModelProto:
    """Return all layers side by side, one normalised, and a language model with one matrix at both ends."""
    nodes, inputs = [], []
    for name, (operator, shape, _, _, _, attributes) in LAYERS.items():
        inputs.append(helper.make_tensor_value_info(f"{name}.x", 1, shape))
        result = f"{name}.y" if name != "windows" else "sums"
        nodes.append(helper.make_node(operator, [f"{name}.x", name], [result], **attributes))
    nodes.append(helper.make_node("BatchNormalization", ["sums", *(["ones"] * 4)], ["windows.y"]))
    inputs.append(helper.make_tensor_value_info("tokens", 7, (1, "length")))
    nodes.append(helper.make_node("Gather", ["table", "tokens"], ["embedded"]))
    for part in ("q", "k", "v"):
        nodes.append(helper.make_node("MatMul", ["embedded", part], [f"{part}.product"]))
        nodes.append(helper.make_node("Add", [f"{part}.product", "bias"], [f"{part}.y"]))
    nodes.append(helper.make_node("Transpose", ["table"], ["head"], perm=[1, 0]))
    nodes.append(helper.make_node("MatMul", ["v.y", "head"], ["logits"]))
    names = [*(f"{name}.y" for name in LAYERS), "q.y", "k.y", "logits"]
    constants = {**weights, "ones": np.linspace(0.5, 2, 20), "bias": np.linspace(-1, 1, WIDTH)}
    graph = helper.make_graph(
        nodes,
        "weights",
        inputs,
        [helper.make_empty_tensor_value_info(name) for name in names],
        [numpy_helper.from_array(array_.astype(np.float32), name) for name, array_ in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    return onnx.shape_inference.infer_shapes(model)


@pytest.mark.parametrize("bits", [8, 4])
def test_results_are_those_of_rounded_weights(
    bits: int, bundle_page: Page, page_server: PageServer, tmp_path: Path
) -> None:
    generator = np.random.default_rng(3)
    kinds = {name: (shape, axis, halves) for name, (_, _, shape, axis, halves, _) in LAYERS.items()}
    kinds |= {"table": ((VOCABULARY, WIDTH), 0, True)} | dict.fromkeys("qkv", ((WIDTH, WIDTH), 1, True))
    weights = {name: some_weights(generator, shape) for name, (shape, _, _) in kinds.items()}
    chosen = {name: bits if halves else 8 for name, (_, _, halves) in kinds.items()}
    back = {name: rounded(weights[name], chosen[name], axis)[2] for name, (_, axis, _) in kinds.items()}
    onnx.save(make_model(weights), tmp_path / "model.onnx")
    onnx.save(make_model(back), tmp_path / "rounded.onnx")
    feeds = {
        f"{name}.x": generator.standard_normal(shape).astype(np.float32)
        for name, (_, shape, *_) in LAYERS.items()
    }
    feeds["tokens"] = generator.integers(0, VOCABULARY, (1, 6))
    expected = run_reference(tmp_path / "rounded.onnx", feeds)

    original = export(tmp_path / "model.onnx", tmp_path / "original")
    summary = export(tmp_path / "model.onnx", tmp_path / "bundle", weights=f"int{bits}")
    assert {weight.name: weight.bits for weight in summary.quantized} == chosen
    for weight in summary.quantized:
        error = np.abs(weights[weight.name].astype(np.float64) - back[weight.name])
        assert weight.worst == pytest.approx(error.max(), rel=1e-4)
    # What is left besides are scales and biases, more of them than in models of use.
    assert summary.weight_bytes < 0.32 * original.weight_bytes
    url = page_server.mount(f"/rounded{bits}", tmp_path)
    for setting in FEWEST:
        device = SETTINGS[setting]
        tolerance = 1e-2 if device.get("storage") == 16 else 1e-5
        with LoadedBundle(bundle_page, f"{url}/bundle", device) as bundle:
            results = bundle.run(feeds)
            textures = bundle.texture_bytes()
        for name, array_ in expected.items():
            error = np.abs(results[name] - array_).max()
            assert error <= tolerance * np.abs(array_).max(), (setting, name, error)
        if setting == "default":
            with LoadedBundle(bundle_page, f"{url}/original", device) as bundle:
                # First layers and depthwise ones are decoded at load.
                assert textures["weights"] < 0.45 * bundle.texture_bytes()["weights"]


@pytest.mark.parametrize("columns", [64, 67])
def test_parameters_are_those_of_the_model(tmp_path: Path, columns: int) -> None:
    """However many bits they are stored in: no words, scales or padding."""
    generator = np.random.default_rng(3)
    shapes = {"table": (50, columns), "matrix": (columns, 40), "window": (32, 40, 3, 3), "bias": (32,)}
    nodes = [
        helper.make_node("Gather", ["table", "tokens"], ["rows"]),
        helper.make_node("MatMul", ["rows", "matrix"], ["mixed"]),
        helper.make_node("Transpose", ["mixed"], ["turned"], perm=[0, 3, 1, 2]),
        helper.make_node("Conv", ["turned", "window", "bias"], ["y"], pads=[1, 1, 1, 1]),
    ]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("tokens", onnx.TensorProto.INT64, [1, 4, 4])],
        [helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [1, 32, 4, 4])],
        [
            numpy_helper.from_array(generator.standard_normal(shape).astype(np.float32), name)
            for name, shape in shapes.items()
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    own = sum(int(np.prod(shape)) for shape in shapes.values())
    for weights in ("float32", "float16", "int8", "int4"):
        summary = texelflow.inspect(model, weights=weights)
        assert summary.parameters == own, weights
        assert bool(summary.quantized) == weights.startswith("int")
