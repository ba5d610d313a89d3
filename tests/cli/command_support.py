"""What the tests of the command line share: the result of a command, and small models."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Result:
    """What a command left behind."""

    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        return json.loads(self.stdout)

    def assert_one_error(self, *fragments: str, code: int = 1) -> None:
        """Assert that it failed with a message that has the fragments, and without a Python traceback."""
        assert self.code == code, self
        assert "Traceback" not in self.stderr, self.stderr
        message = " ".join(self.stderr.split())
        assert message.count("error:") == 1 or code == 2, self.stderr
        for fragment in fragments:
            assert fragment in message, (fragment, message)


RunCommand = Callable[..., Result]


def make_classifier(path: Path, scale: float = 1.0) -> Path:
    """Write a small picture classifier: float32 picture [batch, 3, 8, 8] to scores [batch, 4]."""
    random = np.random.default_rng(3)
    weights = {
        "kernel": random.standard_normal((5, 3, 3, 3)).astype(np.float32),
        "bias": random.standard_normal(5).astype(np.float32),
        "matrix": (random.standard_normal((5, 4)) * scale).astype(np.float32),
        "offset": random.standard_normal(4).astype(np.float32),
    }
    nodes = [
        helper.make_node("Conv", ["picture", "kernel", "bias"], ["features"], "first", pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["features"], ["positive"], "second"),
        helper.make_node("GlobalAveragePool", ["positive"], ["pooled"], "third"),
        helper.make_node("Flatten", ["pooled"], ["vector"], "fourth"),
        helper.make_node("Gemm", ["vector", "matrix", "offset"], ["scores"], "fifth"),
    ]
    picture = helper.make_tensor_value_info("picture", TensorProto.FLOAT, ["batch", 3, 8, 8])
    scores = helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", 4])
    initializers = [numpy_helper.from_array(array, name) for name, array in weights.items()]
    return save_model(path, nodes, [picture], [scores], initializers)


def save_model(
    path: Path,
    nodes: list[onnx.NodeProto],
    inputs: list[onnx.ValueInfoProto],
    outputs: list[onnx.ValueInfoProto],
    initializers: list[onnx.TensorProto] | None = None,
) -> Path:
    """Write an ONNX model of opset 17, with our own domain beside it, without checking it."""
    graph = helper.make_graph(nodes, "graph", inputs, outputs, initializers or [])
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("example.org", 1)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)
    return path
