"""The graph that TF.js gets: nothing in it depends on constants alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from nets.builder import NetBuilder
from numpy.typing import NDArray
from tfjs_graph import ConstantWorkError, TfjsGraph, Type
from tfjs_model import write_tfjs_model

WORDS, FEATURES = 11, 6


def test_a_graph_with_work_over_constants_is_refused(tmp_path: Path) -> None:
    graph = TfjsGraph()
    x = graph.placeholder("x", "float32", [2, 3])
    table = graph.constant(np.ones((3, 2), np.float32), "table")
    order = graph.constant(np.array([1, 0]), "order")
    turned = graph.node("Transpose", "turned", [table, order], T=Type("DT_FLOAT"))
    graph.node("AddV2", "sum", [x, turned], T=Type("DT_FLOAT"))
    with pytest.raises(ConstantWorkError, match=r"Transpose \(turned\)$"):
        graph.write(tmp_path)
    assert not list(tmp_path.iterdir())


def test_constants_are_folded_and_products_swap_axes_themselves(tmp_path: Path) -> None:
    """As in a decoder whose output matrix is its transposed embedding, and whose positions are constant."""
    net = NetBuilder("decoder", seed=3)
    ids = net.input("ids", (1, 4), np.array([1, 5, 2, 7]))
    words = net.weight((WORDS, FEATURES), 1.0)
    places = net.node("Gather", net.weight((9, FEATURES), 1.0), net.constant([[0, 1, 2, 3]], "int64"), axis=0)
    value = net.node("Add", net.node("Gather", words, ids, axis=0), places)
    scores = net.node("MatMul", value, net.node("Transpose", value, perm=(0, 2, 1)))
    mixed = net.node("MatMul", scores, value)
    net.output(net.node("MatMul", mixed, net.node("Transpose", words, perm=(1, 0))), "logits")
    source = tmp_path / "model.onnx"
    net.write(source)
    write_tfjs_model(source, tmp_path)

    content = json.loads((tmp_path / "model.json").read_text(encoding="utf-8"))
    nodes = content["modelTopology"]["node"]
    operators = [node["op"] for node in nodes if node["op"] not in ("Const", "Placeholder", "Reshape")]
    assert operators == ["GatherV2", "AddV2", "BatchMatMulV2", "BatchMatMulV2", "MatMul", "Identity"]
    flags = [
        node["attr"].get("adj_y") or node["attr"].get("transpose_b")
        for node in nodes
        if "MatMul" in node["op"]
    ]
    assert flags == [{"b": True}, {"b": False}, {"b": False}]
    weights = read_weights(content["weightsManifest"][0], tmp_path)
    assert {(WORDS, FEATURES), (FEATURES, WORDS)} <= {array.shape for array in weights.values()}
    # What the graph computes, by NumPy, is what ONNX Runtime computes.
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(source, providers=["CPUExecutionProvider"])
    (expected,) = session.run(None, net.samples)
    values: dict[str, Any] = {**weights, "ids": net.samples["ids"]}
    for node in nodes:
        if node["op"] not in ("Const", "Placeholder"):
            values[node["name"]] = compute(node, [values[name] for name in node["input"]])
    np.testing.assert_allclose(values[nodes[-1]["name"]], expected, rtol=1e-4, atol=1e-4)


def read_weights(manifest: dict[str, Any], folder: Path) -> dict[str, NDArray[Any]]:
    """The weights of a graph model by name."""
    data = b"".join((folder / path).read_bytes() for path in manifest["paths"])
    found, offset = {}, 0
    for entry in manifest["weights"]:
        count = int(np.prod(entry["shape"]))
        array: NDArray[Any] = np.frombuffer(data, entry["dtype"], count, offset).reshape(entry["shape"])
        found[entry["name"]] = array
        offset += array.nbytes
    return found


def compute(node: dict[str, Any], inputs: list[Any]) -> Any:
    """What TensorFlow's operator computes."""
    flag = node["attr"].get("adj_y") or node["attr"].get("transpose_b")
    match node["op"]:
        case "GatherV2":
            return np.take(inputs[0], inputs[1], axis=inputs[2].item())
        case "AddV2":
            return inputs[0] + inputs[1]
        case "Reshape":
            return inputs[0].reshape(inputs[1])
        case "BatchMatMulV2" | "MatMul":
            return inputs[0] @ (inputs[1].swapaxes(-1, -2) if flag["b"] else inputs[1])
        case "Identity":
            return inputs[0]
    raise NotImplementedError(node["op"])
