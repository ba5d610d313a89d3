"""Pads become part of the windows that read them, where ONNX Runtime computes the same."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numeric import run_model
from onnx import helper, numpy_helper
from onnx_export import to_onnx
from onnxruntime.capi.onnxruntime_pybind11_state import (
    Fail,
    InvalidArgument,
    RuntimeException,
)

from model_support import operators, read_text, save_text
from texelflow.errors import ExportError
from texelflow.graph import Graph
from texelflow.importers import read_model
from texelflow.passes import fold_pads, infer_types, remove_dead_nodes, simplify
from texelflow.pipeline import Options, build

GRAPHS = 600
LEAST_FOLDED = 8
"""Of each operator that may take a Pad."""


class RandomPad:
    """A Pad of an image, and what reads it: windows of all kinds, or what needs the borders."""

    def __init__(self, seed: int) -> None:
        self.choose = random.Random(seed)
        self.numbers = np.random.default_rng(seed)
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self.outputs: list[str] = []
        self.spatial = self.choose.choice((1, 2, 2, 2, 3))
        self.channels = self.choose.choice((1, 3, 4))
        self.dtype = self.choose.choice((np.float32, np.float32, np.uint8, np.int8))
        self.zero = 0 if self.dtype is np.float32 else self.choose.choice((0, 3, 7))
        self.extents = [self.choose.randint(2, 7) for _ in range(self.spatial)]
        self.is_last = self.choose.random() < 0.4
        self.shape = [2, *self.extents, self.channels] if self.is_last else [2, self.channels, *self.extents]
        padded = self._padded("x")
        for _ in range(self.choose.choice((1, 1, 1, 2))):
            self._read(padded)

    def constant(self, array: Any, dtype: Any = np.float32) -> str:
        """A constant's name."""
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(array, dtype), name))
        return name

    def add(self, operator: str, *inputs: str, **attributes: object) -> str:
        """A node's result."""
        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [name], **attributes))
        return name

    def _padded(self, value: str) -> str:
        if self.dtype is np.float32 and self.choose.random() < 0.5:
            value = self.add(self.choose.choice(("Relu", "Sigmoid", "Neg")), value)
        amounts = [self.choose.choice((0, 0, 1, 2)) for _ in range(2 * self.spatial)]
        rank, first = self.spatial + 2, 1 if self.is_last else 2
        pads = [0] * (2 * rank)
        pads[first : first + self.spatial] = amounts[: self.spatial]
        pads[first + rank : first + rank + self.spatial] = amounts[self.spatial :]
        if self.choose.random() < 0.1:
            pads[self.choose.randrange(2 * rank)] = self.choose.choice((1, -1))
        fills = [self.zero, self.zero, self.zero, 1]
        if self.dtype is np.float32:
            fills += [-np.inf]
        inputs = [value, self.constant(pads, np.int64), self.constant(self.choose.choice(fills), self.dtype)]
        padded = self.add("Pad", *inputs[: self.choose.choice((2, 3, 3, 3, 3))])
        if self.dtype is np.float32 and self.choose.random() < 0.2:
            unit, zero = self.constant(0.05), self.constant(9, np.uint8)
            padded = self.add("DequantizeLinear", self.add("QuantizeLinear", padded, unit, zero), unit, zero)
        if self.is_last:
            padded = self.add("Transpose", padded, perm=[0, rank - 1, *range(1, rank - 1)])
        return padded

    def _window(self, dilated: bool, sizes: tuple[int, ...] = (1, 2, 3)) -> dict[str, Any]:
        size = [self.choose.choice(sizes) for _ in range(self.spatial)]
        window: dict[str, Any] = {"kernel_shape": size}
        if self.choose.random() < 0.5:
            window["strides"] = [self.choose.choice((1, 2)) for _ in size]
        if dilated and self.choose.random() < 0.3:
            window["dilations"] = [self.choose.choice((1, 2)) for _ in size]
        own = self.choose.random()
        if own < 0.2:
            window["pads"] = [self.choose.randrange(extent) for extent in size * 2]
        elif own < 0.4:
            window["auto_pad"] = self.choose.choice(("SAME_UPPER", "SAME_LOWER", "VALID"))
        return window

    def _read(self, value: str) -> None:
        if self.choose.random() < 0.1:
            self.outputs.append(value if self.choose.random() < 0.5 else self.add("Identity", value))
            return
        if self.dtype is np.float32:
            kinds = (self._convolution, self._pooling, self._pooling)
        else:
            kinds = (self._quantized, self._integers, self._dequantized, self._pooling)
        self.outputs.append(self.choose.choice(kinds)(value))

    def _filters(self, window: dict[str, Any], dtype: Any = np.float32) -> tuple[str, int]:
        group = self.choose.choice((1, self.channels))
        shape = [2 * group, self.channels // group, *window["kernel_shape"]]
        numbers = self.numbers.uniform(-1, 1, shape) * (
            1 if dtype is np.float32 else 60
        )  # more saturate sums on some CPUs
        return self.constant(numbers, dtype), group

    def _convolution(self, value: str) -> str:
        window = self._window(dilated=True)
        filters, group = self._filters(window)
        return self.add("Conv", value, filters, group=group, **window)

    def _dequantized(self, value: str) -> str:
        zero = self.constant(self.zero, self.dtype)
        return self._convolution(self.add("DequantizeLinear", value, self.constant(0.1), zero))

    def _quantized(self, value: str) -> str:
        window = self._window(dilated=True)
        filters, group = self._filters(window, np.int8)
        unit, zero = self.constant(0.1), self.constant(self.zero, self.dtype)
        wide = self.constant(2.0)
        inputs = [value, unit, zero, filters, unit, self.constant(0, np.int8), wide, zero]
        return self.add("QLinearConv", *inputs, group=group, **window)

    def _integers(self, value: str) -> str:
        window = self._window(dilated=True)
        dtype = np.uint8 if self.dtype is np.uint8 else np.int8
        filters, group = self._filters(window, dtype)
        zero = [self.constant(self.zero, self.dtype)] if self.zero or self.choose.random() < 0.5 else []
        return self.add("ConvInteger", value, filters, *zero, group=group, **window)

    def _pooling(self, value: str) -> str:
        kind = "MaxPool" if self.dtype is not np.float32 else self.choose.choice(("MaxPool", "AveragePool"))
        window = self._window(dilated=kind == "MaxPool", sizes=(2, 3, 3))
        if self.choose.random() < 0.2:
            window["ceil_mode"] = 1
        if kind == "AveragePool" and self.choose.random() < 0.5:
            window["count_include_pad"] = 1
        return self.add(kind, value, **window)

    def model(self) -> onnx.ModelProto:
        """The model; in some, the sizes of the image are free."""
        free = self.choose.random() < 0.3
        shape = [
            f"d{axis}" if free and extent != self.channels else extent
            for axis, extent in enumerate(self.shape)
        ]
        kind = helper.np_dtype_to_tensor_dtype(np.dtype(self.dtype))
        inputs = [helper.make_tensor_value_info("x", kind, shape)]
        graph = helper.make_graph(
            self.nodes,
            "random",
            inputs,
            [onnx.ValueInfoProto(name=name) for name in self.outputs],
            self.constants,
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)

    def image(self) -> np.ndarray:
        """Numbers for the input."""
        if self.dtype is np.float32:
            return self.numbers.uniform(-1, 1, self.shape).astype(np.float32)
        limits = np.iinfo(self.dtype)
        return self.numbers.integers(limits.min, limits.max, self.shape, self.dtype, endpoint=True)


def _folded(path: Path, whole: bool) -> tuple[Graph, int]:
    graph = read_model(path)
    if whole:
        simplify(graph)
        return graph, 0
    infer_types.run(graph)
    remove_dead_nodes.run(graph)
    return graph, fold_pads.run(graph)


@pytest.mark.parametrize("whole", [False, True], ids=["alone", "with all passes"])
def test_random_pads(whole: bool, tmp_path: Path) -> None:
    """ONNX Runtime computes the same before and behind the pass."""
    taken: Counter[str] = Counter()
    kept = compared = 0
    for seed in range(GRAPHS // 4 if whole else GRAPHS):
        made = RandomPad(seed)
        model, feeds = made.model(), {"x": made.image()}
        path = tmp_path / f"{seed}.onnx"
        onnx.save(model, path)
        try:
            graph, count = _folded(path, whole)
            expected = run_model(model, feeds)
        except (ExportError, Fail, InvalidArgument, RuntimeException):  # windows that do not fit
            continue
        if not all(array.size for array in expected.values()):
            continue
        compared += 1
        symbols = {f"d{axis}": extent for axis, extent in enumerate(made.shape)}
        actual = run_model(to_onnx(graph, symbols), feeds)
        for name, array in expected.items():
            assert actual[name].dtype == array.dtype
            rounds = any(node.op_type == "QLinearConv" for node in model.graph.node)
            near = {"rtol": 2e-4, "atol": 2e-5} if array.dtype == np.float32 else {"atol": int(rounds)}
            # Of windows that are -inf everywhere ONNX Runtime's kernels make that or the lowest number.
            found, wanted = (np.maximum(each.astype(np.float64), -3.4e38) for each in (actual[name], array))
            np.testing.assert_allclose(found, wanted, err_msg=f"seed {seed}: {name}", **near)
        taken.update(node.op_type for node in model.graph.node if count)
        kept += not whole and not count
    assert compared > 0.6 * (GRAPHS // 4 if whole else GRAPHS)
    if not whole:
        kinds = (
            "Conv",
            "QLinearConv",
            "ConvInteger",
            "AveragePool",
            "MaxPool",
            "Transpose",
            "QuantizeLinear",
        )
        assert min(taken[kind] for kind in kinds) >= LEAST_FOLDED, taken
        assert kept > GRAPHS / 10


FIRST = "Conv <strides = [2, 2], group = 4, pads = [0, 0, 1, 1]> ({0}, w)"
LAST = (
    "p{1} = Pad ({0}, p) c{1} = Transpose <perm = [0, 3, 1, 2]> (p{1}) "
    "d{1} = Conv <strides = [2, 2], group = 4> (c{1}, w) {1} = Transpose <perm = [0, 2, 3, 1]> (d{1})"
)


def _strided(first: bool) -> str:
    """A network of three depthwise convolutions by strides of 2 and what is around each, at any size."""
    shape, wanted = ("N,4,H,W", "N,4,P,Q") if first else ("N,H,W,4", "N,P,Q,4")
    nodes, last = [], "x"
    for level in range(3):
        relu, name = f"r{level}", "y" if level == 2 else f"v{level}"
        nodes.append(f"{relu} = Relu ({last})")
        nodes.append(f"{name} = {FIRST.format(relu)}" if first else LAST.format(relu, name))
        last = name
    pads = "<int64[8] p = {0, 0, 0, 0, 0, 1, 1, 0}>"
    return f"g (float[{shape}] x, float[4,1,3,3] w) => (float[{wanted}] y) {pads} {{ {' '.join(nodes)} }}"


def test_draws(tmp_path: Path) -> None:
    """Keras' padding before strides takes no draw: as many as where convolutions pad, but at both ends."""
    draws = []
    for first in (True, False):
        plan = build(save_text(_strided(first), tmp_path), Options()).graph_file["plans"]["webgl2"]
        draws.append(len(plan["entries"]["predict"]))
    assert draws[1] <= draws[0] + 2


def test_channels_that_are_padded_stay(tmp_path: Path) -> None:
    text = _strided(False).replace("{0, 0, 0, 0, 0, 1, 1, 0}", "{0, 0, 0, 0, 0, 1, 1, 4}")
    graph = read_text(text.replace("group = 4", "group = 8").replace("[4,1,3,3] w", "[8,1,3,3] w"), tmp_path)
    graph.nodes = graph.nodes[:4]
    graph.outputs = graph.nodes[-1].outputs
    infer_types.run(graph)
    assert fold_pads.run(graph) == 0
    assert "Pad" in operators(graph)
