"""Quantised operators of com.microsoft, against ONNX Runtime's own."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from operators.microsoft.microsoft_models import Arrays, Layer, check, exported, with_free_sizes
from texelflow.errors import ExportError

LAYERS = 30
BYTES = (np.uint8, np.int8)


def _generator(source: random.Random) -> np.random.Generator:
    return np.random.default_rng(source.randrange(2**32))


def _bytes(source: random.Random, dtype: type, *shape: int) -> np.ndarray:
    info = np.iinfo(dtype)
    return _generator(source).integers(info.min, info.max + 1, shape).astype(dtype)


def _weights(source: random.Random, dtype: type, *shape: int) -> np.ndarray:
    """Return the second operand of a product.

    On processors without VNNI, ONNX Runtime sums two products of bytes in 16 bits, which saturate where
    signed ones have all 8 bits: its documentation advises 7.
    """
    numbers = _bytes(source, dtype, *shape)
    return np.asarray(numbers // 2 if dtype is np.int8 else numbers, dtype)


def _quantized(
    source: random.Random, name: str, dtype: type, shape: tuple[int, ...]
) -> tuple[Arrays, Arrays]:
    """Return numbers as feeds, their scale and zero point as constants."""
    scale = np.array(source.uniform(0.01, 0.1), np.float32)
    return {name: _bytes(source, dtype, *shape)}, {f"{name}_s": scale, f"{name}_z": _bytes(source, dtype)}


def _result(source: random.Random, dtype: type, scale: float) -> Arrays:
    return {"y_s": np.array(scale, np.float32), "y_z": _bytes(source, dtype)}


def _inputs(*names: str) -> list[str]:
    return [each for name in names for each in (name, f"{name}_s", f"{name}_z")]


@pytest.mark.parametrize("operator", ["QLinearAdd", "QLinearMul"])
def test_arithmetic(operator: str, tmp_path: Path) -> None:
    source = random.Random(operator)
    for _ in range(LAYERS):
        dtype = source.choice(BYTES)
        shape = tuple(source.choice((1, 3, 4)) for _ in range(source.choice((1, 2, 3))))
        other = tuple(source.choice((1, extent)) for extent in shape)
        (a, of_a), (b, of_b) = (_quantized(source, n, dtype, s) for n, s in (("a", shape), ("b", other)))
        constants = of_a | of_b | _result(source, dtype, 0.1)
        inputs = [*_inputs("a", "b"), "y_s", "y_z"]
        if source.random() < 0.2:
            constants.pop(inputs.pop())
        check(Layer(operator, inputs, a | b, constants), tmp_path, steps=1)


@pytest.mark.parametrize("operator", ["QLinearSigmoid", "QLinearLeakyRelu", "QLinearSoftmax"])
def test_activations(operator: str, tmp_path: Path) -> None:
    source = random.Random(operator)
    for _ in range(LAYERS):
        dtype = source.choice(BYTES)
        shape = tuple(source.choice((1, 3, 4)) for _ in range(source.choice((2, 3))))
        x, of_x = _quantized(source, "x", dtype, shape)
        constants = of_x | _result(source, dtype, 1 / 256 if operator != "QLinearLeakyRelu" else 0.05)
        attributes: dict[str, float | int] = {}
        if operator == "QLinearSoftmax":
            constants["y_z"] = np.array(np.iinfo(dtype).min, dtype)
            attributes = {"opset": source.choice((11, 13)), "axis": source.choice((-1, 1, 0))}
        elif operator == "QLinearLeakyRelu":
            attributes = {"alpha": 0.3}
        check(Layer(operator, [*_inputs("x"), "y_s", "y_z"], x, constants, attributes), tmp_path, steps=1)


@pytest.mark.parametrize("operator", ["QLinearGlobalAveragePool", "QLinearAveragePool"])
def test_pools(operator: str, tmp_path: Path) -> None:
    source = random.Random(operator)
    for _ in range(LAYERS):
        dtype, last = source.choice(BYTES), source.choice((0, 1))
        extents, channels = [source.choice((3, 4, 6)) for _ in range(2)], source.choice((1, 5))
        shape = (2, *extents, channels) if last else (2, channels, *extents)
        x, of_x = _quantized(source, "x", dtype, shape)
        attributes: dict[str, object] = {"channels_last": last}
        if operator == "QLinearAveragePool":
            attributes |= {"kernel_shape": [3, 2], "count_include_pad": source.choice((0, 1))}
            attributes |= {
                "strides": [source.choice((1, 2)), 1],
                "pads": source.choice(([0] * 4, [1, 0, 1, 1])),
            }
            if not last:
                attributes["ceil_mode"] = 0
        constants = of_x | _result(source, dtype, float(of_x["x_s"]))
        constants["y_z"] = of_x["x_z"] + np.array(1, dtype)
        check(Layer(operator, [*_inputs("x"), "y_s", "y_z"], x, constants, attributes), tmp_path, steps=1)


def test_concatenations(tmp_path: Path) -> None:
    source = random.Random(5)
    for _ in range(LAYERS):
        dtype, axis = source.choice(BYTES), source.choice((0, 1, -1))
        feeds, constants, names = {}, _result(source, dtype, 0.05), []
        for name in "abc"[: source.choice((1, 2, 3))]:
            shape = [2, 2, 2]
            shape[axis] = source.choice((1, 3))
            x, of_x = _quantized(source, name, dtype, tuple(shape))
            feeds, constants = feeds | x, constants | of_x
            names.append(name)
        inputs = ["y_s", "y_z", *_inputs(*names)]
        check(Layer("QLinearConcat", inputs, feeds, constants, {"axis": axis}), tmp_path, steps=1)


@pytest.mark.parametrize("operator", ["QuantizeLinear", "DequantizeLinear"])
def test_steps_of_scales(operator: str, tmp_path: Path) -> None:
    source = random.Random(operator)
    for _ in range(LAYERS):
        dtype, shape = source.choice((*BYTES, np.uint16, np.int16)), (2, 3, 4)
        axis = source.choice((0, 1, 2, None))
        of_scale = () if axis is None else (shape[axis],)
        scale = _generator(source).uniform(0.01, 0.1, of_scale).astype(np.float32)
        constants = {"s": scale, "z": _bytes(source, dtype, *of_scale)}
        numbers = _bytes(source, dtype, *shape)
        if operator == "QuantizeLinear":
            numbers = _generator(source).standard_normal(shape).astype(np.float32)
        attributes = {} if axis is None else {"axis": axis}
        inputs = ["x", "s", "z"]
        if source.random() < 0.2 and (operator == "DequantizeLinear" or dtype == np.uint8):
            inputs.pop(), constants.pop("z")
        check(Layer(operator, inputs, {"x": numbers}, constants, attributes), tmp_path, atol=1e-4, steps=1)


def _of_columns(source: random.Random, dtype: type, columns: int) -> Arrays:
    """Return scale and zero point of b: one for all, or one for each column."""
    shape = source.choice(((), (columns,)))
    scale = _generator(source).uniform(0.01, 0.1, shape).astype(np.float32)
    return {"b_s": scale, "b_z": _bytes(source, dtype, *shape)}


def test_products_as_floats(tmp_path: Path) -> None:
    source = random.Random(7)
    for _ in range(2 * LAYERS):
        is_dynamic = source.random() < 0.5
        rows, inner, columns = (source.choice((1, 3, 8)) for _ in range(3))
        leading = source.choice(((), (2,)))
        dtype = source.choice(BYTES)
        constants = {"b": _weights(source, dtype, inner, columns), **_of_columns(source, dtype, columns)}
        bias = {"bias": _generator(source).standard_normal(columns).astype(np.float32)}
        shape = (*leading, rows, inner)
        if is_dynamic:
            operator, inputs = "DynamicQuantizeMatMul", ["a", "b", "b_s", "b_z", "bias"]
            a = {"a": _generator(source).standard_normal(shape).astype(np.float32)}
        else:
            operator, inputs = "MatMulIntegerToFloat", ["a", "b", "a_s", "b_s", "a_z", "b_z", "bias"]
            a, of_a = _quantized(source, "a", source.choice((np.uint8, dtype)), shape)
            constants |= of_a
        if source.random() < 0.5:
            inputs.pop()
        else:
            constants |= bias
        check(Layer(operator, inputs, a, constants), tmp_path, atol=1e-3)


def test_quantized_gemms(tmp_path: Path) -> None:
    source = random.Random(8)
    for _ in range(2 * LAYERS):
        rows, inner, columns = (source.choice((1, 3, 8)) for _ in range(3))
        dtype = np.uint8
        of_b = source.choice(BYTES)
        attributes = {"transA": source.choice((0, 1)), "transB": source.choice((0, 1))}
        attributes |= {"alpha": source.choice((1.0, 0.5))}
        a, constants = _quantized(
            source, "a", dtype, (inner, rows) if attributes["transA"] else (rows, inner)
        )
        b = (columns, inner) if attributes["transB"] else (inner, columns)
        constants |= {"b": _weights(source, of_b, *b), **_of_columns(source, of_b, columns)}
        inputs = [*_inputs("a", "b"), "", "", ""]
        if source.random() < 0.6:
            inputs[6] = "c"
            constants["c"] = _generator(source).integers(-999, 999, columns).astype(np.int32)
        if source.random() < 0.6:
            inputs[7:] = ["y_s", "y_z"]
            constants |= _result(source, dtype, 0.7)
        while not inputs[-1]:
            inputs.pop()
        check(Layer("QGemm", inputs, a, constants, attributes), tmp_path, atol=1e-3, steps=1)


def test_quantized_attentions(tmp_path: Path) -> None:
    source = random.Random(9)
    for _ in range(LAYERS):
        batch, length, heads, size, width = (
            source.choice(sizes) for sizes in ((1, 3), (1, 4), (1, 2), (1, 4), (3, 8))
        )
        past = source.choice((0, 3))
        dtype = source.choice(BYTES)
        x, constants = _quantized(source, "x", np.uint8, (batch, length, width))
        columns = 3 * heads * size
        constants |= {"w": _weights(source, dtype, width, columns)}
        of_columns = _of_columns(source, dtype, columns)
        constants |= {"w_s": of_columns["b_s"] / 20, "w_z": of_columns["b_z"]}
        constants["bias"] = _generator(source).standard_normal(columns).astype(np.float32)
        inputs = ["x", "w", "bias", "x_s", "w_s", "", "x_z", "w_z", ""]
        if source.random() < 0.5:
            inputs[5], x["mask"] = "mask", np.ones((batch, past + length), np.int32)
            x["mask"][:, 1:] = _generator(source).integers(0, 2, (batch, past + length - 1))
        outputs = ["y"]
        if past:
            inputs[8], outputs = "past", ["y", "present"]
            x["past"] = _generator(source).standard_normal((2, batch, heads, past, size)).astype(np.float32)
        attributes = {"num_heads": heads, "unidirectional": source.choice((0, 1))}
        while not inputs[-1]:
            inputs.pop()
        check(Layer("QAttention", inputs, x, constants, attributes, outputs), tmp_path, atol=1e-4)


def test_free_sizes(tmp_path: Path) -> None:
    source = random.Random(10)
    feeds = [
        {"a": _generator(source).standard_normal((n, m, 8)).astype(np.float32)} for n, m in ((1, 3), (4, 1))
    ]
    constants = {"b": _weights(source, np.int8, 8, 5), "b_s": np.array(0.02, np.float32)}
    layer = Layer(
        "DynamicQuantizeMatMul", ["a", "b", "b_s"], feeds[0], constants, shapes={"a": ["N", "M", 8]}
    )
    with_free_sizes(layer, feeds[1:], tmp_path, atol=1e-3)

    x, of_x = _quantized(source, "x", np.uint8, (2, 3, 4, 5))
    constants = of_x | _result(source, np.uint8, float(of_x["x_s"]))
    inputs = [*_inputs("x"), "y_s", "y_z"]
    for last in (0, 1):
        shapes = {"x": ["N", "H", "W", 5] if last else ["N", 3, "H", "W"]}
        layer = Layer(
            "QLinearGlobalAveragePool", inputs, x, constants, {"channels_last": last}, shapes=shapes
        )
        exported(layer.model(), tmp_path)


REFUSALS = [
    ("QLinearAdd", ["x", "s", "z", "i", "s", "z", "s", "z"], "its operands have different types"),
    ("QLinearAdd", ["x", "s2", "z", "x", "s", "z", "s", "z"], "one number of float32 is needed"),
    ("QLinearSigmoid", ["x", "s", "iz", "s", "z"], "one number of uint8 is needed"),
    ("QLinearConcat", ["s", "z", "x", "s", "z", "x"], "2 and 3 for each operand"),
    ("MatMulIntegerToFloat", ["x", "x", "s2", "s"], "the scale of its first operand"),
    ("QGemm", ["x", "s", "z", "x", "s", "z", "f"], "int32 is needed"),
    ("QGemm", ["x", "s", "z", "x", "s", "z", "", "s"], "both or none are needed"),
    ("DynamicQuantizeMatMul", ["x", "x", "s"], "float32 is needed"),
]


@pytest.mark.parametrize(("operator", "inputs", "reason"), REFUSALS)
def test_refusals(operator: str, inputs: list[str], reason: str, tmp_path: Path) -> None:
    arrays: Arrays = {
        "x": np.zeros((4, 4), np.uint8),
        "i": np.zeros((4, 4), np.int8),
        "f": np.zeros(4, np.float32),
        "s": np.array(0.1, np.float32),
        "s2": np.full(2, 0.1, np.float32),
        "z": np.array(3, np.uint8),
        "iz": np.array(3, np.int8),
    }
    feeds = {name: arrays[name] for name in dict.fromkeys(inputs) if name}
    attributes = {"axis": 0} if operator == "QLinearConcat" else {}
    with pytest.raises(ExportError, match=reason):
        exported(Layer(operator, inputs, feeds, attributes=attributes).model(), tmp_path)
