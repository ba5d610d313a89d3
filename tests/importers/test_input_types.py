"""The shapes of a model's inputs: symbols for free dimensions, and what the caller says about them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

from model_support import save_text
from texelflow.errors import ExportError
from texelflow.graph.problems import Problems
from texelflow.importers import read_model
from texelflow.importers.input_types import DeclaredType, resolve_input_types

Declared = dict[str, Sequence[int | str | None] | None]
Shapes = dict[str, list[int | str]]


def _resolve(declared: Declared, shapes: Shapes) -> tuple[dict[str, str], list[str]]:
    problems = Problems()
    types = {name: DeclaredType("float32", shape) for name, shape in declared.items()}
    resolved = resolve_input_types(types, shapes, problems)
    return {name: str(type_).removeprefix("float32") for name, type_ in resolved.items()}, problems.lines()


@pytest.mark.parametrize(
    ("declared", "shapes", "expected"),
    [
        ({"x": [1, 3, 224]}, {}, {"x": "[1, 3, 224]"}),
        ({"x": []}, {}, {"x": "[]"}),
        ({"x": [0, 3]}, {}, {"x": "[0, 3]"}),
        ({"x": ["N", 3], "y": ["N", "T"]}, {}, {"x": "[N, 3]", "y": "[N, T]"}),
        ({"x": [None, -1, "?", "None", "", "-1"]}, {}, {"x": "[x_0, x_1, x_2, x_3, x_4, x_5]"}),
        ({"x": [None, "x_0"]}, {}, {"x": "[x_0_, x_0]"}),
        ({"x": ["N", 3]}, {"x": [2, 3]}, {"x": "[2, 3]"}),
        ({"x": ["N", 3]}, {"x": ["batch", 3]}, {"x": "[batch, 3]"}),
        ({"x": [1, 3]}, {"x": ["batch", 5]}, {"x": "[batch, 5]"}),
        ({"x": None}, {"x": ["batch", 5]}, {"x": "[batch, 5]"}),
        ({"x": ["N", 3], "y": [4, "N"]}, {"x": [7, 3]}, {"x": "[7, 3]", "y": "[4, 7]"}),
        ({"x": ["N", "N"], "y": ["N"]}, {"x": ["A", "A"]}, {"x": "[A, A]", "y": "[A]"}),
    ],
)
def test_resolved(declared: Declared, shapes: Shapes, expected: dict[str, str]) -> None:
    assert _resolve(declared, shapes) == (expected, [])


@pytest.mark.parametrize(
    ("declared", "shapes", "problem"),
    [
        ({"x": [1], "y": [1]}, {"z": [1]}, "there is no input 'z' to give a shape to; the inputs are x, y"),
        ({"x": None}, {}, "input 'x' declares no shape; give one, for example --input x=N,3,224,224"),
        ({"x": [1, 3]}, {"x": [1]}, "input 'x' has 2 axes (1, 3), but the shape given has 1"),
        ({"x": ["N", "N"]}, {"x": [1, 2]}, "dimension N is given as 1 and as 2"),
        ({"x": ["N"], "y": ["N"]}, {"x": [1], "y": ["B"]}, "dimension N is given as 1 and as B"),
        ({"x": ["N"]}, {"x": [-1]}, "the shape given for input 'x' has a negative extent: -1"),
    ],
)
def test_refused(declared: Declared, shapes: Shapes, problem: str) -> None:
    assert _resolve(declared, shapes)[1] == [problem]


def test_through_a_file(tmp_path: Path) -> None:
    path = save_text("g (float[N, 2] x, float[N, 2] z) => (float[N, 2] y) { y = Add(x, z) }", tmp_path)
    assert [str(value.type) for value in read_model(path).inputs] == ["float32[N, 2]"] * 2
    fixed = read_model(path, {"x": [3, 2]})
    assert [str(value.type) for value in fixed.inputs] == ["float32[3, 2]"] * 2
    assert fixed.outputs[0].type is None  # what the file declares no longer holds
    with pytest.raises(ExportError, match="no input 'q'"):
        read_model(path, {"q": [3]})


def test_input_without_a_shape(tmp_path: Path) -> None:
    path = save_text("g (float[2] x) => (float[2] y) { y = Relu(x) }", tmp_path)
    model = onnx.load(path)
    model.graph.input[0].CopyFrom(helper.make_tensor_value_info("x", TensorProto.FLOAT, None))
    onnx.save(model, path)
    with pytest.raises(ExportError, match="input 'x' declares no shape"):
        read_model(path)
    assert str(read_model(path, {"x": ["N", 2]}).inputs[0].type) == "float32[N, 2]"
