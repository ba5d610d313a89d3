"""What the conversion of an ONNX net to TensorFlow's operators rests on: layouts of values, and fusion."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator
from tfjs_graph import TfjsGraph, Type

TO_IMAGE, FROM_IMAGE = (0, 2, 3, 1), (0, 3, 1, 2)
IMAGE_AXIS = {0: 0, 1: 3, 2: 1, 3: 2}
"""ONNX has [batch, channels, height, width], TensorFlow [batch, height, width, channels]."""


class UnknownOperatorError(Exception):
    """A net uses an operator that this file does not turn into TensorFlow's."""


@dataclass(frozen=True)
class Value:
    """A computed value: the name of its node, and whether it lies as an image with channels last."""

    name: str
    image: bool


class ConverterState:
    """The TF.js graph being made and what is known of the ONNX model, whose shapes are inferred."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self.graph = TfjsGraph()
        self.constants = {item.name: numpy_helper.to_array(item) for item in model.graph.initializer}
        self.values: dict[str, Value] = {}
        self.skipped: set[str] = set()
        self.nodes = list(model.graph.node)
        self.uses = Counter(name for node in self.nodes for name in node.input)
        self.shapes = {name: array.shape for name, array in self.constants.items()}
        for info in (*model.graph.value_info, *model.graph.input, *model.graph.output):
            self.shapes[info.name] = tuple(dim.dim_value for dim in info.type.tensor_type.shape.dim)
        self.written: dict[str, str] = {}
        self.swapped: dict[str, str] = {}
        self.find_swapped()
        self.fold_constants()

    def find_swapped(self) -> None:
        """Let matrix products swap the last two axes of their right operand, as TensorFlow's models do.

        `swapped` has what is swapped by the name of the result. Weights are folded instead, also where that
        stores an embedding twice: so does TensorFlow's converter, and the product takes half the time.
        """
        for node in self.nodes:
            users = [user for user in self.nodes if node.output[0] in user.input]
            if (
                node.op_type == "Transpose"
                and node.input[0] not in self.constants
                and is_swap(onnx.helper.get_attribute_value(node.attribute[0]))
                and users
                and all(user.op_type == "MatMul" and user.input[0] != node.output[0] for user in users)
            ):
                self.swapped[node.output[0]] = node.input[0]
                self.skipped.add(node.name)

    def fold_constants(self) -> None:
        """Compute what depends on constants alone, as TensorFlow's converter does."""
        for node in self.nodes:
            if node.name in self.skipped or not all(name in self.constants for name in node.input if name):
                continue
            feeds = {name: self.constants[name] for name in node.input if name}
            results = cast(Sequence[NDArray[Any]], ReferenceEvaluator(node).run(None, feeds))
            self.constants.update(zip(node.output, results, strict=True))
            self.skipped.add(node.name)

    def add(self, operator: str, node: onnx.NodeProto, inputs: Sequence[str], **attributes: Any) -> str:
        return self.graph.node(operator, node.output[0], inputs, T=Type("DT_FLOAT"), **attributes)

    def constant(self, values: Any, dtype: str = "int32") -> str:
        return self.graph.constant(np.array(values, dtype), "constant")

    def done(self, node: onnx.NodeProto, name: str, image: bool) -> None:
        self.values[node.output[0]] = Value(name, image)

    def plain(self, value: str) -> str:
        """Return the name of a value in ONNX's own axis order."""
        if value in self.constants:
            return self.weight(value, self.constants[value])
        found = self.values[value]
        if not found.image:
            return found.name
        if self.shapes[value][2:] == (1, 1):
            return self.reshape(found.name, self.shapes[value])
        return self.transpose(found.name, FROM_IMAGE)

    def image(self, value: str) -> str:
        """Return the name of a value with its channels last."""
        if value not in self.values:
            raise UnknownOperatorError(f"an image that is constant ({value})")
        found = self.values[value]
        return found.name if found.image else self.transpose(found.name, TO_IMAGE)

    def weight(self, name: str, values: NDArray[Any]) -> str:
        if name not in self.written:
            self.written[name] = self.graph.constant(values, name)
        return self.written[name]

    def transpose(self, name: str, order: Sequence[int]) -> str:
        return self.derived("Transpose", name, order)

    def reshape(self, name: str, shape: Sequence[int]) -> str:
        return self.derived("Reshape", name, shape)

    def derived(self, operator: str, name: str, integers: Sequence[int]) -> str:
        # A colon in a name would be read as the number of one of several outputs.
        own = f"{name.replace(':', '_')}_{operator.lower()}"
        return self.graph.node(operator, own, [name, self.constant(integers)], T=Type("DT_FLOAT"))

    def activation_after(self, node: onnx.NodeProto) -> tuple[str | None, onnx.NodeProto]:
        """Return the activation that can be fused into `node`, and the node that then gives the result."""
        user = self.only_user(node)
        if user is not None and user.op_type == "Relu":
            activation = "Relu"
        elif user is not None and user.op_type == "Clip" and self.is_relu6(user):
            activation = "Relu6"
        else:
            return None, node
        self.skipped.add(user.name)
        return activation, user

    def only_user(self, node: onnx.NodeProto) -> onnx.NodeProto | None:
        """Return the node that uses the result of `node`, if there is exactly one."""
        if self.uses[node.output[0]] != 1:
            return None
        users: list[onnx.NodeProto] = [user for user in self.nodes if node.output[0] in user.input]
        return users[0]

    def is_relu6(self, node: onnx.NodeProto) -> bool:
        return [float(self.constants[name]) for name in node.input[1:]] == [0.0, 6.0]

    def moments(
        self, value: str, axes: Sequence[int], epsilon: float, scale: str, bias: str, name: str
    ) -> str:
        """Normalise as TensorFlow does: x · s + (bias - mean · s) with s = scale / √(variance + ε)."""

        def node(operator: str, *inputs: str, **attributes: Any) -> str:
            return self.graph.node(operator, name, inputs, T=Type("DT_FLOAT"), **attributes)

        reduced = self.constant(axes)
        mean = node("Mean", value, reduced, keep_dims=True)
        variance = node("Mean", node("SquaredDifference", value, mean), reduced, keep_dims=True)
        deviation = node("Rsqrt", node("AddV2", variance, self.constant(epsilon, "float32")))
        factor = node("Mul", deviation, scale)
        offset = node("Sub", bias, node("Mul", mean, factor))
        return node("AddV2", node("Mul", value, factor), offset)

    def padding(self, node: onnx.NodeProto, attributes: dict[str, Any]) -> dict[str, Any]:
        """Return `padding` and, where neither VALID nor SAME says it, `explicit_paddings`."""
        top, left, bottom, right = attributes["pads"]
        if not any(attributes["pads"]):
            return {"padding": "VALID"}
        same = []
        sizes = zip(
            self.shapes[node.input[0]][2:], attributes["kernel_shape"], attributes["strides"], strict=True
        )
        for size, kernel, stride in sizes:
            total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
            same.append((total // 2, total - total // 2))
        if same == [(top, bottom), (left, right)]:
            return {"padding": "SAME"}
        return {"padding": "EXPLICIT", "explicit_paddings": [0, 0, top, bottom, left, right, 0, 0]}


def is_swap(order: Sequence[int]) -> bool:
    """Whether a Transpose of this order swaps the last two axes and leaves the others."""
    rank = len(order)
    return list(order) == [*range(rank - 2), rank - 1, rank - 2]
