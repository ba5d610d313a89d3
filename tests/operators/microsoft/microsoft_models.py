"""Models of nodes of com.microsoft, and whether the exporter keeps what ONNX Runtime computes of them."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numeric import run_model
from onnx import TensorProto, helper, numpy_helper
from onnx_export import to_onnx

from texelflow.graph import Graph
from texelflow.importers import read_model
from texelflow.passes import decode_at_load, simplify

Arrays = dict[str, np.ndarray]


@dataclass
class Layer:
    """A node: its inputs by name, "" for one left out, which are feeds or constants.

    `shapes` are those that the model declares for feeds; others have that of their array.
    """

    operator: str
    inputs: Sequence[str]
    feeds: Arrays
    constants: Arrays = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)
    outputs: Sequence[str] = ("y",)
    shapes: Mapping[str, Sequence[int | str]] = field(default_factory=dict)
    domain: str = "com.microsoft"

    def model(self) -> onnx.ModelProto:
        node = helper.make_node(
            self.operator, list(self.inputs), list(self.outputs), domain=self.domain, **self.attributes
        )
        return model_of([node], self.feeds, self.constants, [*filter(None, self.outputs)], self.shapes)


def model_of(
    nodes: Sequence[onnx.NodeProto],
    feeds: Arrays,
    constants: Arrays,
    outputs: Sequence[str],
    shapes: Mapping[str, Sequence[int | str]] | None = None,
) -> onnx.ModelProto:
    """Return a model; the types of its outputs are left to whoever reads it."""
    shapes = shapes or {}
    graph = helper.make_graph(
        list(nodes),
        "layer",
        [
            helper.make_tensor_value_info(
                name, helper.np_dtype_to_tensor_dtype(array.dtype), shapes.get(name, array.shape)
            )
            for name, array in feeds.items()
        ],
        [
            # The type of this one follows from nothing.
            helper.make_tensor_value_info(name, TensorProto.FLOAT, None)
            if name == "products"
            else helper.make_empty_tensor_value_info(name)
            for name in outputs
        ],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10)


def exported(model: onnx.ModelProto, folder: Path) -> Graph:
    """Return the model as the exporter simplifies it."""
    path = folder / "model.onnx"
    onnx.save(model, path)
    graph = read_model(path)
    simplify(graph)
    decode_at_load.run(graph)  # what weights of few bits are by ONNX's operators
    assert all(node.domain == "" for node in graph.nodes), [node.title for node in graph.nodes]
    return graph


def run_graph(graph: Graph, feeds: Arrays) -> Arrays:
    """Return what ONNX Runtime computes of a simplified graph; its symbols are bound by the feeds."""
    symbols: dict[str, int] = {}
    for value in graph.inputs:
        for extent, size in zip(value.shape, feeds[value.name].shape, strict=True):
            if not isinstance(extent, int):
                symbols[str(extent)] = size
    return run_model(to_onnx(graph, symbols), feeds)


def assert_same(graph: Graph, feeds: Arrays, expected: Arrays, atol: float = 2e-5, steps: int = 0) -> None:
    """Assert that a graph computes what is expected; whole numbers may differ by `steps`."""
    results = run_graph(graph, feeds)
    for name, wanted in expected.items():
        assert results[name].shape == wanted.shape, name
        assert results[name].dtype == wanted.dtype, name
        if wanted.dtype.kind in "iu":
            difference = np.abs(results[name].astype(np.int64) - wanted.astype(np.int64))
            assert difference.max(initial=0) <= steps, (name, difference.max())
        else:
            np.testing.assert_allclose(results[name], wanted, rtol=1e-4, atol=atol, err_msg=name)


def check(layer: Layer, folder: Path, atol: float = 2e-5, steps: int = 0) -> Graph:
    """Assert that the exporter keeps what ONNX Runtime computes of a layer; return the simplified graph."""
    model = layer.model()
    try:
        expected = run_model(model, layer.feeds)
        graph = exported(model, folder)
        assert_same(graph, layer.feeds, expected, atol, steps)
    except Exception as error:
        shapes = {name: array.shape for name, array in {**layer.feeds, **layer.constants}.items()}
        error.add_note(f"{layer.operator} {list(layer.inputs)} {shapes} {layer.attributes} {layer.outputs}")
        raise
    return graph


def with_free_sizes(layer: Layer, others: Sequence[Arrays], folder: Path, atol: float = 2e-5) -> None:
    """Export a layer whose declared shapes have names once, and compare it at its own sizes and at others."""
    model = layer.model()
    graph = exported(model, folder)
    for feeds in (layer.feeds, *others):
        assert_same(graph, feeds, run_model(model, feeds), atol)


def normal(source: random.Random, *shape: int) -> np.ndarray:
    """Return normally distributed float32 numbers of a shape."""
    generator = np.random.default_rng(source.randrange(2**32))
    return generator.standard_normal(shape).astype(np.float32)
