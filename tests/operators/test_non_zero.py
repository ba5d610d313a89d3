"""Symbols that runs learn, beside free dimensions of any name."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

import texelflow


def test_a_dimension_of_the_same_name_is_refused(tmp_path: Path) -> None:
    """Else one would be taken for the other; another name can be given."""
    nodes = [helper.make_node("NonZero", ["x"], ["found"])]
    given = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["found.count", 3])]
    made = [helper.make_tensor_value_info("found", TensorProto.INT64, None)]
    model = helper.make_model(helper.make_graph(nodes, "g", given, made), ir_version=10)
    path = tmp_path / "model.onnx"
    onnx.save(model, path)
    with pytest.raises(texelflow.ExportError, match=r"a free dimension is called 'found\.count'"):
        texelflow.export(path, tmp_path / "bundle")
    summary = texelflow.export(path, tmp_path / "bundle", input_shapes={"x": ["rows", 3]})
    assert (summary.symbols, summary.learned) == (["rows"], ["found.count"])
