"""Formats that are known but cannot be read, so that a refusal can name them."""

from __future__ import annotations

import zipfile
from pathlib import Path

_MARKS: tuple[tuple[str, bytes, int], ...] = (
    ("an ONNX Runtime flatbuffer (.ort)", b"ORTM", 4),
    ("an HDF5 file (Keras .h5)", b"\x89HDF\r\n\x1a\n", 0),
    ("a pickle (PyTorch state dict)", b"\x80\x02", 0),
)
"""What a file is that has these bytes at this offset."""

_EXTENSIONS = {
    ".tflite": "no TensorFlow Lite model, whatever its name says",
    ".h5": "a Keras model",
    ".hdf5": "a Keras model",
    ".keras": "a Keras model",
    ".pt": "a PyTorch model",
    ".pth": "a PyTorch model",
    ".pt2": "a PyTorch model",
    ".json": "a JSON file, but no model of TensorFlow.js",
    ".pbtxt": "a protobuf message as text (write it in binary form)",
    ".safetensors": "a file of weights without a graph",
}


def unreadable(path: Path, mark: bytes) -> str | None:
    """Return what a file or folder is if it is known to be no model that can be read.

    The content counts before the extension.
    """
    if path.is_dir():
        return _folder(path)
    for name, magic, offset in _MARKS:
        if mark[offset : offset + len(magic)] == magic:
            return name
    extension = _EXTENSIONS.get(path.suffix.lower())
    if mark.startswith(b"PK") and zipfile.is_zipfile(path):
        return extension or "a zip archive"
    return extension


def _folder(path: Path) -> str:
    if (path / "graph.json").exists():
        return "a Texelflow bundle, the result of an export"
    return "a folder"
