"""ONNX's own node tests as Graphs: one operator each, with inputs and expected outputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper

from onnx_node_tests import node_tests
from texelflow.graph import DTYPES, Graph
from texelflow.importers import read_model
from texelflow.operators import registry

PINNED_ELEMENTS = 1024
"""Inputs of at most as many whole numbers may be parameters; those are given as constants."""


@dataclass(frozen=True)
class NodeCase:
    """A model of one node, its input arrays by name and the arrays it must give."""

    name: str
    model: onnx.ModelProto
    inputs: dict[str, np.ndarray]
    outputs: dict[str, np.ndarray]

    def graph(self, folder: Path, is_constant: Callable[[str, np.ndarray], bool]) -> Graph:
        """Import the model, with those inputs made constants that the function chooses."""
        model = onnx.ModelProto()
        model.CopyFrom(self.model)
        kept = []
        for declaration in model.graph.input:
            array = self.inputs[declaration.name]
            if is_constant(declaration.name, array):
                model.graph.initializer.append(numpy_helper.from_array(array, declaration.name))
            else:
                kept.append(declaration)
        del model.graph.input[:]
        model.graph.input.extend(kept)
        path = folder / f"{self.name}.onnx"
        path.write_bytes(model.SerializeToString())
        return read_model(path)


def is_parameter(name: str, array: np.ndarray) -> bool:
    """Whether an input may be a parameter: a shape, axes, pads, a depth."""
    real_parameters = ("scales", "roi", "start", "limit", "delta")
    return array.size <= PINNED_ELEMENTS and (array.dtype.kind in "iu" or name in real_parameters)


def _as_array(tensor: Any) -> np.ndarray | None:
    if isinstance(tensor, onnx.TensorProto):
        return numpy_helper.to_array(tensor)
    return tensor if isinstance(tensor, np.ndarray) else None


@cache
def node_cases() -> list[NodeCase]:
    """The cases whose model has one node, of a registered operator, and tensors of supported types only."""
    cases = []
    for test in node_tests():
        model, sets = test.model, test.data_sets
        if not sets or len(model.graph.node) != 1:
            continue
        node = model.graph.node[0]
        if (node.domain, node.op_type) not in registry():
            continue
        given, expected = ([_as_array(tensor) for tensor in tensors] for tensors in sets[0])
        if not all(array is not None and array.dtype.name in DTYPES for array in (*given, *expected)):
            continue
        inputs = dict(zip([value.name for value in model.graph.input], given, strict=True))
        outputs = dict(zip([value.name for value in model.graph.output], expected, strict=True))
        cases.append(NodeCase(test.name, model, inputs, outputs))
    return cases
