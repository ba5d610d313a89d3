"""Inference, evaluation and decomposition of every operator against ONNX's own node tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from node_cases import NodeCase, is_parameter, node_cases
from onnx.reference import ReferenceEvaluator
from onnx_export import to_onnx

from onnx_node_tests import WAVES, is_by_chance
from texelflow.dimensions import substitute, symbol
from texelflow.errors import ExportError
from texelflow.graph import Graph, TensorType
from texelflow.operators import symbols_bound_by
from texelflow.passes import decompose_operators, infer_types

REFUSED = {
    "test_bitcast_float64_to_int64": "the bits of float64 are not kept",
    "test_bitcast_int64_to_float64": "the bits of float64 are not kept",
    "test_scan_sum": "the Scan of opset 8",
    "test_not_2d": "opset 1",
    "test_not_3d": "opset 1",
    "test_not_4d": "opset 1",
}
"""Cases that cannot be exported, and a part of the reason given."""

# fmt: off
SHAPE_ARITHMETIC = {
    "Abs", "Add", "And", "Cast", "Ceil", "Clip", "Concat", "ConstantOfShape", "Div", "Equal", "Expand",
    "Flatten", "Floor", "Gather", "Greater", "GreaterOrEqual", "Identity", "Less", "LessOrEqual", "Max",
    "Min", "Mod", "Mul", "Neg", "Or", "Range", "ReduceMax", "ReduceMin", "Reshape", "Round", "Shape",
    "Size", "Slice", "Split", "Sqrt", "Squeeze", "Sub", "Transpose", "Unsqueeze", "Where",
}
# fmt: on
"""The operators whose results must be known at export if their inputs are."""

BY_EXTENT = {
    *("RotaryEmbedding", "DFT", "STFT", "Scan", "DeformConv", "LinearAttention", "CausalConvWithState"),
}
"""Operators of which an extent decides what they do."""

ALL_CASES = [pytest.param(case, id=case.name) for case in node_cases()]
CASES = [pytest.param(case, id=case.name) for case in node_cases() if case.name not in REFUSED]
WITHOUT_CHANCE = [case for case in CASES if not is_by_chance(str(case.id))]


@pytest.mark.parametrize("case", ALL_CASES)
def test_types_of_outputs(case: NodeCase, tmp_path: Path) -> None:
    if case.name in REFUSED:
        with pytest.raises(ExportError) as caught:
            infer_types.run(case.graph(tmp_path, is_parameter))
        assert REFUSED[case.name] in str(caught.value)
        return
    graph = case.graph(tmp_path, is_parameter)
    infer_types.run(graph)
    sizes = _learned_sizes(graph, case)
    for output in graph.outputs:
        expected = case.outputs[output.name]
        shape = tuple(substitute(extent, sizes) for extent in output.shape)
        assert (output.dtype, shape) == (expected.dtype.name, expected.shape)


@pytest.mark.parametrize("case", CASES)
def test_symbolic_extents(case: NodeCase, tmp_path: Path) -> None:
    """Every extent above 1 as a symbol: inference gives expressions that come out as the extents expected."""
    graph = case.graph(tmp_path, is_parameter)
    if any(node.operator in BY_EXTENT for node in graph.nodes):
        pytest.skip("how many numbers of a head are turned, parts a number has, or turns: known at export")
    sizes = _make_symbolic(graph)
    infer_types.run(graph)
    sizes |= _learned_sizes(graph, case)
    for output in graph.outputs:
        shape = tuple(substitute(extent, sizes) for extent in output.shape)
        assert shape == case.outputs[output.name].shape, output.shape


@pytest.mark.parametrize("case", WITHOUT_CHANCE)
def test_elements_known_at_export(case: NodeCase, tmp_path: Path) -> None:
    """With all inputs constant: what is evaluated is right. How much is, test_evaluated_operators says."""
    graph = case.graph(tmp_path, lambda name, array: True)
    infer_types.run(graph)
    for output in graph.outputs:
        if output.elements is not None:
            expected = case.outputs[output.name]
            actual = np.asarray(output.elements, dtype=np.float64).reshape(expected.shape)
            tolerance = 2e-3 if expected.dtype.itemsize == 2 else 1e-6
            np.testing.assert_allclose(actual, expected.astype(np.float64), rtol=tolerance, atol=1e-6)


def test_evaluated_operators(tmp_path: Path) -> None:
    """The operators of shape arithmetic are evaluated at export."""
    evaluated = set()
    for case in node_cases():
        if case.name not in REFUSED:
            graph = case.graph(tmp_path, lambda name, array: True)
            infer_types.run(graph)
            if all(output.elements is not None for output in graph.outputs):
                evaluated.add(case.model.graph.node[0].op_type)
    missing = SHAPE_ARITHMETIC - evaluated
    assert not missing


@pytest.mark.parametrize("case", WITHOUT_CHANCE)
def test_decompositions(case: NodeCase, tmp_path: Path) -> None:
    """What ONNX's reference evaluator computes with the simpler nodes is the expected result."""
    graph = case.graph(tmp_path, is_parameter)
    infer_types.run(graph)
    if decompose_operators.run(graph) == 0:
        return
    if any(node.domain == "texelflow" for node in graph.nodes):
        return  # whose operators the evaluator does not know; tests/kernels compares it
    names = {value.name for value in graph.inputs}
    feeds = {name: array for name, array in case.inputs.items() if name in names}
    results = ReferenceEvaluator(to_onnx(graph, _learned_sizes(graph, case))).run(None, feeds)
    for expected, actual in zip(case.outputs.values(), results, strict=True):
        assert (actual.dtype, actual.shape) == (expected.dtype, expected.shape)
        tolerance = 2e-3 if expected.dtype.itemsize == 2 else 1e-5
        absolute = tolerance / 10
        if case.model.graph.node[0].op_type in WAVES:
            absolute = max(absolute, 2.0**-23 * np.abs(expected).max())
        np.testing.assert_allclose(
            actual.astype(np.float64), expected.astype(np.float64), rtol=tolerance, atol=absolute
        )


def _learned_sizes(graph: Graph, case: NodeCase) -> dict[str, int]:
    """Return the symbols that a run learns from data, as the expected results have them."""
    learned = {name for node in graph.nodes for name in symbols_bound_by(node)}
    return {
        str(extent): size
        for output in graph.outputs
        for extent, size in zip(output.shape, case.outputs[output.name].shape, strict=True)
        if str(extent) in learned
    }


def _make_symbolic(graph: Graph) -> dict[str, int]:
    sizes = {}
    for value in graph.inputs:
        shape = []
        for extent in value.shape:
            assert isinstance(extent, int)
            if extent > 1:
                sizes[f"extent_{extent}"] = extent
            shape.append(symbol(f"extent_{extent}") if extent > 1 else extent)
        value.type = TensorType(value.dtype, tuple(shape))
    for output in graph.outputs:
        output.type = None
    return sizes
