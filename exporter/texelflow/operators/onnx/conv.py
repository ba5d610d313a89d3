"""Conv: convolution over any number of spatial axes, in groups."""

from __future__ import annotations

from texelflow.graph import Node, NodeError, Shape, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.shapes import divided, floating_dtype, require_rank, unify
from texelflow.operators.volumes import convolve_volume, is_volume
from texelflow.operators.windows import Window, say_pads, windows


def conv_windows(node: Node, weight_input: int = 1) -> list[Window]:
    """Return the window of each spatial axis; raise NodeError if kernel_shape is not the weight's."""
    source, weight = node.required(0).known_type, node.required(weight_input).known_type
    kernel = weight.shape[2:]
    listed = node.attributes.get("kernel_shape") or kernel
    if len(listed) != len(kernel):
        raise NodeError(node, f"kernel_shape {list(listed)} is not that of the weight {weight}")
    sizes = [
        unify(node, given, size, f"kernel_shape and the weight's extents along axis {axis}")
        for axis, (given, size) in enumerate(zip(listed, kernel, strict=True), 2)
    ]
    return windows(node, source.shape[2:], sizes)


def conv_shape(node: Node, weight_input: int = 1, bias_input: int = 2) -> Shape:
    """Return the shape of the result; raise NodeError if channels, groups, bias or kernel do not fit."""
    source, weight = node.required(0).known_type, node.required(weight_input).known_type
    require_rank(node, source, 3)
    if weight.rank != source.rank:
        raise NodeError(node, f"its input {source} and weight {weight} have different ranks")
    group, filters = int(node.attributes.get("group", 1)), weight.shape[0]
    if group < 1:
        raise NodeError(node, f"attribute group is {group}; at least 1 is needed")
    divided(node, filters, group, "its number of filters")
    unify(node, source.shape[1], weight.shape[1] * group, "the channels of its input and its weight")
    bias = node.input(bias_input)
    if bias is not None:
        require_rank(node, bias.known_type, 1, 1)
        unify(node, bias.shape[0], filters, "the lengths of its bias and its weight")
    spatial = [window.output for window in conv_windows(node, weight_input)]
    return (source.shape[0], filters, *spatial)


@operator("Conv", inputs=(2, 3))
class Conv(Operator):
    """X [N, C, …] by W [M, C/group, …] and an optional bias B [M] to [N, M, …]."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type; raise NodeError if channels, groups, bias or kernel do not fit."""
        shape = conv_shape(node)
        return [TensorType(floating_dtype(node, [value.known_type for value in node.reads]), shape)]

    def in_onnx(self, node: Node) -> list[Node]:
        """Return it with pads that ONNX Runtime has."""
        if None not in (node.required(0).type, node.required(1).type):
            say_pads(node, conv_windows(node))
        return [node]

    def decompose(self, node: Node) -> list[Node] | None:
        """Take volumes apart into images."""
        return convolve_volume(node, conv_windows(node)[0]) if is_volume(node) else None
