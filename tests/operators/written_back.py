"""Graphs of the exporter as ONNX models again, so that ONNX Runtime can run what passes made of them."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import helper, numpy_helper

from texelflow.graph import Graph, Value
from texelflow.graph.onnx_dtypes import onnx_number

ARRAYS = {
    "float32": np.float32,
    "float64": np.float64,
    "int64": np.int64,
    "int32": np.int32,
    "bool": np.bool_,
}


def written_back(graph: Graph) -> onnx.ModelProto:
    """Return a model that computes what the graph does; its sizes are numbers, its nodes those of ONNX."""
    names: dict[Value, str] = {value: value.name for value in (*graph.inputs, *graph.outputs)}
    constants: dict[Value, onnx.TensorProto] = {}
    computed = {output for node in graph.nodes for output in node.outputs}

    def name(value: Value | None) -> str:
        if value is None:
            return ""
        names.setdefault(value, f"value_{len(names)}")
        if value not in computed and value not in graph.inputs and value not in constants:
            constants[value] = numpy_helper.from_array(_array(value), names[value])
        return names[value]

    nodes = [
        helper.make_node(
            node.operator, [*map(name, node.inputs)], [*map(name, node.outputs)], **node.attributes
        )
        for node in graph.nodes
    ]
    inputs = [helper.make_tensor_value_info(v.name, onnx_number(v.dtype), v.shape) for v in graph.inputs]
    outputs = [helper.make_tensor_value_info(v.name, onnx_number(v.dtype), None) for v in graph.outputs]
    content = helper.make_graph(nodes, "written_back", inputs, outputs, [*constants.values()])
    return helper.make_model(content, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


def _array(value: Value) -> np.ndarray:
    dtype = ARRAYS[value.dtype]
    if value.constant is not None:
        return np.frombuffer(value.constant.tobytes(), dtype).reshape(value.shape)
    return np.array(value.elements, dtype).reshape(value.shape)
