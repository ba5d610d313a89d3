"""The importers: one file for each format of models; each makes a Graph of ONNX operators."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

from texelflow.errors import ExportError
from texelflow.graph import Graph
from texelflow.importers.gguf.read import MAGIC as GGUF_MAGIC
from texelflow.importers.gguf.read import read_gguf
from texelflow.importers.huggingface.read import is_language_folder, read_folder
from texelflow.importers.input_types import InputShapes
from texelflow.importers.llama2c.read import is_checkpoint, read_checkpoint
from texelflow.importers.onnx.read import read_onnx

_OTHER_FORMATS: tuple[tuple[str, bytes, int], ...] = (
    ("a TensorFlow Lite model", b"TFL3", 4),
    ("an ONNX Runtime flatbuffer (.ort)", b"ORTM", 4),
    ("an HDF5 file (Keras .h5)", b"\x89HDF\r\n\x1a\n", 0),
    ("a pickle (PyTorch state dict)", b"\x80\x02", 0),
)
"""Formats that cannot be read yet, by the bytes at an offset that they begin with."""

_OTHER_EXTENSIONS = {
    ".tflite": "a TensorFlow Lite model",
    ".h5": "a Keras model",
    ".hdf5": "a Keras model",
    ".keras": "a Keras model",
    ".pt": "a PyTorch model",
    ".pth": "a PyTorch model",
    ".pt2": "a PyTorch model",
    ".json": "a JSON file (TensorFlow.js model)",
    ".safetensors": "a file of weights without a graph",
}


def read_model(path: Path, input_shapes: InputShapes | None = None) -> Graph:
    """Return the model in a file as a Graph at opset `graph.OPSET`, before shape inference.

    Args:
        path: the model's file.
        input_shapes: for an input's name its shape, instead of the one that the file declares.

    Raises:
        ExportError: the file cannot be read, is of another format, or has what cannot be imported;
            `problems` has every reason.
    """
    if path.is_dir():
        if is_language_folder(path):
            return read_folder(path, input_shapes or {})
        raise _not_supported(path, _folder_format(path))
    if not path.exists():
        raise ExportError(f"{path} does not exist")
    if not path.is_file():
        raise ExportError(f"{path} is not a regular file")
    language = _language_model(path)
    if language is not None:
        return language(path, input_shapes or {})
    other = _file_format(path)
    if other:
        raise _not_supported(path, other)
    return read_onnx(path, input_shapes or {})


def _language_model(path: Path) -> Callable[[Path, InputShapes], Graph] | None:
    """Return the reader of a file that is a language model, by its content."""
    try:
        with path.open("rb") as file:
            if file.read(4) == GGUF_MAGIC:
                return read_gguf
        return read_checkpoint if is_checkpoint(path) else None
    except OSError as error:
        raise ExportError(f"{path} cannot be read: {error.strerror}") from error


def _not_supported(path: Path, found: str) -> ExportError:
    return ExportError(
        f"{path} is {found}; only ONNX models (.onnx) and language models (.gguf, or a folder with "
        "config.json and safetensors) can be read so far: convert it to ONNX first"
    )


def _folder_format(path: Path) -> str:
    if (path / "saved_model.pb").exists():
        return "a TensorFlow SavedModel"
    if (path / "graph.json").exists():
        return "a Texelflow bundle, the result of an export"
    return "a folder"


def _file_format(path: Path) -> str | None:
    """Return what the file is if it is known not to be ONNX; the content counts before the extension."""
    try:
        with path.open("rb") as file:
            start = file.read(16)
        for name, magic, offset in _OTHER_FORMATS:
            if start[offset : offset + len(magic)] == magic:
                return name
        if start.startswith(b"PK") and zipfile.is_zipfile(path):
            return _OTHER_EXTENSIONS.get(path.suffix.lower(), "a zip archive")
    except OSError as error:
        raise ExportError(f"{path} cannot be read: {error.strerror}") from error
    return _OTHER_EXTENSIONS.get(path.suffix.lower())
