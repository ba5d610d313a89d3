"""Files that are damaged, of another format, or too new: one clear error each, never a crash or a hang."""

from __future__ import annotations

import os
import random
import shutil
import zipfile
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from model_support import model_parameters, save_text
from texelflow.errors import ExportError
from texelflow.importers import read_model

SMALL_MODEL = """
small (float[N, 4] x) => (float[N, 2] y)
<float[4, 2] w = {1, 2, 3, 4, 5, 6, 7, 8}, float[2] b = {0.5, -0.5}>
{
    product = MatMul(x, w)
    sum = Add(product, b)
    y = Relu(sum)
}
"""


def _error(path: Path) -> str:
    with pytest.raises(ExportError) as caught:
        read_model(path)
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_reads_a_model(tmp_path: Path) -> None:
    graph = read_model(save_text(SMALL_MODEL, tmp_path, "digits.onnx"))
    assert graph.name == "digits"
    assert graph.source == str(tmp_path / "digits.onnx")
    assert [str(value.type) for value in graph.inputs] == ["float32[N, 4]"]
    assert [value.name for value in graph.outputs] == ["y"]
    assert [node.operator for node in graph.nodes] == ["MatMul", "Add", "Relu"]


LFS_POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 12345\n"


@pytest.mark.parametrize("weights", ["onnx", "safetensors"])
def test_weights_that_git_left_elsewhere(tmp_path: Path, weights: str) -> None:
    """Of files beside a model, too."""
    if weights == "onnx":
        path = tmp_path / "model.onnx"
        model = onnx.load(save_text(SMALL_MODEL, tmp_path))
        for tensor in model.graph.initializer:  # what has raw bytes is stored apart
            tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor), tensor.name))
        onnx.save(model, path, save_as_external_data=True, location="model.onnx.data", size_threshold=0)
        (tmp_path / "model.onnx.data").write_bytes(LFS_POINTER)
    else:
        path = tmp_path / "model"
        shutil.copytree(Path(__file__).parent / "language_models" / "llama", path)
        (path / "model.safetensors").write_bytes(LFS_POINTER)
    with pytest.raises(ExportError, match="is a pointer of Git LFS, and not the file itself"):
        read_model(path)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.onnx", b"", "is empty"),
        ("a.onnx", b"\0", "not an ONNX model"),
        ("a.onnx", b"hello, this is no model", "not an ONNX model"),
        ("a.onnx", b"<html>404</html>", "is a web page"),
        ("a.tflite", b"<!DOCTYPE html>\n<html>", "is a web page"),
        ("a.onnx", LFS_POINTER, "`git lfs pull` in its folder"),
        ("a.gguf", LFS_POINTER, "`git lfs pull` in its folder"),
        ("a.onnx", b"\x1c\0\0\0TFL3" + bytes(40), "damaged, or cannot be read"),
        ("a.tflite", b"anything at all here", "no TensorFlow Lite model"),
        ("a.h5", b"\x89HDF\r\n\x1a\n" + bytes(9), "cannot be read"),
        ("a.bin", b"GGUF" + bytes(40), "is of version 0 of GGUF"),
        ("model.json", b"{}", "TensorFlow.js"),
        ("a.safetensors", bytes(80), "weights without a graph"),
    ],
)
def test_other_content(tmp_path: Path, name: str, content: bytes, expected: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert expected in _error(path)


def test_other_containers(tmp_path: Path) -> None:
    keras = tmp_path / "model.keras"
    with zipfile.ZipFile(keras, "w") as archive:
        archive.writestr("config.json", "{}")
    assert "no archive of Keras" in _error(keras)
    for members, expected in (
        (["x/data.pkl", "x/data/0"], "a PyTorch state dict"),
        (["x/data.pkl", "x/code/__torch__.py"], "a TorchScript program"),
        (["x/models/model.json", "x/archive_format"], "its archive_format is not pt2"),
        (["readme.txt"], "a zip archive without a model"),
    ):
        with zipfile.ZipFile(tmp_path / "model.zip", "w") as archive:
            for member in members:
                archive.writestr(member, "")
        assert expected in _error(tmp_path / "model.zip")
    (tmp_path / "saved").mkdir()
    assert "is a folder" in _error(tmp_path / "saved")
    (tmp_path / "saved" / "saved_model.pb").write_bytes(b"")
    assert "SavedModel" in _error(tmp_path / "saved")
    assert "does not exist" in _error(tmp_path / "missing.onnx")
    os.mkfifo(tmp_path / "pipe.onnx")
    assert "not a regular file" in _error(tmp_path / "pipe.onnx")


def test_file_beyond_the_limit_of_protobuf(tmp_path: Path) -> None:
    path = tmp_path / "huge.onnx"
    with path.open("wb") as file:
        file.truncate(2**31)  # a hole: takes no room on the disk
    assert "save_as_external_data" in _error(path)


def test_every_cut(tmp_path: Path) -> None:
    content = save_text(SMALL_MODEL, tmp_path).read_bytes()
    whole = read_model(save_text(SMALL_MODEL, tmp_path))
    path = tmp_path / "cut.onnx"
    for length in range(len(content)):
        path.write_bytes(content[:length])
        try:
            graph = read_model(path)
        except ExportError as error:
            assert str(path) in str(error)
        else:  # the cut took a field that is not needed
            assert [node.operator for node in graph.nodes] == [node.operator for node in whole.nodes]


def test_random_bytes(tmp_path: Path) -> None:
    path = tmp_path / "random.onnx"
    source = random.Random(5)
    for size in range(1, 400):
        path.write_bytes(source.randbytes(size))
        _error(path)


@pytest.mark.parametrize("model", model_parameters())
def test_cut_model(tmp_path: Path, model: Path) -> None:
    content = model.read_bytes()
    path = tmp_path / model.name
    for part in (0.1, 0.5, 0.9, 0.999):
        path.write_bytes(content[: int(len(content) * part)])
        assert "cut off" in _error(path)


@pytest.mark.parametrize("version", [1, 6, 29, 2**40])
def test_opset_out_of_range(tmp_path: Path, version: int) -> None:
    node = helper.make_node("Relu", ["x"], ["y"])
    types = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy"]
    graph = helper.make_graph([node], "g", types[:1], types[1:])
    path = tmp_path / "opset.onnx"
    opsets = [helper.make_opsetid("ai.onnx", version)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)
    assert f"opset {version}; 7 to 28 can be read" in _error(path)


@pytest.mark.parametrize("version", [7, 13, 28])
def test_opset_in_range(tmp_path: Path, version: int) -> None:
    text = f'<ir_version: 8, opset_import: ["" : {version}]> g (float[1] x) => (float[1] y) {{ y = Relu(x) }}'
    assert len(read_model(save_text(text, tmp_path)).nodes) == 1
