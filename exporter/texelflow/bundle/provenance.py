"""Records what a bundle was made from: the model's file and the options of the export."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from texelflow.bundle.types import DataType, FixedInput, GraphFile, Provenance
from texelflow.dimensions.text import finite_json
from texelflow.graph import Graph, Value
from texelflow.graph.constants import unpack_elements

_PARTS = (
    "config.json",
    "*.safetensors",
    "model.json",
    "*.bin",
    "*shard*of*[0-9]",
    "saved_model.pb",
    "variables/*",
)
"""The files of a model that is a folder, of any format."""


def provenance(
    source: Path, graph: Graph, options: Sequence[str], fixed: Sequence[Value], origin: str | None = None
) -> Provenance:
    """Return graph.json's `provenance`; raise OSError if the model cannot be read.

    `graph` says what the file is and what wrote it; `fixed` are the inputs that the export made constants;
    `origin` is where the model was fetched from, without secrets.
    """
    made: Provenance = {
        "source": origin or source.name,
        "sha256": _digest(source),
        "format": format_text(graph.format, graph.opset),
        "options": [*options],
        "constants": [_fixed_input(value) for value in fixed],
    }
    if graph.producer:
        made["producer"] = graph.producer
    return made


def format_text(name: str, opset: int) -> str:
    """Return what a file is: its format, and of ONNX the version of its operators."""
    return f"{name}, opset {opset}" if name == "ONNX" else name


def _fixed_input(value: Value) -> FixedInput:
    assert value.constant is not None
    elements = unpack_elements(value.dtype, value.constant.tobytes())
    return {
        "name": value.name,
        # A Value has its type as any text; those that graphs have are DataTypes.
        "dtype": cast(DataType, value.dtype),
        "shape": [extent for extent in value.shape if isinstance(extent, int)],
        "elements": [finite_json(element) for element in elements if isinstance(element, int | float)],
    }


def is_made_from(graph_file: GraphFile, model: Path) -> bool:
    """Return whether the model's file is the one that the bundle was made from; raise OSError."""
    return graph_file["provenance"]["sha256"] == _digest(model)


def _digest(path: Path) -> str:
    """Return the SHA-256 of a file, or of those of a folder's model, one after another."""
    digest = hashlib.sha256()
    parts = [path]
    if path.is_dir():
        parts = [file for pattern in _PARTS for file in sorted(path.glob(pattern)) if file.is_file()]
    for file in parts:
        with file.open("rb") as stream:
            hashlib.file_digest(stream, lambda: digest)
    return digest.hexdigest()
