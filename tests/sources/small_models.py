"""Small models, as bytes, for the tests of sources."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def make_model(scale: float = 2.0, location: str = "") -> tuple[onnx.ModelProto, bytes]:
    """Return a model y = x·weights, and its external data, which lies at `location` if that is not empty."""
    weights = np.arange(600, dtype=np.float32).reshape(20, 30) * scale
    tensor = numpy_helper.from_array(weights, "weights")
    if location:
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in (("location", location), ("offset", "0"), ("length", str(weights.nbytes))):
            tensor.external_data.add(key=key, value=value)
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "weights"], ["y"])],
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["rows", 20])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["rows", 30])],
        [tensor],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return model, weights.tobytes()


def model_bytes(scale: float = 2.0) -> bytes:
    return make_model(scale)[0].SerializeToString()
