"""Random LSTM, GRU and RNN layers, against ONNX Runtime's own.

Written out step by step here; repeated, where a run decides how many steps there are, in a browser.
"""

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
from texelflow.passes import decompose_operators, simplify

LAYERS = 150
GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}
FUNCTIONS = {"LSTM": 3, "GRU": 2, "RNN": 1}
WITH_ALPHA = ("Affine", "LeakyRelu", "ThresholdedRelu", "ScaledTanh", "HardSigmoid", "Elu")
WITH_BETA = ("Affine", "ScaledTanh", "HardSigmoid")
ACTIVATIONS = (*WITH_ALPHA, "Relu", "Tanh", "Sigmoid", "Softsign", "Softplus")


def _attributes(source: random.Random, operator: str, hidden: int) -> dict[str, Any]:
    direction = source.choice(("forward", "reverse", "bidirectional"))
    attributes: dict[str, Any] = {"hidden_size": hidden, "direction": direction}
    if source.random() < 0.5:
        count = FUNCTIONS[operator] * (1 + (direction == "bidirectional"))
        names = [source.choice(ACTIVATIONS) for _ in range(count)]
        attributes["activations"] = names
        for key, users in (("activation_alpha", WITH_ALPHA), ("activation_beta", WITH_BETA)):
            numbers = [source.choice((0.25, 0.5, 0.75)) for name in names if name in users]
            attributes |= {key: numbers} if numbers else {}
    if source.random() < 0.3:
        attributes["clip"] = 0.75
    if operator == "LSTM" and source.random() < 0.25:
        attributes["input_forget"] = 1
    if operator == "GRU" and source.random() < 0.5:
        attributes["linear_before_reset"] = 1
    return attributes


def random_layer(
    source: random.Random, free: bool = False
) -> tuple[onnx.ModelProto, list[dict[str, np.ndarray]]]:
    """Return a model of one layer, its weights constant, and inputs for it; if `free`, of several lengths."""
    numbers = np.random.default_rng(source.randrange(2**32))
    operator = source.choice(tuple(GATES))
    length, batch = source.choice((1, 2, 5)), source.choice((1, 3))
    size, hidden = source.choice((2, 5)), source.choice((3, 4))
    attributes = _attributes(source, operator, hidden)
    directions = 1 + (attributes["direction"] == "bidirectional")
    rows = GATES[operator] * hidden

    def draw(*shape: int) -> np.ndarray:
        return (numbers.standard_normal(shape) * 0.5).astype(np.float32)

    constants = {"w": draw(directions, rows, size), "r": draw(directions, rows, hidden)}
    feeds = {"x": draw(length, batch, size)}
    lengths = (length, 4, 1, 7) if free else (length,)
    inputs = ["x", "w", "r", "", "", "", "", ""][: 8 if operator == "LSTM" else 6]
    if source.random() < 0.6:
        inputs[3], constants["b"] = "b", draw(directions, 2 * rows)
    if source.random() < 0.4:
        inputs[4], feeds["lengths"] = "lengths", numbers.integers(1, length + 1, batch).astype(np.int32)
    if source.random() < 0.5:
        inputs[5], feeds["h"] = "h", draw(directions, batch, hidden)
    if operator == "LSTM" and source.random() < 0.5:
        inputs[6], feeds["c"] = "c", draw(directions, batch, hidden)
    if operator == "LSTM" and source.random() < 0.4:
        inputs[7], constants["p"] = "p", draw(directions, 3 * hidden)
    outputs = ["y", "y_h", "y_c"][: 3 if operator == "LSTM" else 2]
    graph = helper.make_graph(
        [helper.make_node(operator, inputs, outputs, **attributes)],
        "layer",
        [
            helper.make_tensor_value_info(
                name,
                TensorProto.INT32 if name == "lengths" else TensorProto.FLOAT,
                ["length", batch, size] if free and name == "x" else array.shape,
            )
            for name, array in feeds.items()
        ],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    runs = [feeds, *({**feeds, "x": draw(count, batch, size)} for count in lengths[1:])]
    if "lengths" in feeds:
        for run in runs:
            run["lengths"] = numbers.integers(1, len(run["x"]) + 1, batch).astype(np.int32)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10), runs


def test_random_layers(tmp_path: Path) -> None:
    source = random.Random(11)
    for _ in range(LAYERS):
        model, [feeds] = random_layer(source)
        expected = onnxruntime.InferenceSession(model.SerializeToString()).run(None, feeds)
        path = tmp_path / "layer.onnx"
        onnx.save(model, path)
        graph = read_model(path)
        simplify(graph)
        assert not {node.operator for node in graph.nodes} & GATES.keys()
        results = onnxruntime.InferenceSession(written_back(graph).SerializeToString()).run(None, feeds)
        for result, wanted in zip(results, expected, strict=True):
            np.testing.assert_allclose(result, wanted, rtol=1e-4, atol=1e-5, err_msg=str(model.graph.node))


WEIGHTS = "float[1,8,3] w = {" + ",".join(["1"] * 24) + "}, float[1,8,2] r = {" + ",".join(["1"] * 16) + "}"

REFUSALS = [
    ("float[0,1,3] x", "", "its sequence has no steps; at least 1 is needed"),
    ("float[5,1,4] x", "", "the inputs of its weights and of the sequence differ: 3 and 4"),
    ("float[5,1,3] x", "hidden_size = 3", "the hidden states and hidden_size differ: 2 and 3"),
    ("float[5,1,3] x", 'direction = "both"', "direction is 'both'; one of forward, reverse, bidirectional"),
    (
        "float[5,1,3] x",
        'direction = "bidirectional"',
        "the directions of its weights and of the layer differ",
    ),
    ("float[5,1,3] x", 'activations = ["Tanh"]', "has 1 activations; 3 are expected"),
    ("float[5,1,3] x", 'activations = ["Tanh", "Tanh", "Sin"]', "its activation 'Sin' is unknown"),
    (
        "float[5,1,3] x",
        'activations = ["Affine", "Tanh", "Tanh"]',
        "its activation Affine has no activation_alpha, which must be given",
    ),
]


def test_layers_beyond_any_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decompose_operators, "MOST_NODES", 2000)  # the real bound takes minutes to reach
    layers = "".join(f"y{number} = LSTM <hidden_size = 2> (x, w, r) " for number in range(4))
    outputs = ", ".join(f"float[a,b,c,d] y{number}" for number in range(4))
    text = f"g (float[50,1,3] x) => ({outputs}) <{WEIGHTS}> {{ {layers} }}"
    with pytest.raises(ExportError, match="more than 2000 nodes"):
        simplify(read_text(text, tmp_path))


@pytest.mark.parametrize(("given", "attributes", "reason"), REFUSALS)
def test_refusals(tmp_path: Path, given: str, attributes: str, reason: str) -> None:
    text = f"g ({given}) => (float[a,b,c,d] y) <{WEIGHTS}> {{ y = LSTM <{attributes}> (x, w, r) }}"
    with pytest.raises(ExportError, match=reason.replace("(", r"\(")):
        simplify(read_text(text.replace("<> ", ""), tmp_path))
