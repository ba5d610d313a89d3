"""Odd models of one node: ONNX's own node tests with one to three things changed, each valid or not.

Whether such a model is valid, and what it computes, says ONNX Runtime.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from onnx_node_tests import is_by_chance
from operators.node_cases import NodeCase, is_parameter, node_cases
from texelflow.importers.onnx.read import OLDEST_OPSET

FREE, FREE_SIZE = "size of extra", 3
"""A free dimension, of an input beside the node's own, and its extent in runs."""

PLACES = ("input", "initializer", "constant", "shape")
"""Where a parameter comes from: a graph input, an initializer, a Constant node, arithmetic on a shape."""


@dataclass
class OddNode:
    """A node, the arrays that it reads and where they come from; '' stands for an omitted input."""

    label: str
    node: onnx.NodeProto
    opsets: list[onnx.OperatorSetIdProto]
    arrays: dict[str, np.ndarray]
    places: dict[str, str] = field(default_factory=dict)
    changes: list[str] = field(default_factory=list)

    def model(self) -> onnx.ModelProto:
        """Return the model; what its outputs are is left to be inferred."""
        nodes: list[onnx.NodeProto] = []
        inputs: list[onnx.ValueInfoProto] = []
        constants: list[TensorProto] = []
        for name, array in self.arrays.items():
            place = self.places.get(name, "input")
            if name not in self.node.input:
                continue
            if place == "initializer" or (place == "shape" and array.dtype.name not in ("int32", "int64")):
                constants.append(numpy_helper.from_array(array, name))
            elif place == "constant":
                value = numpy_helper.from_array(array, name)
                nodes.append(helper.make_node("Constant", [], [name], value=value))
            elif place == "shape":
                stored = numpy_helper.from_array(array - array.dtype.type(FREE_SIZE), f"{name} less")
                constants.append(stored)
                code = helper.np_dtype_to_tensor_dtype(array.dtype)
                nodes += [
                    helper.make_node("Shape", ["extra"], [f"{name} extent"]),
                    helper.make_node("Squeeze", [f"{name} extent"], [f"{name} number"]),
                    helper.make_node("Cast", [f"{name} number"], [f"{name} cast"], to=code),
                    helper.make_node("Add", [f"{name} less", f"{name} cast"], [name]),
                ]
                if not any(item.name == "extra" for item in inputs):
                    inputs.append(helper.make_tensor_value_info("extra", TensorProto.FLOAT, [FREE]))
            else:
                code = helper.np_dtype_to_tensor_dtype(array.dtype)
                inputs.append(helper.make_tensor_value_info(name, code, array.shape))
        nodes.append(self.node)
        outputs = [helper.make_empty_tensor_value_info(name) for name in self.node.output if name]
        graph = helper.make_graph(nodes, "odd", inputs, outputs, constants)
        return helper.make_model(graph, opset_imports=self.opsets, ir_version=10)

    def feeds(self) -> dict[str, np.ndarray]:
        """Return the arrays of the model's inputs."""
        feeds = {
            name: array
            for name, array in self.arrays.items()
            if name in self.node.input and self.places.get(name, "input") == "input"
        }
        if any(self.places.get(name) == "shape" and name in self.node.input for name in self.arrays):
            feeds["extra"] = np.zeros(FREE_SIZE, np.float32)
        return feeds


NOT_YET = frozenset(
    "ArrayFeatureExtractor Attention Binarizer ConvInteger DFT DequantizeLinear"
    " DynamicQuantizeLinear Einsum GRU If LSTM Loop MatMulInteger"
    " NegativeLogLikelihoodLoss QLinearConv QLinearMatMul QuantizeLinear RNN ReverseSequence RotaryEmbedding"
    " STFT Scan Scatter ScatterElements ScatterND SoftmaxCrossEntropyLoss SwiGLU Swish"
    " TreeEnsemble".split()
)
"""Operators of which odd nodes are still to be looked at, one by one."""


def odd_nodes(count: int, seed: int) -> Iterator[OddNode]:
    """Yield `count` models, every operator about as often."""
    source = random.Random(seed)
    by_operator: dict[str, list[NodeCase]] = {}
    for case in node_cases():
        if case.model.opset_import[0].version < OLDEST_OPSET:
            continue
        if case.model.graph.node[0].op_type in NOT_YET or is_by_chance(case.name):
            continue
        by_operator.setdefault(case.model.graph.node[0].op_type, []).append(case)
    names = sorted(by_operator)
    for number in range(count):
        case = source.choice(by_operator[names[number % len(names)]])
        yield _changed(source, case, number)


def _changed(source: random.Random, case: NodeCase, number: int) -> OddNode:
    node = onnx.NodeProto()
    node.CopyFrom(case.model.graph.node[0])
    node.name = source.choice((node.name, "", "a node"))
    odd = OddNode(f"{number}: {case.name}", node, list(case.model.opset_import), dict(case.inputs))
    for name, array in odd.arrays.items():
        if is_parameter(name, array) and _is_constant_in(node, name):
            odd.places[name] = source.choice(("initializer", "constant", "shape", "input"))
            special = node.op_type == "Reshape" and (array <= 0).any()  # 0 and -1 are no extents
            if odd.places[name] == "shape" and (array.dtype.kind not in "iu" or array.ndim > 1 or special):
                odd.places[name] = "initializer"
    for _ in range(source.choice((1, 1, 2, 3))):
        source.choice(CHANGES)(source, odd)
    return odd


def _is_constant_in(node: onnx.NodeProto, name: str) -> bool:
    """Whether models give an input of the node as a parameter: not what it computes with."""
    index = list(node.input).index(name)
    return index > 0 or node.op_type in ("Range", "ConstantOfShape")


def _data(odd: OddNode) -> list[str]:
    return [name for name in odd.arrays if odd.places.get(name, "input") == "input"]


def _filled(source: random.Random, array: np.ndarray, shape: list[int]) -> np.ndarray:
    """Return an array of a shape with the elements of another, repeated."""
    if array.size == 0:
        array = np.ones(1, array.dtype)
    return np.resize(array, shape)


def _change_extent(source: random.Random, odd: OddNode) -> None:
    """Give every axis of one extent another."""
    extents = sorted({extent for name in _data(odd) for extent in odd.arrays[name].shape})
    if not extents:
        return
    old, new = source.choice(extents), source.choice((0, 0, 1, 1, 2, 5))
    for name in _data(odd):
        array = odd.arrays[name]
        shape = [new if extent == old else extent for extent in array.shape]
        odd.arrays[name] = _filled(source, array, shape)
    odd.changes.append(f"extents of {old} are {new}")


def _change_rank(source: random.Random, odd: OddNode) -> None:
    names = _data(odd)
    if not names:
        return
    name = source.choice(names)
    array = odd.arrays[name]
    axis = source.randrange(array.ndim + 1)
    shape = list(array.shape)
    kind = source.randrange(3)
    if kind == 0:
        shape = []
    elif kind == 1:
        shape.insert(axis, source.choice((0, 1, 1)))
    elif shape:
        del shape[min(axis, array.ndim - 1)]
    odd.arrays[name] = _filled(source, array, shape)
    odd.changes.append(f"{name} has shape {shape}")


def _change_place(source: random.Random, odd: OddNode) -> None:
    names = list(odd.arrays)
    if not names:
        return
    name = source.choice(names)
    odd.places[name] = source.choice(PLACES[:3])
    odd.changes.append(f"{name} is {odd.places[name]}")


def _omit_input(source: random.Random, odd: OddNode) -> None:
    inputs = odd.node.input
    if not inputs:
        return
    index = source.randrange(len(inputs))
    if source.random() < 0.5:
        inputs[index] = ""
        odd.changes.append(f"input {index} is omitted")
    else:
        del inputs[-1]
        odd.changes.append("the last input is missing")


def _omit_output(source: random.Random, odd: OddNode) -> None:
    outputs = odd.node.output
    if len(outputs) < 2:
        return
    if source.random() < 0.5:
        outputs[source.randrange(len(outputs))] = ""
    else:
        del outputs[-1]
    odd.changes.append(f"its outputs are {list(outputs)}")


def _change_attribute(source: random.Random, odd: OddNode) -> None:
    attributes = odd.node.attribute
    if not attributes:
        return
    attribute = source.choice(attributes)
    content = helper.get_attribute_value(attribute)
    changed: Any = None
    if source.random() < 0.15:
        attributes.remove(attribute)
        odd.changes.append(f"{attribute.name} is missing")
        return
    if attribute.type == onnx.AttributeProto.INT:
        changed = source.choice((-5, -3, -2, -1, 0, 1, 2, 3, 4))
    elif attribute.type == onnx.AttributeProto.INTS:
        changed = list(content)
        kind = source.randrange(4)
        if kind == 0:
            changed.append(source.choice((0, 1)))
        elif kind == 1 and changed:
            changed.pop()
        elif changed:
            changed[source.randrange(len(changed))] = source.choice((-2, -1, 0, 1, 2, 3, 4))
    elif attribute.type == onnx.AttributeProto.FLOAT:
        changed = source.choice((0.0, -1.0, 0.5, 3.0, 1e30))
    elif attribute.type == onnx.AttributeProto.STRING:
        changed = source.choice(
            ("", "wrong", "NOTSET", "SAME_LOWER", "constant", "edge", "linear", "nearest")
        )
    if changed is None:
        return
    name, kind_of = attribute.name, attribute.type
    attributes.remove(attribute)
    attributes.append(helper.make_attribute(name, changed, attr_type=kind_of))
    odd.changes.append(f"{name} is {changed!r}")


def _change_parameter(source: random.Random, odd: OddNode) -> None:
    names = [name for name in odd.arrays if name not in _data(odd)]
    if not names:
        return
    name = source.choice(names)
    array = odd.arrays[name].copy()
    kind = source.randrange(4)
    if kind == 0 and array.ndim == 1:
        array = array[: source.randrange(array.size + 1)]
    elif kind == 1 and array.ndim == 1:
        array = np.append(array, array.dtype.type(1))
    elif array.size and array.dtype.kind != "b":
        low = 0 if array.dtype.kind == "u" else -3
        array.flat[source.randrange(array.size)] = source.randint(low, 5)
    odd.arrays[name] = array
    odd.changes.append(f"{name} is {array.tolist()}")


def _change_types(source: random.Random, odd: OddNode) -> None:
    """Give all data another element type."""
    kinds = {odd.arrays[name].dtype for name in _data(odd)}
    if not kinds:
        return
    old = source.choice(sorted(kinds, key=str))
    new = np.dtype(source.choice(("float32", "float16", "int32", "int64", "uint8", "bool")))
    for name in odd.arrays:
        if odd.arrays[name].dtype == old:
            with np.errstate(all="ignore"):
                odd.arrays[name] = odd.arrays[name].astype(new)
    odd.changes.append(f"{old} is {new}")


Change = Callable[[random.Random, OddNode], None]

CHANGES: tuple[Change, ...] = (
    _change_extent,
    _change_extent,
    _change_rank,
    _change_place,
    _omit_input,
    _omit_output,
    _change_attribute,
    _change_attribute,
    _change_parameter,
    _change_parameter,
    _change_types,
)
