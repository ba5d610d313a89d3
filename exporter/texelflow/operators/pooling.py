"""MaxPool, AveragePool and LpPool: one number for each window of an image."""

from __future__ import annotations

from texelflow.ir import Node, NodeError, TensorType
from texelflow.lowering.lowering import Lowering
from texelflow.lowering.pooling import lower_pooling
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.shapes import require_rank
from texelflow.operators.windows import Window, windows
from texelflow.symbolic import product


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


@operator("MaxPool")
class MaxPool(Operator):
    """The largest number in each window, and optionally its position in the flattened input."""

    fuses_epilogue = True

    def infer(self, node: Node) -> list[TensorType]:
        """Return the pooled type, and int64 for the positions."""
        pooled = _pooled(node)
        return [pooled, TensorType("int64", pooled.shape)][: len(node.outputs)]

    def lower(self, node: Node, lowering: Lowering) -> None:
        """Take the maximum over each window."""
        if len(node.outputs) > 1:
            raise NodeError(node, "its second output (Indices) is not supported; export the model without it")
        lower_pooling(node, lowering, pool_windows(node), "max")


@operator("AveragePool")
class AveragePool(Operator):
    """The mean of each window, over the input's elements or, with count_include_pad, the padding's too."""

    fuses_epilogue = True

    def infer(self, node: Node) -> list[TensorType]:
        """Return the pooled type; raise NodeError unless it is floating."""
        if not node.required(0).known_type.is_floating:
            raise NodeError(node, f"its input has type {node.required(0).dtype}; a floating type is needed")
        return [_pooled(node)]

    def lower(self, node: Node, lowering: Lowering) -> None:
        """Take the mean over each window."""
        count_padding = bool(node.attributes.get("count_include_pad", 0))
        lower_pooling(node, lowering, pool_windows(node), "average", count_padding)


@operator("LpPool")
class LpPool(Operator):
    """`(Σ |x|^p)^(1/p)` of each window."""

    decomposes = True

    def infer(self, node: Node) -> list[TensorType]:
        """Return the pooled type; raise NodeError for ceil_mode, whose last windows have fewer elements."""
        if node.attributes.get("ceil_mode", 0):
            raise NodeError(node, "ceil_mode=1 is not supported for LpPool")
        return [_pooled(node)]

    def decompose(self, node: Node) -> list[Node] | None:
        """Replace by a mean of powers, its padding counted, times the number of taps."""
        source, result, p = node.required(0), node.outputs[0], float(node.attributes.get("p", 2))
        window = {name: value for name, value in node.attributes.items() if name != "p"}
        steps = Decomposition(node)
        size = steps.add("Abs", "size", source)
        power = steps.add("Pow", "power", size, steps.scalar("p", source.dtype, p))
        mean = steps.add("AveragePool", "mean", power, **window, count_include_pad=1)
        taps = product([int(extent) for extent in node.attributes["kernel_shape"]])
        assert isinstance(taps, int)
        total = steps.add("Mul", "total", mean, steps.scalar("taps", source.dtype, taps))
        steps.add("Pow", result, total, steps.scalar("root", source.dtype, 1 / p))
        return steps.nodes
