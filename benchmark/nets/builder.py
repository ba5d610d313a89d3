"""A small writer of ONNX models with seeded weights, for architectures whose trained weights are not needed.

A benchmark needs a net's shapes, and values that stay of order one so that errors show; it does not need the
net to know anything. Batch normalisation is folded into the convolutions, as torch.onnx.export does.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import ArrayLike, NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET = 17

Pads = int | Sequence[int]
"""Padding of height and width: one number for all sides, or (top, left, bottom, right)."""


class NetBuilder:
    """Collects nodes and weights. Values are named by strings; image values are [1, channels, height, width].

    The channels of image values are remembered, so that a convolution is asked for by its output alone.
    """

    def __init__(self, name: str, seed: int) -> None:
        self.name = name
        self.random = np.random.default_rng(seed)
        self.channels: dict[str, int] = {}
        self.samples: dict[str, NDArray[np.float32 | np.int64]] = {}
        self._nodes: list[onnx.NodeProto] = []
        self._initializers: list[TensorProto] = []
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []
        self._count = 0

    def input(self, name: str, shape: Sequence[int], sample: ArrayLike | None = None) -> str:
        """Declare an input: int64 with the values of `sample`, or float32 with normally distributed ones.

        The values are what the benchmark feeds; they are kept in `samples`.
        """
        if sample is None:
            self.samples[name] = self.random.standard_normal(shape, np.float32)
            dtype = TensorProto.FLOAT
        else:
            self.samples[name] = np.asarray(sample, np.int64).reshape(shape)
            dtype = TensorProto.INT64
        self._inputs.append(helper.make_tensor_value_info(name, dtype, shape))
        if len(shape) == 4:
            self.channels[name] = shape[1]
        return name

    def output(self, value: str, name: str) -> None:
        """Declare an output: `value`, under a name of its own. Its shape is inferred."""
        self._nodes.append(helper.make_node("Identity", [value], [name], name=f"{name}_output"))
        self._outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, None))

    def node(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Add a node with one output and return the output's name; "" leaves an optional input away."""
        return self.nodes(operator, *inputs, outputs=1, **attributes)[0]

    def nodes(self, operator: str, *inputs: str, outputs: int, **attributes: Any) -> list[str]:
        """Add a node with several outputs and return their names. Image values keep the channels they had."""
        self._count += 1
        name = f"{operator.lower()}_{self._count}"
        results = [name] if outputs == 1 else [f"{name}_{index}" for index in range(outputs)]
        self._nodes.append(helper.make_node(operator, inputs, results, name=name, **attributes))
        if inputs and inputs[0] in self.channels:
            self.channels.update(dict.fromkeys(results, self.channels[inputs[0]]))
        return results

    def constant(self, values: object, dtype: str = "float32") -> str:
        """Add an initializer with these values and return its name."""
        self._count += 1
        name = f"constant_{self._count}"
        self._initializers.append(numpy_helper.from_array(np.array(values, dtype), name))
        return name

    def weight(self, shape: Sequence[int], deviation: float) -> str:
        """Add an initializer of normally distributed values around zero and return its name."""
        return self.constant(self.random.standard_normal(shape, np.float32) * np.float32(deviation))

    def conv(
        self,
        value: str,
        channels: int,
        kernel: int,
        *,
        stride: int = 1,
        pads: Pads | None = None,
        groups: int = 1,
        gain: float = math.sqrt(2),
    ) -> str:
        """Convolve with a bias; weights after He: deviation gain / √(inputs of one output).

        Without `pads` the output is input / stride in size, with the same padding on all sides.
        """
        inputs = self.channels[value] // groups
        deviation = gain / math.sqrt(inputs * kernel * kernel)
        weight = self.weight((channels, inputs, kernel, kernel), deviation)
        bias = self.weight((channels,), 0.05)
        sides = kernel // 2 if pads is None else pads
        result = self.node(
            "Conv",
            value,
            weight,
            bias,
            kernel_shape=[kernel, kernel],
            strides=[stride, stride],
            pads=[sides] * 4 if isinstance(sides, int) else list(sides),
            group=groups,
            dilations=[1, 1],
        )
        self.channels[result] = channels
        return result

    def linear(self, value: str, inputs: int, outputs: int, gain: float = 1.0) -> str:
        """Multiply [..., inputs] by a matrix and add a bias: MatMul and Add, as in exports of encoders."""
        product = self.node("MatMul", value, self.weight((inputs, outputs), gain / math.sqrt(inputs)))
        return self.node("Add", self.weight((outputs,), 0.05), product)

    def classifier(self, value: str, classes: int) -> str:
        """Average an image value over its pixels and map it to [1, classes]."""
        features = self.channels[value]
        flat = self.node("Flatten", self.node("GlobalAveragePool", value), axis=1)
        weight = self.weight((classes, features), 1 / math.sqrt(features))
        return self.node("Gemm", flat, weight, self.weight((classes,), 0.05), transB=1)

    def relu(self, value: str) -> str:
        return self.node("Relu", value)

    def relu6(self, value: str) -> str:
        return self.node("Clip", value, self.shared("zero", 0.0), self.shared("six", 6.0))

    def silu(self, value: str) -> str:
        return self.node("Mul", value, self.node("Sigmoid", value))

    def shared(self, name: str, value: float) -> str:
        """Return a scalar initializer of this name, added when it is first asked for."""
        if all(initializer.name != name for initializer in self._initializers):
            self._initializers.append(numpy_helper.from_array(np.array(value, np.float32), name))
        return name

    def concat(self, *values: str) -> str:
        """Join image values along their channels."""
        result = self.node("Concat", *values, axis=1)
        self.channels[result] = sum(self.channels[value] for value in values)
        return result

    def max_pool(self, value: str, kernel: int, stride: int, pads: int = 0) -> str:
        return self.node("MaxPool", value, kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[pads] * 4)

    def double(self, value: str) -> str:
        """Double height and width, each pixel repeated."""
        scales = self.constant([1, 1, 2, 2])
        return self.node(
            "Resize",
            value,
            "",
            scales,
            mode="nearest",
            coordinate_transformation_mode="asymmetric",
            nearest_mode="floor",
        )

    @property
    def weight_bytes(self) -> int:
        """Bytes of all initializers: what any runtime must keep of the model."""
        return sum(len(initializer.raw_data) for initializer in self._initializers)

    def round_to_half(self) -> None:
        """Round the weights to numbers that 16 bits hold, so that storing them so changes nothing."""
        for initializer in self._initializers:
            if initializer.data_type == TensorProto.FLOAT:
                rounded = numpy_helper.to_array(initializer).astype(np.float16).astype(np.float32)
                initializer.raw_data = rounded.tobytes()

    def write(self, path: Path) -> None:
        """Check the model, infer its shapes and write it to `path`."""
        graph = helper.make_graph(self._nodes, self.name, self._inputs, self._outputs, self._initializers)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
        model = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True)
        onnx.checker.check_model(model)
        onnx.save(model, path)
