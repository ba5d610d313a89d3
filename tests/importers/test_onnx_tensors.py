"""Initializers of every element type, wherever a file stores them."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from texelflow.errors import ExportError
from texelflow.graph import Value
from texelflow.graph.constants import unpack_elements
from texelflow.importers import read_model

DTYPES = {
    "float32": [1.5, -2.0, float("inf"), 0.0, 1e-30, 3.0],
    "float64": [1.5, -2.0, 1e300, 0.0, 1e-300, 3.0],
    "float16": [1.5, -2.0, 65504.0, 0.0, 6e-8, 3.0],
    "bfloat16": [1.5, -2.0, 128.0, 0.0, 0.5, 3.0],
    "int8": [0, 1, -1, 127, -128, 5],
    "uint8": [0, 1, 2, 127, 255, 5],
    "int16": [0, 1, -1, 32767, -32768, 5],
    "uint16": [0, 1, 2, 32767, 65535, 5],
    "int32": [0, 1, -1, 2**31 - 1, -(2**31), 5],
    "uint32": [0, 1, 2, 2**31, 2**32 - 1, 5],
    "int64": [0, 1, -1, 2**63 - 1, -(2**63), 5],
    "uint64": [0, 1, 2, 2**63, 2**64 - 1, 5],
    "bool": [True, False, True, True, False, False],
}


def _save(tensor: TensorProto, folder: Path) -> Path:
    tensor.name = "w"
    node = helper.make_node("Identity", ["w"], ["y"])
    output = helper.make_tensor_value_info("y", tensor.data_type, None)
    graph = helper.make_graph([node], "g", [], [output], [tensor])
    path = folder / "model.onnx"
    path.write_bytes(
        helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10
        ).SerializeToString()
    )
    return path


def _read(tensor: TensorProto, folder: Path) -> Value:
    return read_model(_save(tensor, folder)).nodes[0].required(0)


def _code(dtype: str) -> int:
    return TensorProto.DataType.Value({"float32": "FLOAT", "float64": "DOUBLE"}.get(dtype, dtype.upper()))


def _refused(tensor: TensorProto, folder: Path) -> str:
    with pytest.raises(ExportError) as caught:
        read_model(_save(tensor, folder))
    [problem] = caught.value.problems
    assert problem.startswith("initializer 'w': ")
    return problem


@pytest.mark.parametrize("stored", ["raw", "typed"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_element_types(tmp_path: Path, dtype: str, stored: str) -> None:
    array = np.array(DTYPES[dtype], helper.tensor_dtype_to_np_dtype(_code(dtype))).reshape(2, 3)
    if stored == "raw":
        tensor = numpy_helper.from_array(array)
        assert tensor.raw_data
    else:
        tensor = helper.make_tensor("w", _code(dtype), [2, 3], array.ravel().tolist())
        assert not tensor.raw_data
    value = _read(tensor, tmp_path)
    assert str(value.type) == f"{dtype}[2, 3]"
    assert value.constant is not None
    assert value.constant.tobytes() == array.tobytes()
    assert unpack_elements(dtype, value.constant.tobytes()) == array.ravel().tolist()


def _message(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2, len(content)]) + content


def test_float_data_that_is_not_packed(tmp_path: Path) -> None:
    numbers = [1.0, 2.5, -3.0]
    tensor = b"\x08\x03" + b"\x10\x01" + b"".join(b"\x25" + struct.pack("<f", x) for x in numbers)
    tensor += _message(8, b"w")
    assert onnx.TensorProto.FromString(tensor).float_data == numbers  # that is what the bytes say
    node = _message(1, b"w") + _message(2, b"y") + _message(4, b"Identity")
    graph = _message(1, node) + _message(5, tensor) + _message(12, _message(1, b"y"))
    path = tmp_path / "unpacked.onnx"
    path.write_bytes(b"\x08\x08" + _message(7, graph) + _message(8, b"\x10\x15"))
    value = read_model(path).nodes[0].required(0)
    assert value.constant is not None
    assert struct.unpack("<3f", value.constant.tobytes()) == tuple(numbers)


@pytest.mark.parametrize("shape", [(), (0,), (3, 0)])
def test_scalars_and_empty_tensors(tmp_path: Path, shape: tuple[int, ...]) -> None:
    value = _read(numpy_helper.from_array(np.ones(shape, np.float32)), tmp_path)
    assert value.shape == shape
    assert value.constant is not None
    assert value.constant.bytes_count == 4 * int(np.prod(shape))


def _tensor(**fields: Any) -> TensorProto:
    return TensorProto(**{"data_type": TensorProto.FLOAT, "dims": [2, 3], **fields})


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"raw_data": bytes(23)}, "float32[2, 3] has 24 bytes, but 23 are stored"),
        ({"raw_data": bytes(28)}, "but 28 are stored"),
        ({"float_data": [1.0] * 5}, "but 20 are stored"),
        ({}, "but 0 are stored"),
        ({"dims": [2**40, 2**40]}, "but 0 are stored"),
        ({"dims": [-1, 3]}, "negative extent"),
        ({"data_type": TensorProto.INT8, "int32_data": [1, 2, 3, 4, 5, 300]}, "does not fit int8"),
        (
            {"data_type": TensorProto.STRING, "string_data": [b"a"] * 6},
            "element type string is not supported",
        ),
        ({"data_type": TensorProto.COMPLEX64}, "element type complex64 is not supported"),
        ({"data_type": TensorProto.FLOAT8E5M2}, "element type float8e5m2 is not supported"),
        ({"data_type": 0, "raw_data": bytes(24)}, "element type type 0 is not supported"),
        ({"data_type": 99, "raw_data": bytes(24)}, "element type type 99 is not supported"),
    ],
)
def test_malformed(tmp_path: Path, fields: dict[str, Any], expected: str) -> None:
    assert expected in _refused(_tensor(**fields), tmp_path)


def _external(location: str, **entries: int | str) -> TensorProto:
    tensor = _tensor(data_location=TensorProto.EXTERNAL)
    for key, value in {"location": location, **entries}.items():
        tensor.external_data.add(key=key, value=str(value))
    return tensor


NUMBERS = struct.pack("<6f", *range(6))


def test_external_data(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "w.bin").write_bytes(bytes(100) + NUMBERS)
    value = _read(_external("sub/w.bin", offset=100, length=24), tmp_path)
    assert value.constant is not None
    assert value.constant.tobytes() == NUMBERS
    value = _read(_external("./sub/w.bin", offset=100), tmp_path)
    assert value.constant is not None
    assert value.constant.tobytes() == NUMBERS


def test_external_data_in_a_cache_of_links(tmp_path: Path) -> None:
    blobs, snapshot = tmp_path / "blobs", tmp_path / "snapshot"
    blobs.mkdir()
    snapshot.mkdir()
    (blobs / "2").write_bytes(NUMBERS)
    _save(_external("w.bin"), blobs).rename(blobs / "1")
    (snapshot / "model.onnx").symlink_to("../blobs/1")
    (snapshot / "w.bin").symlink_to("../blobs/2")
    value = read_model(snapshot / "model.onnx").nodes[0].required(0)
    assert value.constant is not None
    assert value.constant.tobytes() == NUMBERS


@pytest.mark.parametrize(
    ("location", "entries", "expected"),
    [
        ("missing.bin", {}, "'missing.bin' is not beside the model"),
        ("", {}, "not inside the model's folder"),
        ("/etc/passwd", {}, "'/etc/passwd' is not inside the model's folder"),
        ("../secret.bin", {}, "'../secret.bin' is not inside the model's folder"),
        ("sub/../../secret.bin", {}, "not inside the model's folder"),
        ("..\\secret.bin", {}, "not inside the model's folder"),
        ("link.bin", {}, "'link.bin' is not inside the model's folder"),
        ("sub", {}, "not beside the model"),
        ("pipe", {}, "not beside the model"),
        ("empty.bin", {}, "bytes 0 to 24 of 'empty.bin', which has 0"),
        ("w.bin", {"offset": 4}, "bytes 4 to 28 of 'w.bin', which has 24"),
        ("w.bin", {"offset": -24}, "bytes -24 to 0 of 'w.bin'"),
        ("w.bin", {"offset": 2**62}, "which has 24"),
        ("w.bin", {"length": 20}, "needs 24 bytes of external data, but 20"),
        ("w.bin", {"offset": "four"}, "not a number"),
    ],
)
def test_external_data_refused(
    tmp_path: Path, location: str, entries: dict[str, int | str], expected: str
) -> None:
    folder = tmp_path / "model"
    (folder / "sub").mkdir(parents=True)
    (tmp_path / "secret.bin").write_bytes(NUMBERS)
    (folder / "link.bin").symlink_to(tmp_path / "secret.bin")
    (folder / "w.bin").write_bytes(NUMBERS)
    (folder / "empty.bin").write_bytes(b"")
    os.mkfifo(folder / "pipe")
    assert expected in _refused(_external(location, **entries), folder)
