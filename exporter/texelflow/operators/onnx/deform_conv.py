"""DeformConv: a convolution each of whose taps reads the image at an offset of its own."""

from __future__ import annotations

from math import prod

from texelflow.dimensions import Dimension, product
from texelflow.graph import Node, NodeError, TensorType, Value
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.onnx.conv import conv_shape, conv_windows
from texelflow.operators.shapes import divided, floating_dtype, require_rank, unify
from texelflow.operators.windows import Window


@operator("DeformConv", inputs=(3, 5), attributes={"offset_group": "a whole number"})
class DeformConv(Operator):
    """X [N, C, …] by W [M, C/group, …], at offsets [N, groups of offsets · taps · axes, …] of each tap.

    Bias [M] and mask [N, groups of offsets · taps, …], which multiplies what is read, may follow. Between
    pixels it is interpolated; outside of the image there are zeros.
    """

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type; raise NodeError if weights, offsets or mask do not fit."""
        dtype = floating_dtype(node, [value.known_type for value in node.reads])
        shape = conv_shape(node, bias_input=3)
        taps, groups, axes = self._taps(node), self._groups(node), len(shape) - 2
        divided(node, node.required(0).shape[1], groups, "its number of channels")
        for index, name, count in ((2, "offsets", groups * taps * axes), (4, "mask", groups * taps)):
            value = node.input(index)
            if value is None:
                continue
            require_rank(node, value.known_type, len(shape), len(shape))
            for a, b in zip(value.shape, (shape[0], count, *shape[2:]), strict=True):
                unify(node, a, b, f"the extents of its {name} as they are and as they must be")
        return [TensorType(dtype, shape)]

    @staticmethod
    def _groups(node: Node) -> int:
        groups = int(node.attributes.get("offset_group", 1))
        if groups < 1:
            raise NodeError(node, f"attribute offset_group is {groups}; at least 1 is needed")
        return groups

    @staticmethod
    def _taps(node: Node) -> int:
        kernel = node.required(1).shape[2:]
        sizes = [size for size in kernel if isinstance(size, int)]
        if len(sizes) != len(kernel):
            raise NodeError(node, f"its kernel is {list(kernel)}; numbers known at export are needed")
        return prod(sizes)

    def decompose(self, node: Node) -> list[Node] | None:
        """Sample the image at every tap's points (GridSample); what it sampled are channels of a Conv."""
        steps, windows = Decomposition(node), conv_windows(node)
        source, weight, bias, mask = node.required(0), node.required(1), node.input(3), node.input(4)
        taps, groups = self._taps(node), self._groups(node)
        batch, channels, *spatial = source.shape
        outer = node.outputs[0].shape[2:]
        points = self._points(steps, windows, outer)
        grid = steps.reshape("grid", points, [batch * groups, taps * outer[0], *outer[1:], len(spatial)])
        share = channels // groups
        images = steps.reshape("images", source, [batch * groups, share, *spatial])
        sampled = steps.add("GridSample", "sampled", images, grid, align_corners=0, padding_mode="zeros")
        if mask is not None:
            apart = steps.reshape("by_tap", sampled, [batch, groups, share, taps, *outer])
            factor = steps.reshape("mask", mask, [batch, groups, 1, taps, *outer])
            sampled = steps.add("Mul", "masked", apart, factor)
        columns = steps.reshape("columns", sampled, [batch, channels * taps, *outer])
        filters, inputs = weight.shape[:2]
        flat = steps.reshape("weights", weight, [filters, inputs * taps, *[1] * len(spatial)])
        given = [columns, flat, *([bias] if bias is not None else [])]
        steps.add("Conv", node.outputs[0], *given, group=int(node.attributes.get("group", 1)))
        return steps.nodes

    def _points(self, steps: Decomposition, windows: list[Window], outer: tuple[Dimension, ...]) -> Value:
        """Return where each tap reads for each pixel [N, groups, taps, …, axes], as GridSample counts it."""
        node = steps.node
        offsets, spatial = node.required(2), node.required(0).shape[2:]
        axes, taps, groups = len(spatial), self._taps(node), self._groups(node)
        dtype, each = offsets.dtype, [offsets.shape[0], groups, taps, *outer]
        apart = steps.reshape("offsets", offsets, [offsets.shape[0], groups, taps, axes, product(outer)])
        sizes = [int(str(window.kernel)) for window in windows]
        found: list[Value] = []
        for axis, window in enumerate(windows):
            step = prod(sizes[axis + 1 :])
            first = [float(tap // step % sizes[axis] * window.dilation) for tap in range(taps)]
            column = steps.constant("taps", dtype, [taps, *[1] * axes], first)
            begins = steps.add(
                "Mul", "begins", steps.places("places", outer[axis]), steps.index("by", window.stride)
            )
            begins = steps.add("Sub", "within", begins, steps.index("before", window.before))
            shape: list[Dimension] = [1] * axes
            shape[axis] = outer[axis]
            begins = steps.reshape("along", steps.cast("begin", begins, dtype), shape)
            own = steps.reshape("own", steps.slice("offset", apart, 3, axis, axis + 1), each)
            place = steps.add("Add", "place", own, steps.add("Add", "tap", begins, column))
            # Pixel i of n lies at (2i + 1)/n - 1.
            doubled = steps.add(
                "Add", "doubled", steps.add("Add", "twice", place, place), steps.scalar("one", dtype, 1)
            )
            extent = steps.cast("extent", steps.index("pixels", spatial[axis]), dtype)
            share = steps.add(
                "Sub", "point", steps.add("Div", "share", doubled, extent), steps.scalar("end", dtype, 1)
            )
            found.append(steps.reshape("coordinate", share, [*each, 1]))
        return steps.add("Concat", "points", *reversed(found), axis=-1)
