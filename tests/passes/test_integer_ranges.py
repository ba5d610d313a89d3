"""No result of an operator lies outside the range that is told of it."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import helper
from onnx.reference import ReferenceEvaluator

from texelflow.graph import Node, TensorType, Value
from texelflow.passes.integer_ranges import Ranges

SIZE = 6

CASES: dict[str, tuple[str, int, dict[str, object]]] = {
    "Abs": ("Abs", 1, {}),
    "Add": ("Add", 2, {}),
    "BitShift to the left": ("BitShift", 2, {"direction": "LEFT"}),
    "BitShift to the right": ("BitShift", 2, {"direction": "RIGHT"}),
    "BitwiseAnd": ("BitwiseAnd", 2, {}),
    "BitwiseNot": ("BitwiseNot", 1, {}),
    "Clip": ("Clip", 3, {}),
    "Concat": ("Concat", 2, {"axis": 0}),
    "Div": ("Div", 2, {}),
    "MatMul": ("MatMul", 2, {}),
    "Max": ("Max", 2, {}),
    "Min": ("Min", 2, {}),
    "Mod": ("Mod", 2, {}),
    "Mod as fmod": ("Mod", 2, {"fmod": 1}),
    "Mul": ("Mul", 2, {}),
    "Neg": ("Neg", 1, {}),
    "Pow": ("Pow", 2, {}),
    "ReduceProd": ("ReduceProd", 1, {"keepdims": 0}),
    "ReduceSum": ("ReduceSum", 1, {"keepdims": 0}),
    "Relu": ("Relu", 1, {}),
    "Sign": ("Sign", 1, {}),
    "Sub": ("Sub", 2, {}),
    "Trilu": ("Trilu", 1, {}),
}
"""Operator, number of inputs, attributes."""


@pytest.mark.parametrize("name", CASES)
def test_results_lie_within(name: str) -> None:
    operator, count, attributes = CASES[name]
    dtype = "uint64" if operator == "BitShift" else "int64"
    random = np.random.default_rng(len(name))
    names = [f"x{index}" for index in range(count)]
    node = helper.make_node(operator, names, ["y"], **attributes)
    kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    inputs = [helper.make_tensor_value_info(each, kind, None) for each in names]
    graph = helper.make_graph([node], "g", inputs, [helper.make_tensor_value_info("y", kind, None)])
    evaluator = ReferenceEvaluator(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)]))
    for _ in range(200):
        arrays = []
        for index in range(count):
            signs = (0, 9) if dtype == "uint64" or (operator == "Pow" and index == 1) else (-9, 9)
            low, high = np.sort(random.integers(*signs, 2))
            scalar = operator == "Clip" and index > 0
            shape = () if scalar else (SIZE, SIZE) if operator in ("MatMul", "Trilu") else (SIZE,)
            arrays.append(np.asarray(random.integers(low, high + 1, shape), dtype))
        if operator in ("Div", "Mod"):
            arrays[1][arrays[1] == 0] = 1
        if operator == "Clip":
            arrays[1:] = sorted(arrays[1:], key=int)
        (result,) = evaluator.run(None, dict(zip(names, arrays, strict=True)))
        values = [
            Value(each, TensorType(dtype, array.shape), elements=array.ravel().tolist())
            for each, array in zip(names, arrays, strict=True)
        ]
        output = Value("y", TensorType(dtype, np.shape(result)))
        low, high = Ranges().follow(Node(operator, list(values), [output], dict(attributes)))
        assert low <= np.min(result), (arrays, result, low)
        assert np.max(result) <= high, (arrays, result, high)
