"""Windows over more than two spatial axes: what happens along the first, the depth, apart from the others.

Backends slide windows over images. To a convolution a volume [N, C, D, …] is a batch of N·D images [C, …], to
a pooling a batch of N images of C·D channels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from texelflow.dimensions import Dimension, floor_divide, product, proved_equal
from texelflow.graph import PRECISE, Node, NodeError, Value
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.windows import Window

IMAGE_RANK = 4
"""Axes of a batch of images [N, C, H, W]: what has more is taken apart here."""

_BY_AXIS = ("kernel_shape", "strides", "dilations", "output_padding", "output_shape", "pads")
_KEPT = ("auto_pad", "group", "ceil_mode", "count_include_pad")


def is_volume(node: Node) -> bool:
    """Whether the first input of a node has more than two spatial axes."""
    return node.required(0).known_type.rank > IMAGE_RANK


def convolve_volume(node: Node, depth: Window) -> list[Node]:
    """Return the nodes of a Conv: the sum, over the taps along the depth, of convolutions of images."""
    steps = Decomposition(node)
    images = _images(steps, depth.before, depth.behind)
    shifts = [(tap, tap * depth.dilation) for tap in range(_taps(node, depth))]
    found = _sum_of_taps(steps, images, shifts, depth.stride, depth.output)
    _join(steps, found)
    return steps.nodes


def transpose_convolve_volume(node: Node, depth: Window) -> list[Node]:
    """Return the nodes of a ConvTranspose.

    Tap k of input position i reaches output position p = i·stride + k·dilation, padding counted. So output
    positions of one remainder p mod stride are a sum over the taps of that remainder, as in a Conv of stride
    1; those of all remainders lie between each other.
    """
    steps, taps, stride = Decomposition(node), _taps(node, depth), depth.stride
    reach = (taps - 1) * depth.dilation // stride
    end = depth.before + depth.output
    blocks = floor_divide(end + (stride - 1), stride)
    images = _images(steps, reach, blocks - node.required(0).shape[2])
    parts: list[Value] = []
    for rest in range(stride):
        shifts = [
            (tap, reach - tap * depth.dilation // stride)
            for tap in range(taps)
            if tap * depth.dilation % stride == rest
        ]
        parts.append(_sum_of_taps(steps, images, shifts, 1, blocks))
    batch, outer = node.required(0).shape[0], node.outputs[0].shape[3:]
    apart = [steps.reshape("part", part, [batch, blocks, 1, _filters(node), *outer]) for part in parts]
    found = steps.add("Concat", "parts", *apart, axis=2) if stride > 1 else apart[0]
    found = steps.reshape("positions", found, [batch, blocks * stride, _filters(node), *outer])
    _join(steps, steps.slice("inside", found, 1, depth.before, end))
    return steps.nodes


def pool_volume(node: Node) -> list[Node]:
    """Return the nodes of a pooling: of all axes but the depth, then of the depth.

    A window is as many elements, in the image or its padding, at each depth: its mean is that of their means.
    """
    steps, source, result = Decomposition(node), node.required(0), node.outputs[0]
    batch, channels, extent, *outer = source.shape
    images = steps.reshape("images", source, [batch, channels * extent, *outer])
    pooled = steps.add(node.operator, "pooled", images, **_attributes(node, slice(1, None)))
    # Of depth and last axis, not of depth and all others: their rows would be too long for a texture.
    *middle, last = result.shape[3:]
    across = [batch, channels, *middle]
    rank = source.known_type.rank
    back = [0, 1, rank - 2, *range(2, rank - 2), rank - 1]
    order = [back.index(axis) for axis in range(rank)]
    volume = steps.reshape("volume", pooled, [batch, channels, extent, *middle, last])
    turned = steps.add("Transpose", "turned", volume, perm=order)
    columns = steps.reshape("columns", turned, [batch, product(across[1:]), extent, last])
    along = _attributes(node, slice(0, 1))
    for name in ("kernel_shape", "strides", "dilations"):
        if name in along:
            along[name].append(1)
    if "pads" in along:
        before, behind = along["pads"]
        along["pads"] = [before, 0, behind, 0]
    deep = steps.add(node.operator, "deep", columns, **along)
    apart = steps.reshape("apart", deep, [*across, result.shape[2], last])
    steps.add("Transpose", result, apart, perm=back)
    return steps.nodes


def _taps(node: Node, depth: Window) -> int:
    if not isinstance(depth.kernel, int):
        raise NodeError(
            node, f"the depth of its weight is {depth.kernel}; a number known at export is needed"
        )
    return depth.kernel


def _filters(node: Node) -> Dimension:
    return node.outputs[0].shape[1]


def _attributes(node: Node, axes: slice) -> dict[str, Any]:
    """Return the attributes of windows over some of the spatial axes."""
    count = node.required(0).known_type.rank - 2
    result = {name: node.attributes[name] for name in _KEPT if name in node.attributes}
    for name in _BY_AXIS:
        listed = list(node.attributes.get(name) or [])
        if name == "output_shape":
            listed = listed[-count:]  # some exporters write the batch and channel extents too
        if listed:
            kept = listed[:count][axes]
            result[name] = kept + listed[count:][axes] if name == "pads" else kept
    return result


def _images(steps: Decomposition, before: Dimension, behind: Dimension) -> Value:
    """Return the volume, zeros added before and behind its depth, as [N, D, C, …]."""
    source = steps.node.required(0)
    rank = source.known_type.rank
    if not (proved_equal(before, 0) and proved_equal(behind, 0)):
        pads = steps.vector("pads", [before, behind])
        source = steps.add("Pad", "padded", source, pads, None, steps.vector("depth", [2]))
    return steps.add("Transpose", "images", source, perm=[0, 2, 1, *range(3, rank)])


def _sum_of_taps(
    steps: Decomposition,
    images: Value,
    shifts: Sequence[tuple[int, int]],
    stride: int,
    count: Dimension,
) -> Value:
    """Return Σ conv(images[first + j·stride], weight[tap]) + bias for j from 0 to before `count`.

    `shifts` are pairs of tap and first; `images` are [N, D, C, …], the result is [N·count, M, …].
    """
    node = steps.node
    batch, channels, _, *outer = steps.node.required(0).shape
    weight, bias = node.required(1), node.input(2)
    how = _attributes(node, slice(1, None))
    total: Value | None = None
    for number, (tap, first) in enumerate(shifts):
        end = first + (count - 1) * stride + 1
        bounds = (("start", first), ("end", end), ("axis", 1), ("step", stride))
        taken = steps.add("Slice", "taken", images, *(steps.vector(name, [bound]) for name, bound in bounds))
        taken = steps.reshape("batch", taken, [batch * count, channels, *outer])
        at_tap = steps.slice("tap", weight, 2, tap, tap + 1)
        at_tap = steps.reshape("weight", at_tap, [*weight.shape[:2], *weight.shape[3:]])
        # Sums of which more is to come are stored in 32 bits on every device.
        more = {PRECISE: 1} if number < len(shifts) - 1 else {}
        inputs = [taken, at_tap, *([bias] if bias is not None and total is None else [])]
        found = steps.add(node.operator, "part", *inputs, **how, **more)
        total = found if total is None else steps.add("Add", "sum", total, found)
    if total is None:
        shape = [batch * count, _filters(node), *node.outputs[0].shape[3:]]
        fill = steps.scalar("zero", node.outputs[0].dtype, 0) if bias is None else bias
        if bias is not None:
            fill = steps.reshape("fill", bias, [_filters(node), *[1] * len(outer)])
        total = steps.add("Expand", "unreached", fill, steps.vector("shape", shape))
    return total


def _join(steps: Decomposition, found: Value) -> None:
    """Make images [N·D, M, …], or so many apart, the volume [N, M, D, …] that is the node's result."""
    result = steps.node.outputs[0]
    batch, filters, depth, *outer = result.shape
    apart = steps.reshape("volume", found, [batch, depth, filters, *outer])
    steps.add("Transpose", result, apart, perm=[0, 2, 1, *range(3, len(result.shape))])
