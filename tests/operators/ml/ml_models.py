"""Models of one node of ai.onnx.ml, and what the exporter makes of them, both run by ONNX Runtime."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx.printer
import onnxruntime
from onnx import TensorProto, helper

from operators.written_back import written_back
from texelflow.graph import Graph
from texelflow.importers import read_model
from texelflow.passes import simplify

DOMAIN = "ai.onnx.ml"


def one_node(
    operator: str,
    feeds: dict[str, np.ndarray],
    outputs: dict[str, int],
    opset: int = 3,
    **attributes: Any,
) -> onnx.ModelProto:
    """Return a model of one node; `outputs` has ONNX's number of each output's type by name."""
    node = helper.make_node(operator, [*feeds], [*outputs], domain=DOMAIN, **attributes)
    inputs = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)
        for name, array in feeds.items()
    ]
    infos = [helper.make_tensor_value_info(name, kind, None) for name, kind in outputs.items()]
    graph = helper.make_graph([node], operator, inputs, infos)
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid(DOMAIN, opset)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10)


CLASSIFIED = {"labels": TensorProto.INT64, "scores": TensorProto.FLOAT}
CLASSIFIED_BY_TEXT = {"labels": TensorProto.STRING, "scores": TensorProto.FLOAT}
SCORED = {"y": TensorProto.FLOAT}


def simplified(model: onnx.ModelProto, folder: Path, feeds: dict[str, np.ndarray] | None = None) -> Graph:
    """Return the graph of a model without ai.onnx.ml; the inputs have the shapes of `feeds`."""
    path = folder / "model.onnx"
    onnx.save(model, path)
    shapes = {name: array.shape for name, array in (feeds or {}).items()}
    graph = read_model(path, shapes)
    simplify(graph)
    assert not any(node.domain for node in graph.nodes)
    return graph


def assert_alike(
    model: onnx.ModelProto, feeds: dict[str, np.ndarray], folder: Path, *, atol: float = 1e-5
) -> Graph:
    """Let the model and what is made of it give the same; texts are compared with labels."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    expected = onnxruntime.InferenceSession(model.SerializeToString(), options).run(None, feeds)
    graph = simplified(model, folder, feeds)
    results = onnxruntime.InferenceSession(written_back(graph).SerializeToString(), options).run(None, feeds)
    for value, result, wanted in zip(graph.outputs, results, expected, strict=True):
        if isinstance(wanted, list):  # the maps of ZipMap
            assert graph.labels[value] == [*map(str, wanted[0])]
            wanted = np.array([[*row.values()] for row in wanted], np.float32)
        assert result.shape == wanted.shape, str(model.graph.node)
        if wanted.dtype == object:
            texts = np.array(graph.labels[value], object)
            assert texts[result].tolist() == wanted.tolist()
            continue
        assert result.dtype == wanted.dtype
        message = f"{value.name} of {onnx.printer.to_text(model.graph)}"
        np.testing.assert_allclose(result, wanted, rtol=1e-4, atol=atol, err_msg=message)
    return graph
