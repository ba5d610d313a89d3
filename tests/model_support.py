"""What tests of the exporter share: the folder of real models, and small models written as text."""

from __future__ import annotations

import os
from pathlib import Path

import onnx.parser
import pytest

from texelflow.graph import Graph
from texelflow.importers import read_model

REPOSITORY = Path(__file__).resolve().parent.parent


def find_models() -> Path | None:
    """The folder of real models: None if there is none, but then TEXELFLOW_MODELS must not be set."""
    named = os.environ.get("TEXELFLOW_MODELS")
    folder = Path(named).resolve() if named else REPOSITORY.parent / "shared" / "models"
    found = any((folder / "onnx").glob("*/*.onnx"))
    assert found or not named, f"TEXELFLOW_MODELS names {named}, where there are no models"
    return folder if found else None


def onnx_models() -> list[Path]:
    """The ONNX models to test with; none if there is no folder of them."""
    folder = find_models()
    return [] if folder is None else sorted((folder / "onnx").glob("*/*.onnx"))


def model_parameters() -> list[object]:
    """The models as parameters of a test; one that is visibly skipped if there are none."""
    models = onnx_models()
    if models:
        return [pytest.param(path, id=path.parent.name) for path in models]
    return [pytest.param(None, marks=pytest.mark.skip("no models: set TEXELFLOW_MODELS"))]


def save_text(text: str, folder: Path, name: str = "model.onnx") -> Path:
    """Write a model given in ONNX's text format to a file; return its path.

    `text` may leave out the header; opset 21 is then taken.
    """
    header = "" if text.lstrip().startswith("<") else '<ir_version: 10, opset_import: ["" : 21]>\n'
    path = folder / name
    path.write_bytes(onnx.parser.parse_model(header + text).SerializeToString())
    return path


def read_text(text: str, folder: Path) -> Graph:
    """Import a model given in ONNX's text format."""
    return read_model(save_text(text, folder))


def operators(graph: Graph) -> list[str]:
    """The operators of a graph's nodes in order."""
    return [node.operator for node in graph.nodes]
