"""Import and passes keep the meaning of real models, says ONNX Runtime of the simplified graphs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from numeric import random_inputs, run_model
from onnx_export import to_onnx

from model_support import model_parameters
from texelflow.backends.webgl2.passes import rewrite
from texelflow.dimensions import symbols_of
from texelflow.errors import ExportError
from texelflow.graph import Graph, Value
from texelflow.importers import read_model
from texelflow.operators import symbols_bound_by
from texelflow.passes import decode_at_load, simplify

SYMBOLS = {"detection_1": 84, "unk__349": 97, "unk__350": 81, "x_2": 64, "x_3": 96, "T": 5, "sequence": 576}
"""Extents of free dimensions that cannot be 2, as the others are."""

TOLERANCES = {"squeezenet_fp16": 2e-3, "hand_landmark": 2e-3}
"""Largest error relative to the largest magnitude, where it is not 1e-4."""


def _add_logits(model: onnx.ModelProto, graph: Graph) -> set[str]:
    """Make what an output's sigmoid or softmax reads an output of both too; return the names of such outputs.

    On random input all probabilities may be as good as zero; the logits tell then.
    """
    squeezed: set[str] = set()
    outputs = {output.name for output in model.graph.output}
    values: dict[str, Value] = {value.name: value for value in graph.values() if value.producer is not None}
    for node in model.graph.node:
        logits = values.get(node.input[0]) if node.input else None
        made = outputs.intersection(node.output)
        if made and node.op_type in ("Sigmoid", "Softmax") and logits is not None:
            squeezed |= made
            if logits not in graph.outputs:
                model.graph.output.append(onnx.helper.make_empty_tensor_value_info(logits.name))
                graph.outputs.append(logits)
    return squeezed


def _simplified(path: Path) -> Graph:
    """Return a model's graph after all passes; a test of one that is refused for what it is, is skipped."""
    try:
        graph = read_model(path)
        simplify(graph)
    except ExportError as error:
        refusals = ("not supported", "its condition depends on data")
        assert all(any(part in problem for part in refusals) for problem in error.problems), error
        pytest.skip("; ".join(error.problems))
    rewrite(graph)
    return graph


@pytest.mark.parametrize("path", model_parameters())
def test_outputs_are_those_of_the_model(path: Path) -> None:
    graph = _simplified(path)
    if any(map(symbols_bound_by, graph.nodes)):
        pytest.skip("what a run learns cannot be written as constants; tests/models runs it")
    decode_at_load.run(graph)
    model = onnx.load(path)
    probabilities = _add_logits(model, graph)

    free = {name for value in graph.inputs for extent in value.shape for name in symbols_of(extent)}
    symbols = {name: SYMBOLS.get(name, 2) for name in free}
    inputs = random_inputs(graph, symbols)
    expected = run_model(model, inputs)
    actual = run_model(to_onnx(graph, symbols), inputs)

    assert list(actual) == list(expected)
    for name, reference in expected.items():
        assert actual[name].dtype == reference.dtype
        assert actual[name].shape == reference.shape
        magnitude = 1.0 if name in probabilities else np.abs(reference.astype(np.float64)).max()
        error = np.abs(actual[name].astype(np.float64) - reference).max()
        assert magnitude > 0
        assert error <= TOLERANCES.get(path.parent.name, 1e-4) * magnitude, (name, error, magnitude)


@pytest.mark.parametrize("path", model_parameters())
def test_simplifying_again_changes_nothing(path: Path) -> None:
    graph = _simplified(path)
    before = [(node.operator, [str(value.type) for value in node.outputs]) for node in graph.nodes]
    simplify(graph)
    rewrite(graph)
    assert [(node.operator, [str(value.type) for value in node.outputs]) for node in graph.nodes] == before
