"""The files that Hugging Face keeps beside a model: its settings, and the tokenizer of a model of texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from texelflow.bundle.tokenizer import SETTINGS, TOKENIZER

ONNX = "onnx"
"""The folder in which repositories keep ONNX files, below the files that belong to them."""
MODULES, POOLING = "modules.json", "1_Pooling/config.json"
"""What sentence-transformers says of the vectors of texts."""
TOKENS = "input_ids"
"""Part of the name of an input of tokens."""


def beside(model: Path, name: str) -> Path:
    """Return the path of such a file, which need not be there.

    Args:
        model: the model's file or folder.
        name: the file's name, with folders where it has some.
    """
    found = [folder / name for folder in _folders(model)]
    return next((path for path in found if path.is_file()), found[0])


def tokenizer_files(model: Path, inputs: Iterable[str]) -> list[Path]:
    """Return the files of the tokenizer beside a model.

    Args:
        model: the model's file or folder.
        inputs: the names of its inputs. A model that takes no tokens has no tokenizer.
    """
    if not any(TOKENS in name for name in inputs):
        return []
    tokenizer = beside(model, TOKENIZER)
    paths = [tokenizer, *(tokenizer.with_name(name) for name in SETTINGS)] if tokenizer.is_file() else []
    return [path for path in paths if path.is_file()]


def _folders(model: Path) -> Iterator[Path]:
    """Yield the folders in which files of a model may be, the nearest first."""
    if model.is_dir():
        yield model
    yield model.parent
    if model.absolute().parent.name == ONNX:
        yield model.parent / ".."
