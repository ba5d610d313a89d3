"""What writes a case of TensorFlow's operators: its graph, inputs, and results (write_files.py)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from google.protobuf import text_format
from tensorflow.python.framework import convert_to_constants

R = tf.raw_ops
random = np.random.default_rng(7)
files: dict[str, np.ndarray] = {}


def floats(*shape: int, low: float = -2, high: float = 2) -> np.ndarray:
    # Few digits, which compress well.
    return (np.round(random.uniform(low, high, shape) * 64) / 64).astype(np.float32)


def ints(*shape: int, low: int = -9, high: int = 10, dtype: Any = np.int32) -> np.ndarray:
    return random.integers(low, high, shape).astype(dtype)


def case(
    name: str,
    function: Callable[..., Any],
    *inputs: np.ndarray,
    free: Sequence[tuple[int, int]] = (),
    lower: bool = False,
    fixed: Sequence[int] = (),
) -> None:
    """Add a case: outputs are called out0, out1 and so on, inputs x0 and so on.

    `free` are axes (input, axis) of no declared extent. `lower`: control flow as Switch and Merge. `fixed`
    are inputs that the test makes constants.
    """
    specs = []
    for index, array in enumerate(inputs):
        shape = [None if (index, axis) in free else extent for axis, extent in enumerate(array.shape)]
        specs.append(tf.TensorSpec(shape, array.dtype, name=f"x{index}"))

    @tf.function(input_signature=specs)
    def wrapped(*arguments: Any) -> list[Any]:
        results = function(*arguments)
        results = results if isinstance(results, list | tuple) else [results]
        return [tf.identity(result, name=f"out{index}") for index, result in enumerate(results)]

    concrete = wrapped.get_concrete_function()
    expected = concrete(*map(tf.constant, inputs))
    concrete = convert_to_constants.convert_variables_to_constants_v2(concrete, lower_control_flow=lower)
    graph = concrete.graph.as_graph_def()
    outputs = [tensor.name for tensor in concrete.outputs]
    for index, output in enumerate(outputs):
        node = graph.node.add(name=f"out{index}_", op="Identity", input=[output.removesuffix(":0")])
        node.attr["T"].type = concrete.outputs[index].dtype.as_datatype_enum
    add(name, graph, inputs, [value.numpy() for value in expected], fixed)


def add(
    name: str,
    graph: Any,
    inputs: Sequence[np.ndarray],
    expected: Sequence[np.ndarray],
    fixed: Sequence[int] = (),
) -> None:
    for node in [*graph.node, *(node for function in graph.library.function for node in function.node_def)]:
        for attribute in [key for key in node.attr if key.startswith("_")]:
            del node.attr[attribute]
        node.ClearField("experimental_debug_info")
    for function in graph.library.function:
        function.arg_attr.clear()
    graph.ClearField("debug_info") if hasattr(graph, "debug_info") else None
    files[f"{name}/graph"] = np.frombuffer(graph.SerializeToString(deterministic=True), np.uint8)
    for index, array in enumerate(inputs):
        files[f"{name}/x{index}"] = array
    for index, array in enumerate(expected):
        files[f"{name}/out{index}"] = np.asarray(array)
    if fixed:
        files[f"{name}/fixed"] = np.array(fixed)


def graph_case(name: str, text: str, inputs: Sequence[np.ndarray], outputs: Sequence[str]) -> None:
    """Add a case of a graph as text, whose inputs are Placeholders x0, x1, …"""
    graph = text_format.Parse(text, tf.compat.v1.GraphDef())
    for index, array in enumerate(inputs):
        node = graph.node.add(name=f"x{index}", op="Placeholder")
        node.attr["dtype"].type = tf.as_dtype(array.dtype).as_datatype_enum
        node.attr["shape"].shape.CopyFrom(tf.TensorShape(array.shape).as_proto())
    with tf.Graph().as_default() as origin, tf.compat.v1.Session() as session:
        tf.import_graph_def(graph, name="")
        feeds = {f"x{index}:0": array for index, array in enumerate(inputs)}
        types = [origin.get_tensor_by_name(output).dtype for output in outputs]
        expected = session.run(list(outputs), feeds)
    for index, (output, dtype) in enumerate(zip(outputs, types, strict=True)):
        node = graph.node.add(name=f"out{index}_", op="Identity", input=[output])
        node.attr["T"].type = dtype.as_datatype_enum
    add(name, graph, inputs, expected)


def v1_case(name: str, function: Callable[..., Any], *inputs: np.ndarray) -> None:
    """Add a case of TensorFlow 1, whose control flow is made of Switch and Merge."""
    with tf.Graph().as_default() as origin, tf.compat.v1.Session() as session:
        tf.compat.v1.disable_control_flow_v2()
        tf.compat.v1.disable_tensor_equality()
        places = [
            tf.compat.v1.placeholder(array.dtype, array.shape, f"x{i}") for i, array in enumerate(inputs)
        ]
        results = function(*places)
        results = results if isinstance(results, list | tuple) else [results]
        outputs = [tf.identity(result, name=f"out{index}_") for index, result in enumerate(results)]
        expected = session.run(outputs, dict(zip(places, inputs, strict=True)))
        graph = origin.as_graph_def()
        tf.compat.v1.enable_control_flow_v2()
    add(name, graph, inputs, expected)
