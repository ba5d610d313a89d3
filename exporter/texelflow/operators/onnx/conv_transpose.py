"""ConvTranspose: the transpose of a convolution, which enlarges an image."""

from __future__ import annotations

from texelflow.dimensions import Dimension, floor_divide, maximum
from texelflow.graph import Node, NodeError, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.shapes import at_least, divided, floating_dtype, require_rank, unify
from texelflow.operators.volumes import is_volume, transpose_convolve_volume
from texelflow.operators.windows import Window, auto_pad, per_axis


def conv_transpose_windows(node: Node) -> list[Window]:
    """Return the window of each spatial axis.

    Input position i adds to output positions i·stride - before + k·dilation for each tap k.
    """
    source, weight = node.required(0).known_type, node.required(1).known_type
    spatial, kernel = source.shape[2:], weight.shape[2:]
    listed = node.attributes.get("kernel_shape") or kernel
    if len(listed) != len(kernel):
        raise NodeError(node, f"kernel_shape {list(listed)} is not that of the weight {weight}")
    for axis, (given, size) in enumerate(zip(listed, kernel, strict=True), 2):
        unify(node, given, size, f"kernel_shape and the weight's extents along axis {axis}")
    count = len(spatial)
    strides, dilations = per_axis(node, "strides", count, 1), per_axis(node, "dilations", count, 1)
    extra, pads = per_axis(node, "output_padding", count, 0), per_axis(node, "pads", 2 * count, 0)
    mode = auto_pad(node)
    # Some exporters write the batch and channel extents too.
    wanted: list[Dimension] = [int(size) for size in node.attributes.get("output_shape", [])[-count:]]
    if not wanted and mode.startswith("SAME"):
        wanted = [size * stride for size, stride in zip(spatial, strides, strict=True)]
    result: list[Window] = []
    for axis, size in enumerate(spatial):
        stride, dilation = strides[axis], dilations[axis]
        full = (size - 1) * stride + extra[axis] + (kernel[axis] - 1) * dilation + 1
        before: Dimension = pads[axis] if mode == "NOTSET" else 0
        behind: Dimension = pads[axis + count] if mode == "NOTSET" else 0
        output = full - before - behind
        if wanted:
            output = wanted[axis]
            total = full - output
            if node.attributes.get("output_shape") and not isinstance(total, int):
                # The output may be longer than what windows reach, by less than a step.
                at_least(
                    node, total, 1 - stride, f"the padding that output_shape asks for along axis {axis + 2}"
                )
            # What no window reaches is at the end.
            padded = maximum(total, 0)
            smaller = floor_divide(padded, 2)
            before = smaller if mode == "SAME_UPPER" else padded - smaller
            behind = total - before
        if isinstance(output, int) and output < 0:
            raise NodeError(node, f"its pads are larger than its output along axis {axis + 2}")
        if not isinstance(output, int):
            at_least(node, output, 1, f"the extent of axis {axis + 2} of its output")
        result.append(Window(kernel[axis], stride, dilation, before, behind, output))
    return result


@operator("ConvTranspose", inputs=(2, 3))
class ConvTranspose(Operator):
    """X [N, C, …] by W [C, M/group, …] and an optional bias B [M] to [N, M, …]."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type; raise NodeError if channels, groups or bias do not fit."""
        kinds = [value.known_type for value in node.inputs if value is not None]
        source, weight = node.required(0).known_type, node.required(1).known_type
        require_rank(node, source, 3)
        if weight.rank != source.rank:
            raise NodeError(node, f"its input {source} and weight {weight} have different ranks")
        group, channels = int(node.attributes.get("group", 1)), weight.shape[0]
        unify(node, source.shape[1], channels, "the channels of its input and its weight")
        if group < 1:
            raise NodeError(node, f"attribute group is {group}; at least 1 is needed")
        divided(node, channels, group, "its number of channels")
        filters = weight.shape[1] * group
        bias = node.input(2)
        if bias is not None:
            require_rank(node, bias.known_type, 1, 1)
            unify(node, bias.shape[0], filters, "the lengths of its bias and its weight")
        spatial = [window.output for window in conv_transpose_windows(node)]
        return [TensorType(floating_dtype(node, kinds), (source.shape[0], filters, *spatial))]

    def decompose(self, node: Node) -> list[Node] | None:
        """Take volumes apart into images."""
        return transpose_convolve_volume(node, conv_transpose_windows(node)[0]) if is_volume(node) else None
