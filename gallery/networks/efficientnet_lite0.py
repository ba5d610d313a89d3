"""EfficientNet-Lite0, for weights that come without what computes with them: a classifier of pictures
[1, 3, 224, 224].

Source: github.com/tensorflow/tpu, models/official/efficientnet/lite, 2020; the names of the weights are those
of EfficientNet-PyTorch.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from networks.state_dict import read_state_dict

BLOCKS = 16
HALVING = {1, 3, 5, 11}
"""The blocks whose result has half the rows and columns."""
EPSILON = 1e-3


def make(source: Path, target: Path) -> None:
    """Write the network as an ONNX file; raise ValueError if the weights are not its own.

    Args:
        source: the weights, as PyTorch wrote them before 1.6.
        target: the file that is written.
    """
    weights = read_state_dict(source.read_bytes())
    try:
        model = _Network(weights).model()
    except KeyError as missing:
        raise ValueError(f"the weights lack {missing}") from None
    onnx.checker.check_model(model)
    target.write_bytes(model.SerializeToString())


class _Network:
    def __init__(self, weights: dict[str, Any]) -> None:
        self.weights = weights
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def model(self) -> Any:
        """Return the model, from `image` to `scores` before softmax."""
        x = self.convolved("image", "_conv_stem", "_bn0", stride=2)
        for index in range(BLOCKS):
            x = self.block(x, f"_blocks.{index}.", stride=2 if index in HALVING else 1)
        x = self.convolved(x, "_conv_head", "_bn1")
        pooled = self.node("Flatten", [self.node("GlobalAveragePool", [x], "pooled")], "flat")
        fully = [self.constant(f"_fc.{part}") for part in ("weight", "bias")]
        self.node("Gemm", [pooled, *fully], "scores", transB=1)
        given = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, 224, 224])
        made = helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1, 1000])
        graph = helper.make_graph(self.nodes, "EfficientNet-Lite0", [given], [made], self.constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)

    def block(self, x: str, name: str, stride: int) -> str:
        """Widen, look around in each channel, and narrow; added to what came in where that has the shape."""
        y = x
        if f"{name}_expand_conv.weight" in self.weights:
            y = self.convolved(y, f"{name}_expand_conv", f"{name}_bn0")
        y = self.convolved(y, f"{name}_depthwise_conv", f"{name}_bn1", stride)
        y = self.convolved(y, f"{name}_project_conv", f"{name}_bn2", is_clipped=False)
        first = f"{name}_expand_conv.weight"
        widths = (
            self.weights[first].shape[1] if first in self.weights else None,
            self.weights[f"{name}_project_conv.weight"].shape[0],
        )
        return self.node("Add", [x, y], f"{name}sum") if stride == 1 and widths[0] == widths[1] else y

    def convolved(self, x: str, name: str, norm: str, stride: int = 1, is_clipped: bool = True) -> str:
        """A convolution, its normalisation, and a ReLU6 unless it narrows."""
        kernel = self.weights[f"{name}.weight"]
        groups = kernel.shape[0] if kernel.shape[1] == 1 else 1
        settings = {"strides": [stride] * 2, "group": groups, "auto_pad": "SAME_UPPER"}
        y = self.node("Conv", [x, self.constant(f"{name}.weight")], name, **settings)
        parts = ("weight", "bias", "running_mean", "running_var")
        y = self.node(
            "BatchNormalization",
            [y, *(self.constant(f"{norm}.{part}") for part in parts)],
            norm,
            epsilon=EPSILON,
        )
        if not is_clipped:
            return y
        limits = [self.constant(text, np.float32(number)) for text, number in (("zero", 0), ("six", 6))]
        return self.node("Clip", [y, *limits], f"{norm}_clipped")

    def node(self, kind: str, inputs: Sequence[str], name: str, **settings: Any) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, **settings))
        return name

    def constant(self, name: str, value: Any = None) -> str:
        if all(each.name != name for each in self.constants):
            array = np.asarray(self.weights[name] if value is None else value)
            self.constants.append(numpy_helper.from_array(array, name))
        return name
