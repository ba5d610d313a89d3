"""Gelu and its kin, fused products and normalisations of com.microsoft, against ONNX Runtime's own."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from scipy.special import erf

from operators.microsoft.microsoft_models import Layer, check, exported, run_graph, with_free_sizes
from texelflow.errors import ExportError

CASES = 12


def _draw(source: random.Random) -> np.random.Generator:
    return np.random.default_rng(source.randrange(2**32))


def _numbers(numbers: np.random.Generator, *shape: int) -> np.ndarray:
    return numbers.standard_normal(shape).astype(np.float32)


def _shape(source: random.Random) -> tuple[int, ...]:
    return tuple(source.choice((1, 2, 3, 5)) for _ in range(source.choice((1, 2, 3, 4))))


@pytest.mark.parametrize("operator", ["Gelu", "FastGelu", "BiasGelu", "QuickGelu"])
def test_gelus(operator: str, tmp_path: Path) -> None:
    source = random.Random(operator)
    for _ in range(CASES):
        numbers, shape = _draw(source), _shape(source)
        feeds = {"x": 2 * _numbers(numbers, *shape)}
        if operator == "BiasGelu" or (operator == "FastGelu" and source.random() < 0.5):
            feeds["b"] = _numbers(numbers, shape[-1])
        attributes = {"alpha": 0.7} if operator == "QuickGelu" and source.random() < 0.5 else {}
        check(Layer(operator, list(feeds), feeds, attributes=attributes), tmp_path)
    feeds = [{"x": _numbers(numbers, n, 4)} for n in (1, 6)]
    if operator == "BiasGelu":
        feeds = [{**feed, "b": _numbers(numbers, 4)} for feed in feeds]
    with_free_sizes(Layer(operator, list(feeds[0]), feeds[0], shapes={"x": ["N", 4]}), feeds[1:], tmp_path)


def test_split_gelu_and_bias_add(tmp_path: Path) -> None:
    numbers = np.random.default_rng(3)
    x, bias, skip = (_numbers(numbers, *shape) for shape in ((2, 3, 8), (8,), (2, 3, 8)))
    layer = Layer("BiasSplitGelu", ["x", "b"], {"x": x}, {"b": bias}, shapes={"x": ["N", "S", 8]})
    linear, gate = np.split(x + bias, 2, axis=2)
    wanted = linear * gate * 0.5 * (1 + erf(gate / np.sqrt(2)))
    result = run_graph(exported(layer.model(), tmp_path), layer.feeds)["y"]
    np.testing.assert_allclose(result, wanted, rtol=1e-4, atol=1e-5)

    layer = Layer("BiasAdd", ["x", "b", "s"], {"x": x, "s": skip}, {"b": bias})
    result = run_graph(exported(layer.model(), tmp_path), layer.feeds)["y"]
    np.testing.assert_allclose(result, x + bias + skip, rtol=1e-5, atol=1e-6)


def test_matrix_products(tmp_path: Path) -> None:
    source = random.Random(5)
    for _ in range(60):
        numbers = _draw(source)
        m, k, n = (source.choice((1, 2, 5)) for _ in range(3))
        batch = tuple(source.choice((1, 3)) for _ in range(source.choice((0, 1, 2))))
        feeds, attributes = {}, {}
        for side, (rows, columns) in {"A": (m, k), "B": (k, n)}.items():
            turned = source.random() < 0.4
            if turned:
                rows, columns = columns, rows
            shape = (*batch, rows, columns)
            if turned:
                attributes[f"trans{side}"] = 1
            if len(batch) > 0 and source.random() < 0.3:
                shape = (shape[-2], *shape[:-2], shape[-1]) if not turned else shape
                if not turned:
                    attributes[f"transBatch{side}"] = 1
            feeds[side] = _numbers(numbers, *shape)
        if source.random() < 0.5:
            attributes["alpha"] = 0.25
        check(Layer("FusedMatMul", ["A", "B"], feeds, attributes=attributes), tmp_path)


def test_gemms(tmp_path: Path) -> None:
    source = random.Random(6)
    parameters = {
        "Relu": (),
        "Sigmoid": (),
        "Softplus": (),
        "Softsign": (),
        "Tanh": (),
        "Elu": ("alpha",),
        "HardSigmoid": ("alpha", "beta"),
        "LeakyRelu": ("alpha",),
        "ThresholdedRelu": ("alpha",),
        "Selu": ("alpha", "gamma"),
    }
    for activation, names in parameters.items():
        for _ in range(3):
            numbers = _draw(source)
            m, k, n = (source.choice((1, 2, 5)) for _ in range(3))
            attributes = {"alpha": 0.5, "beta": source.choice((0.0, 2.0)), "transB": source.choice((0, 1))}
            attributes["activation"] = activation
            attributes |= {f"activation_{name}": 0.3 for name in names}
            feeds = {
                "a": _numbers(numbers, m, k),
                "b": _numbers(numbers, *((n, k) if attributes["transB"] else (k, n))),
                "c": _numbers(numbers, n),
            }
            inputs = ["a", "b", "c"][: source.choice((2, 3))]
            feeds = {name: feeds[name] for name in inputs}
            check(Layer("FusedGemm", inputs, feeds, attributes=attributes), tmp_path)


@pytest.mark.parametrize("simplified", [False, True])
def test_skip_normalizations(simplified: bool, tmp_path: Path) -> None:
    source = random.Random(7 + simplified)
    operator = "SkipSimplifiedLayerNormalization" if simplified else "SkipLayerNormalization"
    for _ in range(3 * CASES):
        numbers = _draw(source)
        batch, length, size = (source.choice((1, 3, 4)) for _ in range(3))
        size *= 4
        feeds = {"x": _numbers(numbers, batch, length, size), "skip": _numbers(numbers, batch, length, size)}
        if not simplified and source.random() < 0.5:
            shape = source.choice(((1, length, size), (length, size)))
            feeds["skip"] = _numbers(numbers, *shape)
        elif source.random() < 0.2:
            feeds = {name: array[0] for name, array in feeds.items()}
        inputs = ["x", "skip", "gamma", "beta", "bias"] if not simplified else ["x", "skip", "gamma", "bias"]
        for index in range(3, len(inputs)):
            if source.random() < 0.5:
                inputs[index] = ""
        constants = {name: _numbers(numbers, size) for name in inputs[2:] if name}
        outputs = source.choice((["y"], ["y", "", "", "sum"]))
        attributes = {"epsilon": source.choice((1e-5, 0.1))}
        check(Layer(operator, inputs, feeds, constants, attributes, outputs), tmp_path)
    gamma = {"gamma": _numbers(numbers, 8)}
    sizes = [{name: _numbers(numbers, *at, 8) for name in ("x", "skip")} for at in ((1, 4), (3, 1))]
    shapes = {name: ["B", "L", 8] for name in ("x", "skip")}
    layer = Layer(operator, ["x", "skip", "gamma"], sizes[0], gamma, {}, ["y", "", "", "sum"], shapes)
    with_free_sizes(layer, sizes[1:], tmp_path)


def test_simplified_normalization(tmp_path: Path) -> None:
    source = random.Random(9)
    for _ in range(CASES):
        numbers, shape = _draw(source), (*_shape(source), 4)
        axis = source.choice((-1, len(shape) - 1))
        feeds, constants = {"x": _numbers(numbers, *shape)}, {"scale": _numbers(numbers, 4)}
        attributes = {"axis": axis, "epsilon": 0.01, "stash_type": 1}
        layer = Layer("SimplifiedLayerNormalization", ["x", "scale"], feeds, constants, attributes, domain="")
        check(layer, tmp_path)


def test_embeddings(tmp_path: Path) -> None:
    source = random.Random(10)
    for case in range(3 * CASES):
        numbers = _draw(source)
        batch, length, size = source.choice((1, 3)), source.choice((1, 4)), source.choice((4, 8))
        ids = numbers.integers(0, 11, (batch, length)).astype(np.int32)
        feeds = {"ids": ids}
        constants = {
            "words": _numbers(numbers, 11, size),
            "places": _numbers(numbers, 6, size),
            "gamma": _numbers(numbers, size),
            "beta": _numbers(numbers, size),
        }
        inputs = ["ids", "", "words", "places", "", "gamma", "beta", "", ""]
        if source.random() < 0.6:
            inputs[1], inputs[4] = "segments", "kinds"
            feeds["segments"] = numbers.integers(0, 2, (batch, length)).astype(np.int32)
            constants["kinds"] = _numbers(numbers, 2, size)
        if source.random() < 0.5:
            inputs[7] = "mask"
            feeds["mask"] = numbers.integers(0, 2, (batch, length)).astype(np.int32)
        if source.random() < 0.5:
            inputs[8] = "at"
            feeds["at"] = numbers.integers(0, 6, (source.choice((1, batch)), length)).astype(np.int32)
        outputs = source.choice((["y", "count"], ["y", "count", "sum"]))
        shapes = {name: ["B", "L"] for name in ("ids", "segments", "mask")} if case % 2 else {}
        layer = Layer("EmbedLayerNormalization", inputs, feeds, constants, {"epsilon": 1e-5}, outputs, shapes)
        check(layer, tmp_path)


REFUSALS = [
    (
        Layer("FusedGemm", ["x", "x"], {}, attributes={"activation": "Mish"}),
        "activation 'Mish' is not supported",
    ),
    (
        Layer("FusedGemm", ["x", "x"], {}, attributes={"activation": "Elu"}),
        "needs the attribute activation_alpha",
    ),
    (Layer("BiasGelu", ["x", "x"], {}), "rank 1 is needed"),
    (
        Layer("SkipSimplifiedLayerNormalization", ["x", "x", "v"], {}, outputs=["y", "mean"]),
        "is not supported",
    ),
    (Layer("FusedMatMul", ["x", "v"], {}), "the inner extents"),
    (Layer("Inverse", ["x"], {}), "operator com.microsoft::Inverse is not supported"),
]


@pytest.mark.parametrize(("layer", "reason"), REFUSALS)
def test_refusals(layer: Layer, reason: str, tmp_path: Path) -> None:
    arrays = {
        "x": np.zeros((4, 4), np.float32),
        "v": np.zeros(5 if "Mat" in layer.operator else 4, np.float32),
    }
    layer.feeds = {name: arrays[name] for name in dict.fromkeys(layer.inputs)}
    with pytest.raises(ExportError, match=reason):
        exported(layer.model(), tmp_path)
