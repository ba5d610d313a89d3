"""MaxPool, AveragePool and LpPool: one number for each window of an image."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from texelflow.dimensions import Dimension, product
from texelflow.graph import Node, NodeError, Shape, TensorType, Value
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.shapes import floating_dtype, require_rank
from texelflow.operators.volumes import is_volume, pool_volume
from texelflow.operators.windows import Window, per_axis, windows

LARGEST_WINDOW = 1024
"""Most elements of a window that one fragment reads."""


def pool_windows(node: Node) -> list[Window]:
    """Return the window of each spatial axis; raise NodeError if kernel_shape is missing."""
    source = node.required(0).known_type
    require_rank(node, source, 3)
    kernel = node.attributes.get("kernel_shape")
    if not kernel:
        raise NodeError(node, "attribute 'kernel_shape' is missing")
    return windows(node, source.shape[2:], [int(size) for size in kernel])


def _pooled(node: Node) -> TensorType:
    source = node.required(0).known_type
    return TensorType(source.dtype, (*source.shape[:2], *(window.output for window in pool_windows(node))))


def _pool_in_turn(node: Node) -> list[Node] | None:
    """Return a pooling along each axis, for windows of more than LARGEST_WINDOW elements along two.

    All rows of a window have as many elements, in the image or its padding: its mean is that of their means.
    """
    found = pool_windows(node)
    sizes = [int(size) for size in node.attributes["kernel_shape"]]
    if len(sizes) != 2 or 1 in sizes or prod(sizes) <= LARGEST_WINDOW:
        return None
    before, behind = ([window.before for window in found], [window.behind for window in found])
    if not all(isinstance(pad, int) for pad in (*before, *behind)):
        return None
    strides, dilations = ([window.stride for window in found], [window.dilation for window in found])
    names = ("ceil_mode", "count_include_pad")
    kept = {name: node.attributes[name] for name in names if name in node.attributes}
    steps = Decomposition(node)

    def pool(result: str | Value, value: Value, axis: int) -> Value:
        def along(numbers: Sequence[Dimension], other: int) -> list[Dimension]:
            return [numbers[0], other] if axis == 0 else [other, numbers[1]]

        return steps.add(
            node.operator,
            result,
            value,
            kernel_shape=along(sizes, 1),
            strides=along(strides, 1),
            dilations=along(dilations, 1),
            pads=[*along(before, 0), *along(behind, 0)],
            **kept,
        )

    pool(node.outputs[0], pool("columns", node.required(0), 1), 0)
    return steps.nodes


def unpooled_shape(node: Node) -> Shape:
    """Return the shape of what windows, all of which fit, made the first input of."""
    source = node.required(0).known_type
    require_rank(node, source, 3)
    count, kernel = source.rank - 2, node.attributes.get("kernel_shape") or []
    strides, pads = per_axis(node, "strides", count, 1), per_axis(node, "pads", 2 * count, 0)
    if len(kernel) != count or min(kernel) < 1 or min(strides) < 1:
        raise NodeError(node, f"windows of {list(kernel)}, {strides} apart, cannot slide over {source}")
    outer = [
        (extent - 1) * strides[axis] + int(kernel[axis]) - pads[axis] - pads[axis + count]
        for axis, extent in enumerate(source.shape[2:])
    ]
    return (*source.shape[:2], *outer)


@operator("MaxPool", inputs=1)
class MaxPool(Operator):
    """The largest number in each window, and optionally its position in the flattened input."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the pooled type, and int64 for the positions."""
        pooled = _pooled(node)
        return [pooled, TensorType("int64", pooled.shape)][: len(node.outputs)]

    def decompose(self, node: Node) -> list[Node] | None:
        """Pool the images of volumes, then their depth; the columns of large windows, then the rows."""
        if len(node.outputs) > 1:
            return self._apart(node)
        return pool_volume(node) if is_volume(node) else _pool_in_turn(node)

    @staticmethod
    def _apart(node: Node) -> list[Node]:
        """Return the nodes of the numbers and of their positions."""
        steps, source, order = Decomposition(node), node.required(0), "storage_order"
        window = {name: content for name, content in node.attributes.items() if name != order}
        steps.add("MaxPool", node.outputs[0], source, **window)
        found = steps.add("MaxPositions", node.outputs[1], source, **node.attributes)
        assert found.producer is not None
        found.producer.domain = "texelflow"
        return steps.nodes


@operator("AveragePool", inputs=1)
class AveragePool(Operator):
    """The mean of each window, over the input's elements or, with count_include_pad, the padding's too."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the pooled type; raise NodeError unless it is floating."""
        if not node.required(0).known_type.is_floating:
            raise NodeError(node, f"its input has type {node.required(0).dtype}; a floating type is needed")
        return [_pooled(node)]

    def decompose(self, node: Node) -> list[Node] | None:
        """Pool the images of volumes, then their depth; the columns of large windows, then the rows."""
        return pool_volume(node) if is_volume(node) else _pool_in_turn(node)


@operator("LpPool", inputs=1)
class LpPool(Operator):
    """`(Σ |x|^p)^(1/p)` of each window."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the pooled type."""
        floating_dtype(node, [node.required(0).known_type])
        return [_pooled(node)]

    def decompose(self, node: Node) -> list[Node] | None:
        """Replace by a mean of powers, its padding counted, times the number of taps."""
        source, result, p = node.required(0), node.outputs[0], float(node.attributes.get("p", 2))
        window = {name: value for name, value in node.attributes.items() if name != "p"}
        steps = Decomposition(node)
        size = steps.add("Abs", "size", source)
        power = steps.add("Pow", "power", size, steps.scalar("p", source.dtype, p))
        if window.pop("ceil_mode", 0):
            power = self._filled(steps, power)
            window.update(auto_pad="NOTSET", pads=[0, 0] * (source.known_type.rank - 2))
        mean = steps.add("AveragePool", "mean", power, **window, count_include_pad=1)
        taps = product([int(extent) for extent in node.attributes["kernel_shape"]])
        assert isinstance(taps, int)
        total = steps.add("Mul", "total", mean, steps.scalar("taps", source.dtype, taps))
        steps.add("Pow", result, total, steps.scalar("root", source.dtype, 1 / p))
        return steps.nodes

    @staticmethod
    def _filled(steps: Decomposition, power: Value) -> Value:
        """Return the powers padded with zeros, so that the last windows are complete, too."""
        before: list[Dimension] = [0, 0]
        behind: list[Dimension] = [0, 0]
        for window, extent in zip(pool_windows(steps.node), steps.node.required(0).shape[2:], strict=True):
            reach = (window.kernel - 1) * window.dilation + 1
            before.append(window.before)
            behind.append((window.output - 1) * window.stride + reach - extent - window.before)
        return steps.add("Pad", "filled", power, steps.vector("pads", [*before, *behind]))
