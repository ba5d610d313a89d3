"""Random DynamicQuantizeLSTM layers, against ONNX Runtime's own."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from operators.microsoft.microsoft_models import Layer, check, exported
from texelflow.errors import ExportError

LAYERS = 40


def random_lstm(source: random.Random) -> Layer:
    """Return a layer of one sequence: of several, threads of ONNX Runtime may have ranges of their own."""
    numbers = np.random.default_rng(source.randrange(2**32))
    direction = source.choice(("forward", "reverse", "bidirectional"))
    directions = 1 + (direction == "bidirectional")
    length, size, hidden = source.choice((1, 2, 5)), source.choice((3, 8)), source.choice((4, 6))
    dtype = source.choice((np.int8, np.uint8))
    attributes: dict[str, object] = {"hidden_size": hidden, "direction": direction}
    if source.random() < 0.3:
        attributes["activations"] = ["HardSigmoid", "Softsign", "Tanh"] * directions
    parts = () if source.random() < 0.5 else (4 * hidden,)

    def whole(*shape: int) -> np.ndarray:
        # Of 7 bits: sums of two products of 8 saturate on some processors.
        low, high = (-64, 64) if dtype is np.int8 else (0, 128)
        return numbers.integers(low, high, shape).astype(dtype)

    def floats(*shape: int) -> np.ndarray:
        return (numbers.standard_normal(shape) * 0.5).astype(np.float32)

    def scale() -> np.ndarray:
        return numbers.uniform(0.005, 0.01, (directions, *parts)).astype(np.float32)

    def zero() -> np.ndarray:
        # ONNX Runtime takes no others for signed weights, or for scales of each column.
        is_zero = dtype is np.int8 or parts
        return np.zeros((directions, *parts), dtype) if is_zero else whole(directions)

    feeds = {"x": floats(length, 1, size)}
    constants = {
        "w": whole(directions, size, 4 * hidden),
        "r": whole(directions, hidden, 4 * hidden),
        "w_s": scale(),
        "w_z": zero(),
        "r_s": scale(),
        "r_z": zero(),
    }
    inputs = ["x", "w", "r", "", "", "", "", "", "w_s", "w_z", "r_s", "r_z"]
    if source.random() < 0.7:
        inputs[3], constants["b"] = "b", floats(directions, 8 * hidden)
    if source.random() < 0.3:
        inputs[4], feeds["lengths"] = "lengths", np.array([source.randint(1, length)], np.int32)
    if source.random() < 0.5:
        inputs[5], feeds["h"] = "h", floats(directions, 1, hidden)
        inputs[6], feeds["c"] = "c", floats(directions, 1, hidden)
    if source.random() < 0.3:
        inputs[7], constants["p"] = "p", floats(directions, 3 * hidden)
    return Layer("DynamicQuantizeLSTM", inputs, feeds, constants, attributes, ("y", "y_h", "y_c"))


def test_random_layers(tmp_path: Path) -> None:
    source = random.Random(5)
    for _ in range(LAYERS):
        check(random_lstm(source), tmp_path, atol=2e-5)


@pytest.mark.parametrize(
    ("name", "shape", "reason"),
    [
        ("w_s", (3,), "the directions of its scales and weights differ"),
        ("w_s", (1, 5), "do not broadcast together"),
        ("r", (1, 4, 15), "the rows of its recurrent weights and 4 times those differ"),
        ("w", (1, 7, 16), "the inputs of its weights and of the sequence differ"),
    ],
)
def test_misfits(name: str, shape: tuple[int, ...], reason: str, tmp_path: Path) -> None:
    layer = random_lstm(random.Random(FORWARD))
    assert layer.constants["w"].shape[0] == 1 and layer.constants["r"].shape[1] == 4
    layer.constants[name] = np.resize(layer.constants[name], shape)
    with pytest.raises(ExportError, match=reason):
        exported(layer.model(), tmp_path)


FORWARD = 3
"""Seed of a layer of one direction and 4 hidden states."""
