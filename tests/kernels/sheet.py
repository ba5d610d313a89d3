"""Sheets: ONNX models of many small independent computations, each output named for what it tries."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

Extent: TypeAlias = int | str
Shape: TypeAlias = Sequence[Extent]

CHANNELS = (1, 3, 5, 9)
WIDTHS = (1, 3, 7)
"""Less than a texel, not a multiple of one, more than one; and the same of a block of four pixels."""


SheetMaker: TypeAlias = "Callable[[], Sheet]"
Maker = TypeVar("Maker", bound=SheetMaker)

NOT_FINITE: set[SheetMaker] = set()
"""What makes sheets with results that 16 bits do not hold: see `not_finite`."""


def not_finite(make: Maker) -> Maker:
    """Say that some results of a sheet are infinities, which stores clamp, or differences that cancel."""
    NOT_FINITE.add(make)
    return make


ELEMENTWISE: set[SheetMaker] = set()
"""What makes sheets that try what is computed of an element: see `elementwise`."""


def elementwise(make: Maker) -> Maker:
    """Say that a sheet tries expressions of elements, not how texels are read and stored.

    Each expression is a program to compile, and rounding and folding belong to the stores, which other sheets
    try: it runs at two ways of blocking only.
    """
    ELEMENTWISE.add(make)
    return make


@dataclass(frozen=True, slots=True)
class Numbers:
    """What fills an input: random numbers from `low` up to `high`, multiples of `step` unless that is 0."""

    dtype: str
    shape: Shape
    low: float
    high: float
    step: float

    def draw(self, random: np.random.Generator, sizes: Mapping[str, int]) -> np.ndarray:
        """Return an array of such numbers at the given sizes of the free dimensions."""
        shape = [sizes[extent] if isinstance(extent, str) else extent for extent in self.shape]
        if self.dtype == "bool":
            return np.asarray(random.random(shape) < 0.5)
        if np.dtype(self.dtype).kind in "iu":
            return np.asarray(random.integers(int(self.low), int(self.high), shape), self.dtype)
        numbers = random.uniform(self.low, self.high, shape)
        return np.asarray(np.round(numbers / self.step) * self.step if self.step else numbers, self.dtype)


@dataclass(frozen=True, slots=True)
class Given:
    """An input of the same numbers in every run."""

    array: np.ndarray

    @property
    def dtype(self) -> str:
        return str(self.array.dtype)

    @property
    def shape(self) -> Shape:
        return self.array.shape

    def draw(self, random: np.random.Generator, sizes: Mapping[str, int]) -> np.ndarray:
        """Return the numbers."""
        return self.array


class Sheet:
    """A model under construction. `case` names the computation that the following nodes belong to.

    Free dimensions are given as names in the shapes of inputs; `sizes` has a number for each, run by run.
    """

    def __init__(self, name: str, opset: int = 21, sizes: Sequence[Mapping[str, int]] = ({},)) -> None:
        self.opset = opset
        self.sizes = sizes
        self.random = np.random.default_rng(len(name))
        self._case = name
        self._count = 0
        self._nodes: list[onnx.NodeProto] = []
        self._inputs: dict[str, Numbers | Given] = {}
        self._constants: list[onnx.TensorProto] = []
        self._outputs: list[str] = []

    def case(self, label: str) -> None:
        """Begin a computation."""
        self._case = label

    def input(
        self, shape: Shape, dtype: str = "float32", low: float = -2, high: float = 2, step: float = 0
    ) -> str:
        """Add an input of random numbers (see `Numbers`); return its name."""
        name = self._fresh("input")
        self._inputs[name] = Numbers(dtype, tuple(shape), low, high, step)
        return name

    def given(self, array: Any, dtype: str | None = None) -> str:
        """Add an input of these numbers; of a constant, much would be computed at export. Return its name."""
        name = self._fresh("input")
        self._inputs[name] = Given(np.asarray(array, dtype))
        return name

    def blocked(self, shape: Shape, step: float = 0) -> str:
        """Add an input [N, C, (H,) W] and a node that leaves it blocked, as kernels leave images."""
        return self.node("MaxPool", [self.input(shape, step=step)], kernel_shape=[1] * (len(shape) - 2))

    def constant(self, array: Any, dtype: str | None = None) -> str:
        """Add a constant; return its name."""
        name = self._fresh("constant")
        self._constants.append(numpy_helper.from_array(np.asarray(array, dtype), name))
        return name

    def weights(self, shape: Sequence[int]) -> str:
        """Add a constant of random floats of about unit size; return its name."""
        return self.constant(self.random.standard_normal(shape), "float32")

    def integers(self, *numbers: int) -> str:
        """Add a constant list of int64, as axes and shapes are given; return its name."""
        return self.constant(numbers, "int64")

    def node(self, operator: str, inputs: Sequence[str], **attributes: Any) -> str:
        """Add a node of one output; return the output's name."""
        return self.nodes(operator, inputs, 1, **attributes)[0]

    def nodes(self, operator: str, inputs: Sequence[str], outputs: int, **attributes: Any) -> list[str]:
        """Add a node of several outputs; return their names."""
        names = [self._fresh(operator) for _ in range(outputs)]
        self._nodes.append(helper.make_node(operator, list(inputs), names, name=names[0], **attributes))
        return names

    def output(self, value: str, label: str = "") -> None:
        """Make a value an output of the model, under the case's name."""
        name = f"{self._case}{' ' if label else ''}{label}"
        assert name not in self._outputs, f"two outputs are called {name!r}"
        # Through an Identity, which the exporter removes: an output has a name of its own here.
        self._nodes.append(helper.make_node("Identity", [value], [name], name=name))
        self._outputs.append(name)

    def output_itself(self, value: str) -> None:
        """Make a value an output under its own name, though it may be an input or a constant."""
        self._outputs.append(value)

    def model(self) -> onnx.ModelProto:
        """Return the model; raise onnx's error if it is not valid."""
        inputs = [
            helper.make_tensor_value_info(
                name, helper.np_dtype_to_tensor_dtype(np.dtype(numbers.dtype)), numbers.shape
            )
            for name, numbers in self._inputs.items()
        ]
        outputs = [helper.make_tensor_value_info(name, TensorProto.UNDEFINED, None) for name in self._outputs]
        graph = helper.make_graph(self._nodes, "sheet", inputs, outputs, self._constants)
        domains = dict.fromkeys(("", *(node.domain for node in self._nodes)))
        opsets = [helper.make_opsetid(domain, 1 if domain else self.opset) for domain in domains]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=10)
        model = onnx.shape_inference.infer_shapes(model)
        for output in model.graph.output:
            # What onnx cannot infer (GroupNormalization) is floating here.
            output.type.tensor_type.elem_type = output.type.tensor_type.elem_type or TensorProto.FLOAT
        return model

    def feeds(self, sizes: Mapping[str, int]) -> dict[str, np.ndarray]:
        """Return random inputs at the given sizes of the free dimensions."""
        return {name: numbers.draw(self.random, sizes) for name, numbers in self._inputs.items()}

    def _fresh(self, kind: str) -> str:
        self._count += 1
        return f"{self._case} / {kind} {self._count}"


def run_reference(model: Path, feeds: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Run a model in ONNX Runtime as it is written, without the optimisations that would reorder it."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, dict(feeds)), strict=True))
