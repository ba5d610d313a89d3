"""Turn a net of this benchmark into the TF.js graph model that TensorFlow's converter would make of its twin.

Images are [batch, height, width, channels]; biases and activations are fused into convolutions and matrix
products; normalisations have TensorFlow's form. Only the operators that the benchmark's nets use are known.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from tfjs_conversion import IMAGE_AXIS, TO_IMAGE, ConverterState, UnknownOperatorError, Value
from tfjs_graph import TfjsGraph, Type

IMAGE_OPERATORS = {
    *("Conv", "ConvTranspose", "MaxPool", "GlobalAveragePool", "Resize", "InstanceNormalization", "Pad")
}
ELEMENTWISE = {
    "Add": "AddV2",
    "Sub": "Sub",
    "Mul": "Mul",
    "Div": "RealDiv",
    "Pow": "Pow",
    "Relu": "Relu",
    "Sigmoid": "Sigmoid",
    "Sqrt": "Sqrt",
    "Tanh": "Tanh",
    "Erf": "Erf",
    "Where": "SelectV2",
}


class Converter(ConverterState):
    """Walks the nodes of an ONNX model and adds their twins to a `TfjsGraph`; one method an operator."""

    def convert(self, inputs: Sequence[onnx.ValueInfoProto]) -> TfjsGraph:
        for info in inputs:
            users = {node.op_type for node in self.nodes if info.name in node.input}
            image = len(self.shapes[info.name]) == 4 and bool(users & IMAGE_OPERATORS)
            shape = [self.shapes[info.name][axis] for axis in TO_IMAGE] if image else self.shapes[info.name]
            floating = info.type.tensor_type.elem_type == onnx.TensorProto.FLOAT
            name = self.graph.placeholder(info.name, "float32" if floating else "int32", shape)
            self.values[info.name] = Value(name, image)
        for node in self.nodes:
            if node.name in self.skipped:
                continue
            attributes = {item.name: onnx.helper.get_attribute_value(item) for item in node.attribute}
            if node.op_type in ELEMENTWISE:
                self.elementwise(node)
                continue
            method = getattr(self, f"convert_{node.op_type.lower()}", None)
            if method is None:
                raise UnknownOperatorError(f"{node.op_type} ({node.name})")
            method(node, attributes)
        return self.graph

    def elementwise(self, node: onnx.NodeProto) -> None:
        """Keep channels last where an image meets images and scalars only; else use ONNX's order."""
        image = any(name in self.values and self.values[name].image for name in node.input) and all(
            (name in self.values and self.values[name].image) or self.shapes[name] == ()
            for name in node.input
        )
        operator = ELEMENTWISE[node.op_type]
        names = [
            self.image(name) if image and name in self.values else self.plain(name) for name in node.input
        ]
        if operator == "Pow" and float(self.constants[node.input[1]]) == 2:
            operator, names = "Square", names[:1]
        self.done(node, self.add(operator, node, names), image)

    def convert_conv(self, node: onnx.NodeProto, attributes: dict[str, Any]) -> None:
        kernel = self.constants[node.input[1]]
        depthwise = attributes["group"] > 1
        if depthwise and kernel.shape[1] != 1:
            raise UnknownOperatorError(f"grouped Conv ({node.name})")
        filters = kernel.transpose(2, 3, 0, 1) if depthwise else kernel.transpose(2, 3, 1, 0)
        inputs = [self.image(node.input[0]), self.weight(node.input[1], filters)]
        fused = []
        if len(node.input) > 2:
            inputs.append(self.plain(node.input[2]))
            fused.append("BiasAdd")
        activation, last = self.activation_after(node)
        fused += [activation] if activation else []
        operator = {
            (False, True): "_FusedConv2D",
            (False, False): "Conv2D",
            (True, True): "FusedDepthwiseConv2dNative",
            (True, False): "DepthwiseConv2dNative",
        }[depthwise, bool(fused)]
        name = self.add(
            operator,
            last,
            inputs,
            strides=[1, *attributes["strides"], 1],
            dilations=[1, 1, 1, 1],
            data_format="NHWC",
            **self.padding(node, attributes),
            **({"fused_ops": fused, "num_args": 1, "epsilon": 0.0} if fused else {}),
        )
        self.done(last, name, True)

    def convert_convtranspose(self, node: onnx.NodeProto, attributes: dict[str, Any]) -> None:
        filters = self.constants[node.input[1]].transpose(2, 3, 1, 0)
        batch, channels, height, width = self.shapes[node.output[0]]
        size = self.constant([batch, height, width, channels])
        inputs = [size, self.weight(node.input[1], filters), self.image(node.input[0])]
        strides = [1, *attributes["strides"], 1]
        options = {"strides": strides, "padding": "VALID", "data_format": "NHWC", "dilations": [1, 1, 1, 1]}
        name = self.add("Conv2DBackpropInput", node, inputs, **options)
        bias = self.plain(node.input[2])
        self.done(node, self.add("BiasAdd", node, [name, bias], data_format="NHWC"), True)

    def convert_maxpool(self, node: onnx.NodeProto, attributes: dict[str, Any]) -> None:
        value, padding = self.image(node.input[0]), self.padding(node, attributes)
        if padding["padding"] == "EXPLICIT":
            pairs = np.reshape(padding["explicit_paddings"], (4, 2))
            value = self.add("PadV2", node, [value, self.constant(pairs), self.constant(-3e38, "float32")])
            padding = {"padding": "VALID"}
        sizes = {"ksize": [1, *attributes["kernel_shape"], 1], "strides": [1, *attributes["strides"], 1]}
        self.done(node, self.add("MaxPool", node, [value], **sizes, **padding, data_format="NHWC"), True)

    def convert_globalaveragepool(self, node: onnx.NodeProto, attributes: dict[str, Any]) -> None:
        inputs = [self.image(node.input[0]), self.constant([1, 2])]
        self.done(node, self.add("Mean", node, inputs, keep_dims=True), True)

    def convert_resize(self, node: onnx.NodeProto, attributes: dict[str, Any]) -> None:
        inputs = [self.image(node.input[0]), self.constant(self.shapes[node.output[0]][2:])]
        options = {"align_corners": False, "half_pixel_centers": False}
        self.done(node, self.add("ResizeNearestNeighbor", node, inputs, **options), True)

    def convert_instancenormalization(self, node: onnx.NodeProto, attributes: dict[str, Any]) -> None:
        scale, bias = self.plain(node.input[1]), self.plain(node.input[2])
        value = self.image(node.input[0])
        self.done(node, self.moments(value, [1, 2], attributes["epsilon"], scale, bias, node.output[0]), True)

    def convert_layernormalization(self, node: onnx.NodeProto, attributes: dict[str, Any]) -> None:
        scale, bias = self.plain(node.input[1]), self.plain(node.input[2])
        value = self.plain(node.input[0])
        self.done(node, self.moments(value, [-1], attributes["epsilon"], scale, bias, node.output[0]), False)

    def convert_pad(self, node: onnx.NodeProto, attributes: dict[str, Any]) -> None:
        pairs = self.constants[node.input[1]].reshape(2, 4).T[list(TO_IMAGE)]
        inputs = [self.image(node.input[0]), self.constant(pairs)]
        self.done(node, self.add("MirrorPad", node, inputs, mode=attributes["mode"].decode().upper()), True)

    def convert_clip(self, node: onnx.NodeProto, attributes: dict[str, Any]) -> None:
        if not self.is_relu6(node):
            raise UnknownOperatorError(f"Clip other than to 0..6 ({node.name})")
        value = self.values[node.input[0]]
        self.done(node, self.add("Relu6", node, [value.name]), value.image)

    def convert_softmax(self, node: onnx.NodeProto, attributes: dict[str, Any]) -> None:
        # TensorFlow's softmax is over the last axis, which for an image are the channels.
        rank = len(self.shapes[node.input[0]])
        image = rank == 4 and attributes["axis"] == 1
        if not image and attributes["axis"] not in (-1, rank - 1):
            raise UnknownOperatorError(f"Softmax over axis {attributes['axis']} ({node.name})")
        value = self.image(node.input[0]) if image else self.plain(node.input[0])
        self.done(node, self.add("Softmax", node, [value]), image)

    def convert_concat(self, node: onnx.NodeProto, attributes: dict[str, Any]) -> None:
        image = all(name in self.values and self.values[name].image for name in node.input)
        axis = attributes["axis"]
        parts = [self.image(name) if image else self.plain(name) for name in node.input]
        inputs = [*parts, self.constant(IMAGE_AXIS[axis] if image else axis)]
        self.done(node, self.add("ConcatV2", node, inputs, N=len(parts)), image)

    def convert_split(self, node: onnx.NodeProto, attributes: dict[str, Any]) -> None:
        value = self.values[node.input[0]]
        sizes = self.constant(self.constants[node.input[1]])
        axis = self.constant(IMAGE_AXIS[attributes["axis"]] if value.image else attributes["axis"])
        name = self.add("SplitV", node, [value.name, sizes, axis], num_split=len(node.output))
        for index, output in enumerate(node.output):
            self.values[output] = Value(f"{name}:{index}" if index else name, value.image)

    def convert_gemm(self, node: onnx.NodeProto, attributes: dict[str, Any]) -> None:
        matrix = self.constants[node.input[1]]
        inputs = [
            self.plain(node.input[0]),
            self.weight(node.input[1], matrix.T if attributes.get("transB") else matrix),
            self.plain(node.input[2]),
        ]
        self.done(node, self.fused_matmul(node, inputs), False)

    def fused_matmul(self, node: onnx.NodeProto, inputs: Sequence[str], swapped: bool = False) -> str:
        options = {"transpose_a": False, "transpose_b": swapped, "fused_ops": ["BiasAdd"], "num_args": 1}
        return self.add("_FusedMatMul", node, inputs, **options, epsilon=0.0)

    def convert_matmul(self, node: onnx.NodeProto, attributes: dict[str, Any]) -> None:
        left, right = node.input
        swapped = right in self.swapped
        if swapped:
            right = self.swapped[right]
        if len(self.shapes[right]) != 2:
            inputs = [self.plain(left), self.plain(right)]
            self.done(node, self.add("BatchMatMulV2", node, inputs, adj_x=False, adj_y=swapped), False)
            return
        # A dense layer: TensorFlow flattens all axes but the last and adds the bias in the same kernel.
        rows = self.reshape(self.plain(left), [-1, self.shapes[left][-1]])
        user, last = self.only_user(node), node
        if user is not None and user.op_type == "Add" and (bias := self.bias_of(user)):
            self.skipped.add(user.name)
            last = user
            product = self.fused_matmul(last, [rows, self.plain(right), self.plain(bias)], swapped)
        else:
            inputs = [rows, self.plain(right)]
            product = self.add("MatMul", node, inputs, transpose_a=False, transpose_b=swapped)
        self.done(last, self.reshape(product, self.shapes[node.output[0]]), False)

    def bias_of(self, node: onnx.NodeProto) -> str | None:
        return next(
            (name for name in node.input if name in self.constants and self.constants[name].ndim == 1), None
        )

    def convert_reducemean(self, node: onnx.NodeProto, attributes: dict[str, Any]) -> None:
        inputs = [self.plain(node.input[0]), self.constant(attributes["axes"])]
        self.done(node, self.add("Mean", node, inputs, keep_dims=bool(attributes.get("keepdims", 1))), False)

    def convert_gather(self, node: onnx.NodeProto, attributes: dict[str, Any]) -> None:
        inputs = [self.plain(node.input[0]), self.plain(node.input[1]), self.constant(attributes["axis"])]
        self.done(node, self.add("GatherV2", node, inputs, batch_dims=0), False)

    def convert_cast(self, node: onnx.NodeProto, attributes: dict[str, Any]) -> None:
        target = {onnx.TensorProto.FLOAT: "DT_FLOAT", onnx.TensorProto.BOOL: "DT_BOOL"}[attributes["to"]]
        name = self.graph.node("Cast", node.output[0], [self.plain(node.input[0])], DstT=Type(target))
        self.done(node, name, False)

    def convert_transpose(self, node: onnx.NodeProto, attributes: dict[str, Any]) -> None:
        self.done(node, self.transpose(self.plain(node.input[0]), attributes["perm"]), False)

    def to_known_shape(self, node: onnx.NodeProto, attributes: dict[str, Any]) -> None:
        self.done(node, self.reshape(self.plain(node.input[0]), self.shapes[node.output[0]]), False)

    convert_reshape = convert_flatten = convert_unsqueeze = to_known_shape

    def convert_identity(self, node: onnx.NodeProto, attributes: dict[str, Any]) -> None:
        value = self.values[node.input[0]]
        self.done(node, self.add("Identity", node, [value.name]), value.image)


def write_tfjs_model(source: Path, folder: Path, half: bool = False) -> dict[str, bool]:
    """Write the twin of the ONNX net `source` into `folder`, which exists; `half`: weights in 16 bits.

    Returns:
        For every input and output by name whether its channels are last: then its axes are those of ONNX in
        the order 0, 2, 3, 1.

    Raises:
        UnknownOperatorError: the net uses something that has no twin here.
        ConstantWorkError: the twin would compute at each run what depends on constants alone.
    """
    model = onnx.shape_inference.infer_shapes(onnx.load(source), data_prop=True)
    converter = Converter(model)
    converter.convert(model.graph.input).write(folder, half)
    names = [info.name for info in (*model.graph.input, *model.graph.output)]
    return {name: converter.values[name].image for name in names}
