"""GroupNorm, SkipGroupNorm and NhwcConv of com.microsoft.

ONNX Runtime has them on GPUs only: they are compared with NumPy, and with ONNX's Conv.
"""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from numeric import run_model

from operators.microsoft.microsoft_models import Arrays, Layer, assert_same, exported, normal, run_graph
from texelflow.errors import ExportError


def _normal(x: np.ndarray, arrays: Arrays, groups: int, epsilon: float) -> np.ndarray:
    """Return the group normalisation of [N, C, H, W]."""
    view = x.reshape(x.shape[0], groups, -1)
    upright = (view - view.mean(2, keepdims=True)) / np.sqrt(view.var(2, keepdims=True) + epsilon)
    each = (1, -1, 1, 1)
    return upright.reshape(x.shape) * arrays["gamma"].reshape(each) + arrays["beta"].reshape(each)


def test_group_norms(tmp_path: Path) -> None:
    source = random.Random(1)
    for case in range(30):
        batch, groups, members = source.choice((1, 2)), source.choice((1, 2)), source.choice((1, 3))
        channels, skips, last = groups * members, source.random() < 0.6, source.choice((0, 1))
        x = normal(source, batch, channels, 3, 4)
        arrays = {name: normal(source, channels) for name in ("gamma", "beta", "bias")}
        inputs, total = ["x", "gamma", "beta"], x
        if skips:
            inputs.append("skip")
            form = source.choice(((batch, channels, 3, 4), (batch, channels, 1, 1), (batch, channels)))
            arrays["skip"] = normal(source, *form)
            total = x + arrays["skip"].reshape(*form, *[1] * (4 - len(form)))
            if source.random() < 0.5:
                inputs.append("bias")
                total = total + arrays["bias"].reshape(1, -1, 1, 1)
        activates = source.choice((0, 1))
        attributes = {"groups": groups, "activation": activates, "channels_last": last, "epsilon": 1e-3}
        wanted = _normal(total, arrays, groups, 1e-3)
        if activates:
            wanted = wanted / (1 + np.exp(-wanted))
        images = {"x": x, "y": wanted, "sum": total}
        if "skip" in arrays and arrays["skip"].ndim == 4:
            images["skip"] = arrays.pop("skip")
        if last:
            images = {
                name: np.ascontiguousarray(image.transpose(0, 2, 3, 1)) for name, image in images.items()
            }
        constants = {name: array for name, array in arrays.items() if name in inputs}
        feeds = {name: images[name] for name in ("x", "skip") if name in images}
        outputs = ["y", "sum"] if skips and source.random() < 0.5 else ["y"]
        shapes = {"x": ["N", "H", "W", channels] if last else ["N", channels, "H", "W"]} if case % 2 else {}
        operator = "SkipGroupNorm" if skips else "GroupNorm"
        layer = Layer(operator, inputs, feeds, constants, attributes, outputs, shapes)
        expected = {name: images[name] for name in outputs}
        assert_same(exported(layer.model(), tmp_path), feeds, expected, atol=1e-4)


def test_convolution_with_channels_last(tmp_path: Path) -> None:
    source = random.Random(2)
    x, w, b = normal(source, 2, 4, 6, 5), normal(source, 6, 2, 3, 3), normal(source, 6)
    attributes = {"group": 2, "strides": [2, 1], "pads": [1, 0, 1, 1], "kernel_shape": [3, 3]}
    first = Layer("Conv", ["x", "w", "b"], {"x": x}, {"w": w, "b": b}, attributes, domain="")
    wanted = run_model(first.model(), {"x": x})["y"].transpose(0, 2, 3, 1)
    feeds, constants = {"x": x.transpose(0, 2, 3, 1)}, {"w": w.transpose(0, 2, 3, 1), "b": b}
    last = Layer("NhwcConv", ["x", "w", "b"], feeds, constants, attributes, shapes={"x": ["N", "H", "W", 4]})
    result = run_graph(exported(last.model(), tmp_path), {"x": np.ascontiguousarray(feeds["x"])})["y"]
    np.testing.assert_allclose(result, wanted, rtol=1e-4, atol=1e-5)


REFUSALS = [
    ({"groups": 3, "activation": 0}, "is not a multiple of 3"),
    ({"groups": 0, "activation": 0}, "groups is 0; at least 1 is needed"),
    ({"groups": 2, "activation": 2}, r"activation is 2; 0 or 1 \(SiLU\) is expected"),
]


@pytest.mark.parametrize(("attributes", "reason"), REFUSALS)
def test_refusals(attributes: dict[str, int], reason: str, tmp_path: Path) -> None:
    feeds = {"x": np.zeros((1, 3, 3, 4), np.float32), "g": np.zeros(4, np.float32)}
    layer = Layer("GroupNorm", ["x", "g", "g"], feeds, attributes=attributes)
    with pytest.raises(ExportError, match=reason):
        exported(layer.model(), tmp_path)
