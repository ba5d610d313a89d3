"""What bundles say of where a model came from: its format, and what wrote its file, in its own words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from ai_edge_litert import schema_py_generated as schema
from click.testing import CliRunner
from onnx import helper
from tflite_models.builder import ModelMaker

from model_support import find_models
from texelflow import export
from texelflow.cli.commands import commands
from texelflow.importers import read_model
from texelflow.importers.files.producer import LONGEST, producer_of


def onnx_model(path: Path, name: str, version: bytes) -> Path:
    """A model that says that it was written by `name`, with a version of any bytes."""
    x, y = (helper.make_tensor_value_info(each, onnx.TensorProto.FLOAT, [2]) for each in "xy")
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "relu", [x], [y])
    model = helper.make_model(graph, producer_name=name, opset_imports=[helper.make_opsetid("", 13)])
    # Field 3 as it is on the wire, since the onnx package takes nothing but UTF-8.
    field = bytes([3 << 3 | 2, len(version)]) + version
    path.write_bytes(model.SerializeToString() + field)
    return path


def provenance(bundle: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((bundle / "graph.json").read_text(encoding="utf-8"))["provenance"]
    return found


@pytest.mark.parametrize(
    ("name", "version", "said"),
    [
        ("pytorch", b"2.4.1", "pytorch 2.4.1"),
        ("CNTK", b"", "CNTK"),
        ("", b"", None),
        ("a\nb\x1b[31m", b"\xff 1", "a b [31m \ufffd 1"),
        ("long " * 100, b"1", None),
    ],
)
def test_onnx(name: str, version: bytes, said: str | None, tmp_path: Path) -> None:
    model = onnx_model(tmp_path / "relu.onnx", name, version)
    export(model, tmp_path / "bundle")
    found = provenance(tmp_path / "bundle")
    assert found["format"] == "ONNX, opset 13"
    if len(name) > LONGEST:
        assert found["producer"] == name[:LONGEST].strip()
    else:
        assert found.get("producer") == said


def test_tensorflow_lite(tmp_path: Path) -> None:
    maker = ModelMaker()
    maker.main.add(
        "RELU", [maker.main.input("x", "float32", (2,))], [maker.main.output("y", "float32", (2,))]
    )
    maker.model.description = "Made by hand."
    path = tmp_path / "relu.tflite"
    path.write_bytes(maker.content())
    assert read_model(path).producer == "Made by hand"


def test_it_is_told_by_the_command(tmp_path: Path) -> None:
    model = onnx_model(tmp_path / "relu.onnx", "pytorch", b"2.4.1")
    assert "pytorch 2.4.1" in CliRunner().invoke(commands, ["inspect", str(model)]).stdout
    export(model, tmp_path / "bundle")
    told = CliRunner().invoke(commands, ["inspect", str(tmp_path / "bundle")]).stdout
    assert "ONNX, opset 13" in told and "pytorch 2.4.1" in told


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ((None, 3, ["x"], {}, np.float32(1)), ""),
        (("a", "", " ", "b", "a"), "a, b"),
        (("a\u202eb",), "a b"),
        (("x" * 999,), "x" * LONGEST),
    ],
)
def test_what_is_no_text_says_nothing(parts: tuple[object, ...], said: str) -> None:
    assert producer_of(*parts) == said


def _onnx(path: Path) -> str:
    model = onnx.load(path, load_external_data=False)
    return f"{model.producer_name} {model.producer_version}".strip()


def _tflite(path: Path) -> str:
    found = schema.ModelT.InitFromObj(schema.Model.GetRootAs(path.read_bytes(), 0))
    return str((found.description or b"").decode().removesuffix("."))


def _tfjs(path: Path) -> str:
    return str(json.loads(path.read_text(encoding="utf-8")).get("convertedBy") or "")


@pytest.mark.parametrize(
    ("pattern", "oracle"),
    [("onnx/*/*.onnx", _onnx), ("tflite/*/*.tflite", _tflite), ("tfjs/*/model.json", _tfjs)],
)
def test_of_real_models(pattern: str, oracle: Any) -> None:
    """As the formats' own libraries read it."""
    folder = find_models()
    if folder is None:
        pytest.skip("no models: set TEXELFLOW_MODELS")
    said = 0
    for path in sorted(folder.glob(pattern), key=lambda path: path.stat().st_size)[:6]:
        words = oracle(path)
        said += bool(words)
        assert read_model(path).producer.startswith(words), path
    assert said
