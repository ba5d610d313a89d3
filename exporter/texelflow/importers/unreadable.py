"""Formats that are known but cannot be read, so that a refusal can name them, and say what to do."""

from __future__ import annotations

from pathlib import Path

from texelflow.importers.files.mapped_files import LFS_MARK, LFS_POINTER
from texelflow.importers.files.zip_members import is_zip, zip_names

UNKNOWN = "without a model of a format that can be read"
"""How texts end that are better followed by a list of the formats."""

_LINES = "program = torch.export.export(model.eval(), inputs); torch.export.save(program, 'model.pt2')"
"""What makes a model of PyTorch one that can be read."""

_STATE_DICT = (
    "a PyTorch state dict: weights by name, without the code that computes with them. Where the model is"
    f" made, load them, and then: {_LINES}"
)
_TORCHSCRIPT = (
    "a TorchScript program of PyTorch, which only PyTorch can read: where torch is installed, say how it is"
    " called, by --input NAME=SHAPE or example_inputs of texelflow.export(); or, where the model is made:"
    f" {_LINES}"
)

_WEB_PAGE = (
    "a web page, as servers answer in place of a file that they do not have: download the model itself"
)

_PICTURE = "a picture, and no model: choose it as the picture that a model is run on"
_SOUND = "a sound, and no model: choose it as the sound that a model listens to"
_DOCUMENT = "a document, and no model"
_PROGRAM = "a text, and no model: where it makes one, run it, and give what it saves"
_OTHER = "of another framework, which is not read: convert it to ONNX there"
_UNFINISHED = "a download that is not finished: wait for it, or begin it anew"

_MARKS: tuple[tuple[str, bytes, int], ...] = (
    *((_PICTURE, begin, 0) for begin in (b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")),
    *((_PICTURE, begin, 8) for begin in (b"WEBPVP8",)),
    *((_SOUND, begin, 0) for begin in (b"OggS", b"fLaC", b"ID3")),
    (_SOUND, b"WAVEfmt ", 8),
    (_DOCUMENT, b"%PDF-", 0),
    (LFS_POINTER, LFS_MARK, 0),
    *((_WEB_PAGE, begin, 0) for begin in (b"<!doctype html", b"<!DOCTYPE html", b"<!DOCTYPE HTML", b"<html")),
    ("an ONNX Runtime flatbuffer (.ort), which cannot be read: take the .onnx it was made from", b"ORTM", 4),
    (_STATE_DICT, b"\x80\x02", 0),
)
"""What a file is that has these bytes at this offset."""

ZIP = f"a zip archive {UNKNOWN}"
"""What a file is that is one, and nothing more is known of it."""

_EXTENSIONS = {
    ".npz": "an archive of arrays (NumPy), which is no model",
    ".tflite": "no TensorFlow Lite model, whatever its name says",
    ".h5": "no HDF5 file, whatever its name says",
    ".hdf5": "no HDF5 file, whatever its name says",
    ".keras": "no archive of Keras, whatever its name says",
    ".json": "a JSON file, but no model of TensorFlow.js",
    **dict.fromkeys((".py", ".ipynb", ".js", ".ts", ".sh"), _PROGRAM),
    **dict.fromkeys(
        (".txt", ".md", ".csv", ".yaml", ".yml", ".toml", ".xml", ".log"), "a text, and no model"
    ),
    **dict.fromkeys((".bmp", ".tif", ".tiff", ".avif", ".heic", ".svg"), _PICTURE),
    **dict.fromkeys((".mp3", ".m4a", ".aac"), _SOUND),
    **dict.fromkeys((".caffemodel", ".prototxt", ".mlmodel", ".pdmodel", ".pdiparams", ".params"), _OTHER),
    **dict.fromkeys((".engine", ".trt", ".plan", ".weights", ".cfg", ".mnn", ".param"), _OTHER),
    **dict.fromkeys((".crdownload", ".part", ".download", ".partial"), _UNFINISHED),
    ".pbtxt": "a protobuf message as text: write it in binary form",
    ".safetensors": "a file of weights without a graph: give the folder that has config.json, too",
}

_TOLD = (".pt", ".pth", ".jit", ".ckpt", ".ort", ".safetensors", ".caffemodel", ".mlmodel", ".crdownload")
"""How the names of files end that a folder without a model is told of: they were meant to be one."""

_MARK = 64


def unreadable(path: Path, mark: bytes) -> str | None:
    """Return what a file or folder is, and what to do, if it is known to be no model that can be read.

    The content counts before the extension.
    """
    if path.is_dir():
        return _folder(path)
    for name, magic, offset in _MARKS:
        if mark[offset : offset + len(magic)] == magic:
            return name
    extension = _EXTENSIONS.get(path.suffix.lower())
    if mark.startswith(b"PK") and is_zip(path):
        return _archive(path) or extension or ZIP
    return extension


def is_torchscript(path: Path) -> bool:
    """Return whether a file is a TorchScript program; raise OSError."""
    return path.is_file() and is_zip(path) and _archive(path) == _TORCHSCRIPT


def _archive(path: Path) -> str | None:
    """Return what PyTorch wrote, by the names in an archive."""
    names = {name.partition("/")[2] for name in zip_names(path)}
    if "data.pkl" not in names:
        return None
    return _TORCHSCRIPT if any(name.startswith("code/") for name in names) else _STATE_DICT


def _folder(path: Path) -> str:
    if (path / "graph.json").exists():
        return "a Texelflow bundle, the result of an export"
    for file in sorted(each for each in path.iterdir() if each.suffix.lower() in _TOLD and each.is_file()):
        with file.open("rb") as stream:
            if reason := unreadable(file, stream.read(_MARK)):
                return f"a folder without a model that can be read: {file.name} is {reason}"
    return f"a folder {UNKNOWN}"
