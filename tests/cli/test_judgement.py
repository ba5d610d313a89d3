"""What `verify` takes for agreement, and what it says of results that prove little."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_support import save_model
from onnx import TensorProto, helper, numpy_helper

from texelflow.checking.judgement import compare
from texelflow.checking.references import index_bounds, operand_scales
from texelflow.checking.samples import numpy_type

NAN, INF = math.nan, math.inf

AGREEMENT: dict[str, tuple[Any, Any, str, float, bool]] = {
    # actual, expected, type, scale of the operands, whether they agree
    "zeros": ([0, 0], [0, 0], "float32", 0, True),
    "a sigmoid's noise": ([0, 0], [1.2e-7, 0], "float32", 1, True),
    "small numbers of no known scale": ([0, 0], [1.2e-7, 0], "float32", 0, False),
    "more than a sigmoid's noise": ([0, 0], [1e-5, 0], "float32", 1, False),
    "what cancelled": ([0.01, 0], [0.0, 0.0], "float32", 1e5, True),
    "within the tolerance": ([1.00005, 2], [1, 2], "float32", 0, True),
    "outside the tolerance": ([1.0005, 1], [1, 1], "float32", 0, False),
    "16 bits": ([1.001], [1], "float16", 1, True),
    "two NaNs and equal infinities": ([NAN, INF, 1], [NAN, INF, 1], "float32", 0, True),
    "one NaN": ([NAN, 1], [1, 1], "float32", 1e9, False),
    "opposite infinities": ([INF], [-INF], "float32", 1, False),
    "an infinity against the largest number": ([INF], [3e38], "float32", 1, False),
    "equal integers": ([7, -2], [7, -2], "int32", 0, True),
    "an index beside a large one": ([1, 100_000], [2, 100_000], "int64", 0, False),
    "large integers": ([2**53 + 1], [2**53], "int64", 0, False),
    "integers at both ends": ([-(2**63)], [2**63 - 1], "int64", 0, False),
    "booleans": ([True, False], [True, True], "bool", 9, False),
    "empty": ([], [], "float32", 0, True),
}


@pytest.mark.parametrize("case", AGREEMENT)
def test_agreement(case: str) -> None:
    actual, expected, dtype, scale, agrees = AGREEMENT[case]
    arrays = np.array(actual, dtype), np.array(expected, dtype)
    assert compare("y", "", *arrays, None, default=1e-4, scale=scale).passed == agrees


def test_other_shapes_never_agree() -> None:
    assert not compare("y", "", np.zeros((1, 2)), np.zeros((2, 1)), None, scale=1e9).passed
    assert not compare("y", "", np.zeros(0), np.zeros((0, 3)), 1.0).passed


def test_a_chosen_tolerance_holds_for_integers_too() -> None:
    arrays = np.array([254], np.uint8), np.array([255], np.uint8)
    assert compare("y", "", *arrays, 0.01).passed
    assert not compare("y", "", *arrays, None, default=0.01).passed


PROOF: dict[str, tuple[Any, str, str]] = {
    "zeros": ([0, 0], "float32", "every value is 0"),
    "constant": ([2.5, 2.5], "float32", "every value is 2.5"),
    "constant integers": ([3, 3], "int64", "every value is 3"),
    "constant booleans": ([True, True], "bool", "every value is True"),
    "saturated": ([0, 1 - 1e-7, 1e-9], "float32", "every value is 0 or 1"),
    "tiny": ([0, 1.2e-7], "float32", "every value is 0 or below 1e-06"),
    "NaN": ([NAN, NAN], "float32", "every value is NaN"),
    "empty": ([], "float32", "it is empty"),
    "one number": ([2.5], "float32", ""),
    "various": ([0, 1, 0.5], "float32", ""),
    "a mask": ([0, 1, 1], "int64", ""),
    "classes": ([True, False], "bool", ""),
    "bfloat16": ([1.5, 2], "bfloat16", ""),
}


@pytest.mark.parametrize("case", PROOF)
def test_what_proves_little(case: str) -> None:
    values, dtype, reason = PROOF[case]
    array = np.array(values).astype(numpy_type(dtype))
    assert compare("y", "", array, array, None).proves_little == reason


def test_scales_follow_the_operands(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Sub", ["x", "x"], ["difference"]),
        helper.make_node("Transpose", ["difference"], ["turned"]),
        helper.make_node("Sigmoid", ["x"], ["sure"]),
        helper.make_node("MatMul", ["x", "w"], ["product"]),
        helper.make_node("Mul", ["x", "w"], ["scaled"]),
    ]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [2, 2])
    weight = numpy_helper.from_array(np.full((2, 2), 0.5, np.float32), "w")
    path = save_model(tmp_path / "m.onnx", nodes, [x], [], [weight])
    values = {"x": np.full((2, 2), -100, np.float32), "difference": np.zeros((2, 2), np.float32)}
    scales = operand_scales(path, values)
    assert scales == {"difference": 100, "turned": 100, "sure": 1, "product": 50}


@pytest.mark.parametrize("rows", [3, 500])
def test_random_indices_stay_within_the_table(tmp_path: Path, rows: int) -> None:
    nodes = [
        helper.make_node("Cast", ["ids"], ["whole"], to=TensorProto.INT64),
        helper.make_node("Gather", ["table", "whole"], ["y"], axis=0),
    ]
    ids = helper.make_tensor_value_info("ids", TensorProto.INT32, [4])
    table = numpy_helper.from_array(np.zeros((rows, 2), np.float32), "table")
    path = save_model(tmp_path / "m.onnx", nodes, [ids], [], [table])
    assert index_bounds(path) == {"ids": rows}
