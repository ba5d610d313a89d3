"""Transposes sink through what reads them, and nothing changes but where they are."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from numeric import run_model
from onnx import helper, numpy_helper
from onnx_export import to_onnx

from model_support import operators, read_text
from texelflow.graph import Graph
from texelflow.importers import read_model
from texelflow.passes import infer_types, remove_dead_nodes, simplify, sink_transposes

GRAPHS = 60
STEPS = 14


class RandomGraph:
    """Nodes of a few kinds on values of rank 3 or 4, half of them Transposes."""

    def __init__(self, seed: int) -> None:
        self.choose = random.Random(seed)
        self.numbers = np.random.default_rng(seed)
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        rank = self.choose.choice((3, 4))
        self.shapes = {"x": self._extents(rank), "y": self._extents(rank)}
        self.inputs = dict(self.shapes)

    def _extents(self, rank: int) -> tuple[int, ...]:
        return tuple(self.choose.choice((1, 2, 3, 5)) for _ in range(rank))

    def constant(self, array: np.ndarray) -> str:
        """A constant's name."""
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def add(self, operator: str, inputs: list[str], shape: tuple[int, ...], **attributes: object) -> str:
        """A node's result."""
        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [name], **attributes))
        self.shapes[name] = shape
        return name

    def step(self) -> None:
        """Append one node of a random kind."""
        name = self.choose.choice(list(self.shapes)[-4:])
        shape = self.shapes[name]
        if not shape:
            return
        kinds: list[Callable[[str, tuple[int, ...]], object]] = [
            *[self.transpose] * 6,
            *(self.unary, self.broadcast, self.both, self.concat, self.softmax, self.reduce, self.gather),
            *(self.slice, self.pad, self.cumsum, self.arg, self.reshape, self.clip),
        ]
        self.choose.choice(kinds)(name, shape)

    def transpose(self, name: str, shape: tuple[int, ...]) -> str:
        order = list(range(len(shape)))
        self.choose.shuffle(order)
        return self.add("Transpose", [name], tuple(shape[axis] for axis in order), perm=order)

    def unary(self, name: str, shape: tuple[int, ...]) -> None:
        self.add(self.choose.choice(("Sigmoid", "Neg", "HardSwish", "Abs")), [name], shape)

    def clip(self, name: str, shape: tuple[int, ...]) -> None:
        limits = [self.constant(np.float32(limit)) for limit in (-0.5, 0.5)]
        self.add("Clip", [name, *limits], shape)

    def broadcast(self, name: str, shape: tuple[int, ...]) -> None:
        rank = self.choose.randint(0, len(shape))
        extents = [self.choose.choice((1, extent)) for extent in shape[len(shape) - rank :]]
        constant = self.constant(self.numbers.uniform(0.5, 2, extents).astype(np.float32))
        operands = [name, constant] if self.choose.random() < 0.5 else [constant, name]
        self.add(self.choose.choice(("Add", "Mul", "Sub")), operands, shape)

    def both(self, name: str, shape: tuple[int, ...]) -> None:
        """Two values turned alike."""
        other = self.add("Tanh", [name], shape)
        order = list(range(len(shape)))
        self.choose.shuffle(order)
        turned = [
            self.add("Transpose", [each], tuple(shape[a] for a in order), perm=order)
            for each in (name, other)
        ]
        self.add("Mul", turned, self.shapes[turned[0]])

    def concat(self, name: str, shape: tuple[int, ...]) -> None:
        axis = self.choose.randrange(len(shape))
        constant = self.constant(self.numbers.uniform(-1, 1, shape).astype(np.float32))
        longer = (*shape[:axis], 2 * shape[axis], *shape[axis + 1 :])
        self.add("Concat", [name, constant], longer, axis=axis - self.choose.choice((0, len(shape))))

    def softmax(self, name: str, shape: tuple[int, ...]) -> None:
        axis = self.choose.randrange(-len(shape), len(shape))
        self.add(self.choose.choice(("Softmax", "LogSoftmax")), [name], shape, axis=axis)

    def reduce(self, name: str, shape: tuple[int, ...]) -> None:
        axes = self.choose.sample(range(len(shape)), self.choose.randint(1, max(1, len(shape) - 1)))
        keep = self.choose.choice((0, 1))
        kept = [
            (1 if axis in axes else extent) for axis, extent in enumerate(shape) if keep or axis not in axes
        ]
        listed = self.constant(np.array(axes, np.int64))
        self.add(self.choose.choice(("ReduceMean", "ReduceMax")), [name, listed], tuple(kept), keepdims=keep)

    def gather(self, name: str, shape: tuple[int, ...]) -> None:
        axis = self.choose.randrange(len(shape))
        index = np.int64(0) if self.choose.random() < 0.5 else np.array([0, -1], np.int64)
        made = (*shape[:axis], *index.shape, *shape[axis + 1 :])
        self.add("Gather", [name, self.constant(np.asarray(index))], made, axis=axis)

    def slice(self, name: str, shape: tuple[int, ...]) -> None:
        axis = self.choose.randrange(len(shape))
        step = self.choose.choice((1, -1))
        bounds = [[0], [2**31 - 1]] if step > 0 else [[-1], [-(2**31)]]
        inputs = [self.constant(np.array(numbers, np.int64)) for numbers in (*bounds, [axis], [step])]
        self.add("Slice", [name, *inputs], shape)

    def pad(self, name: str, shape: tuple[int, ...]) -> None:
        amounts = [self.choose.choice((0, 0, 1)) for _ in range(2 * len(shape))]
        made = tuple(n + amounts[i] + amounts[i + len(shape)] for i, n in enumerate(shape))
        self.add("Pad", [name, self.constant(np.array(amounts, np.int64))], made, mode="constant")

    def cumsum(self, name: str, shape: tuple[int, ...]) -> None:
        axis = self.choose.randrange(-len(shape), len(shape))
        self.add("CumSum", [name, self.constant(np.int64(axis).reshape(()))], shape)

    def arg(self, name: str, shape: tuple[int, ...]) -> None:
        axis, keep = self.choose.randrange(len(shape)), self.choose.choice((0, 1))
        kept = [(1 if a == axis else extent) for a, extent in enumerate(shape) if keep or a != axis]
        places = self.add("ArgMax", [name], tuple(kept), axis=axis, keepdims=keep)
        self.add("Cast", [places], tuple(kept), to=onnx.TensorProto.FLOAT)
        del self.shapes[places]

    def reshape(self, name: str, shape: tuple[int, ...]) -> None:
        made = tuple(reversed(shape))
        self.add("Reshape", [name, self.constant(np.array(made, np.int64))], made)

    def model(self) -> onnx.ModelProto:
        """The model; its outputs are the last values, and one in their midst."""
        made = [name for name in self.shapes if name not in self.inputs]
        wanted = dict.fromkeys([*made[-2:], made[len(made) // 2]])
        outputs = [helper.make_tensor_value_info(name, 1, self.shapes[name]) for name in wanted]
        inputs = [helper.make_tensor_value_info(name, 1, shape) for name, shape in self.inputs.items()]
        graph = helper.make_graph(self.nodes, "random", inputs, outputs, self.constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


def _sunk(path: Path, whole: bool) -> tuple[Graph, int]:
    graph = read_model(path)
    if whole:
        simplify(graph)
        return graph, 0
    infer_types.run(graph)
    count = sink_transposes.run(graph)
    remove_dead_nodes.run(graph)
    return graph, count


@pytest.mark.parametrize("whole", [False, True], ids=["alone", "with all passes"])
def test_random_graphs(whole: bool, tmp_path: Path) -> None:
    """ONNX Runtime computes the same before and behind the pass."""
    moved = 0
    for seed in range(GRAPHS):
        made = RandomGraph(seed)
        while len(made.nodes) < STEPS:
            made.step()
        path = tmp_path / f"{seed}.onnx"
        onnx.save(made.model(), path)
        graph, count = _sunk(path, whole)
        moved += count
        numbers = np.random.default_rng(seed)
        feeds = {
            name: numbers.uniform(-1, 1, shape).astype(np.float32) for name, shape in made.inputs.items()
        }
        expected = run_model(onnx.load(path), feeds)
        actual = run_model(to_onnx(graph, {}), feeds)
        for name, array in expected.items():
            np.testing.assert_allclose(
                actual[name], array, rtol=2e-4, atol=2e-5, err_msg=f"seed {seed}: {name}"
            )
    assert whole or moved > 2 * GRAPHS


CHANNELS_LAST = """
g (float[1,8,8,3] x, float[4,3,3,3] w, float[4,4,3,3] v, float[4] s) => (float[1,8,8,4] y) {
  a = Transpose <perm = [0, 3, 1, 2]> (x)
  b = Conv <pads = [1, 1, 1, 1]> (a, w)
  c = Transpose <perm = [0, 2, 3, 1]> (b)
  d = Mul (c, s)
  e = Relu (d)
  f = Transpose <perm = [0, 3, 1, 2]> (e)
  h = Conv <pads = [1, 1, 1, 1]> (f, v)
  i = Transpose <perm = [0, 2, 3, 1]> (h)
  y = Add (i, e)
}
"""


def test_transposes_between_convolutions_cancel(tmp_path: Path) -> None:
    """What is left of six are the first and the last, and one of the slopes, which are inputs here."""
    graph = read_text(CHANNELS_LAST, tmp_path)
    simplify(graph)
    assert operators(graph).count("Transpose") <= 3
    between = operators(graph)[operators(graph).index("Conv") + 1 :]
    assert "Transpose" not in between[: between.index("Conv")]
