"""Inputs that the export makes constants."""

from __future__ import annotations

from pathlib import Path

import pytest

import texelflow
from model_support import save_text
from texelflow.pipeline import Options, build

MODEL = """
    g (float[N, 2] x, int64 rate, float[2] offset, bool flag) => (float[N, 2] y) {
        number = Cast<to = 1>(rate)
        faster = Mul(x, number)
        moved = Add(faster, offset)
        y = If (flag) <
            then_branch = t () => (float[N, 2] a) { a = Neg(moved) },
            else_branch = e () => (float[N, 2] b) { b = Identity(moved) }
        >
    }"""


def test_fixed_inputs_are_told(tmp_path: Path) -> None:
    path = save_text(MODEL, tmp_path)
    constants = {"rate": [16000.0], "offset": [0.5, float("inf")], "flag": [1.0]}
    content = build(path, Options(constants=constants)).graph_file
    assert [value["name"] for value in content["inputs"]] == ["x"]
    assert content["provenance"]["constants"] == [
        {"name": "rate", "dtype": "int64", "shape": [], "elements": [16000]},
        {"name": "offset", "dtype": "float32", "shape": [2], "elements": [0.5, "inf"]},
        {"name": "flag", "dtype": "bool", "shape": [], "elements": [1]},
    ]


@pytest.mark.parametrize(
    ("constants", "reason"),
    [
        ({"speed": 1}, "there is no input 'speed' to fix; the inputs are x, rate, offset, flag"),
        ({"x": 1}, "input 'x', float32[N, 2], has a free size: give its shape to fix its numbers"),
        ({"offset": [1, 2, 3]}, "has 2 elements; 3 numbers are given"),
        ({"rate": 0.5}, "takes whole numbers, not [0.5]"),
        ({"rate": 2**70}, "do not fit input"),
    ],
)
def test_wrong_numbers(tmp_path: Path, constants: dict[str, float], reason: str) -> None:
    with pytest.raises(texelflow.ExportError) as caught:
        texelflow.inspect(save_text(MODEL, tmp_path), constants=constants)
    assert reason in str(caught.value)
