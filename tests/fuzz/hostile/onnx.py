"""ONNX files that ask for more than any machine has, or lead elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from onnx import TensorProto, helper


def onnx_model(
    folder: Path, nodes: list[Any], inputs: Any = None, tensors: Any = (), functions: Any = ()
) -> Path:
    graph = helper.make_graph(
        nodes,
        "g",
        inputs or [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2])],
        [helper.make_empty_tensor_value_info("y")],
        tensors,
    )
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid("local", 1)]
    path = folder / "model.onnx"
    model = helper.make_model(graph, opset_imports=opsets, functions=functions, ir_version=10)
    path.write_bytes(model.SerializeToString())
    return path


def many_axes(folder: Path) -> Path:
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[2**31] * 400, raw_data=b"\0\0\0\0")
    return onnx_model(folder, [helper.make_node("Add", ["x", "w"], ["y"])], tensors=[tensor])


def input_of_many_axes(folder: Path) -> Path:
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2] * 10_000)]
    return onnx_model(folder, [helper.make_node("Neg", ["x"], ["y"])], inputs)


def result_of_many_axes(folder: Path) -> Path:
    shape = helper.make_tensor("s", TensorProto.INT64, [400], [2**31] * 399 + [2])
    return onnx_model(folder, [helper.make_node("Expand", ["x", "s"], ["y"])], tensors=[shape])


def names_in_functions(folder: Path) -> Path:
    """A name of a megabyte before those of each node."""
    body = [helper.make_node("Neg", ["v" if not i else f"v{i}"], [f"v{i + 1}"]) for i in range(5000)]
    function = helper.make_function("local", "f", ["v"], ["v5000"], body, [helper.make_opsetid("", 21)])
    call = helper.make_node("f", ["x"], ["y"], name="n" * 2**20, domain="local")
    return onnx_model(folder, [call], functions=[function])


def constants_in_functions(folder: Path) -> Path:
    """A constant of a megabyte for each call."""
    tensor = helper.make_tensor("t", TensorProto.FLOAT, [2**18], bytes(2**20), raw=True)
    body = [helper.make_node("Constant", [], ["c"], value=tensor), helper.make_node("Size", ["c"], ["s"])]
    body += [helper.make_node("CastLike", ["s", "v"], ["t"]), helper.make_node("Add", ["v", "t"], ["r"])]
    function = helper.make_function("local", "f", ["v"], ["r"], body, [helper.make_opsetid("", 21)])
    calls = [
        helper.make_node("f", [f"v{i}" if i else "x"], [f"v{i + 1}" if i < 2999 else "y"], domain="local")
        for i in range(3000)
    ]
    return onnx_model(folder, calls, functions=[function])


def external_shared(folder: Path) -> Path:
    """Tensors that are all the same bytes of a file."""
    (folder / "data.bin").write_bytes(bytes(2**20))
    tensors, nodes = [], []
    for index in range(100):
        tensor = TensorProto(name=f"w{index}", data_type=TensorProto.FLOAT, dims=[2**18])
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="data.bin")
        tensors.append(tensor)
        nodes.append(helper.make_node("ReduceSum", [tensor.name], [f"s{index}" if index else "y"]))
    return onnx_model(folder, nodes, tensors=tensors)


def linked_data(folder: Path) -> Path:
    """Data behind a link that leads out of the folder."""
    (folder / "inside").mkdir()
    (folder / "secret").write_bytes(bytes(8))
    (folder / "inside" / "data.bin").symlink_to(folder / "secret")
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[2])
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="data.bin")
    return onnx_model(folder / "inside", [helper.make_node("Add", ["x", "w"], ["y"])], tensors=[tensor])


HOSTILE: dict[Callable[[Path], Path], str] = {
    many_axes: "it has 400 axes; at most 64",
    input_of_many_axes: "input 'x' has 10000 axes; at most 64",
    result_of_many_axes: "it makes 400 axes; at most 64",
    names_in_functions: "the names of calls are too long",
    constants_in_functions: "functions expand to more than 256 MiB",
    external_shared: "more than 16 times its bytes",
    linked_data: "is not inside the model's folder",
}
