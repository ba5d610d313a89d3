"""MaxUnpool: the numbers that a MaxPool left, put back to where they were."""

from __future__ import annotations

from collections.abc import Sequence

from texelflow.dimensions import Dimension, product, proved_equal, same_shape
from texelflow.graph import Node, NodeError, Shape, TensorType, Value
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.onnx.gather import require_indices
from texelflow.operators.onnx.pooling import unpooled_shape
from texelflow.operators.shapes import at_least, dimensions, unify


@operator("MaxUnpool", inputs=(2, 3))
class MaxUnpool(Operator):
    """X at positions I in the flattened result of the windows' own shape, which the third input may enlarge.

    The positions are those that a MaxPool of the same windows returns; elsewhere it is 0.
    """

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type of what was pooled."""
        source, positions = node.required(0).known_type, node.required(1).known_type
        require_indices(node, positions)
        own = unpooled_shape(node)
        if positions.rank != source.rank:
            raise NodeError(node, f"its positions {positions} are not of the shape of {source}")
        for axis, (a, b) in enumerate(zip(source.shape, positions.shape, strict=True)):
            unify(node, a, b, f"the extents of its numbers and positions along axis {axis}")
        for axis, extent in enumerate(own):
            at_least(node, extent, 0, f"the extent of axis {axis} of its output")
        wanted = self._wanted(node)
        if wanted is None:
            return [TensorType(source.dtype, own)]
        if len(wanted) != len(own):
            raise NodeError(node, f"its output_shape {wanted} has not the rank {len(own)} of its input")
        for axis, (a, b) in enumerate(zip(wanted, own, strict=True)):
            at_least(node, a, b, f"the extent of axis {axis} in output_shape")
        return [TensorType(source.dtype, tuple(wanted))]

    def warnings(self, node: Node) -> list[str]:
        """Say how positions are counted, where libraries differ."""
        wanted = self._wanted(node)
        if wanted is None or same_shape(wanted, unpooled_shape(node)):
            return []
        return ["positions count in the shape that its windows give, as ONNX has it, not in output_shape"]

    @staticmethod
    def _wanted(node: Node) -> list[Dimension] | None:
        if node.input(2) is None:
            return None
        return dimensions(node, node.known(2, "output_shape"), "output_shape")

    def decompose(self, node: Node) -> list[Node] | None:
        """Look, for each element, at the windows over it; at all positions, if they may be any."""
        steps, source, positions = Decomposition(node), node.required(0), node.required(1)
        own, result = unpooled_shape(node), node.outputs[0]
        is_whole = same_shape(own, result.shape)
        if _are_of_same_windows(node, own):
            put = steps.add("Unpool", "put", source, positions, **node.attributes)
            assert put.producer is not None
            put.producer.domain = "texelflow"
        else:
            put = _put_anywhere(steps, source, positions, own)
        if is_whole:
            steps.add("Identity", result, put)
        else:
            behind = [a - b for a, b in zip(result.shape, own, strict=True)]
            steps.add("Pad", result, put, steps.vector("pads", [*[0] * len(own), *behind]))
        return steps.nodes


def _put_anywhere(steps: Decomposition, source: Value, positions: Value, own: Shape) -> Value:
    """Return the numbers put to their positions, whatever these are."""
    zero = steps.scalar("zero", source.dtype, 0)
    zeros = steps.add("Expand", "zeros", zero, steps.vector("count", [product(own)]))
    flat = [
        steps.reshape(name, value, [product(value.shape)])
        for name, value in (("positions", positions), ("numbers", source))
    ]
    return steps.reshape("put", steps.add("ScatterElements", "scattered", zeros, *flat, axis=0), own)


def _are_of_same_windows(node: Node, own: Shape) -> bool:
    """Whether the positions are those that a MaxPool by the node's windows found."""
    made = node.required(1).producer
    if made is None or made.operator not in ("MaxPool", "MaxPositions"):
        return False
    pooled = made.required(0)
    count = len(own) - 2
    here, there = (
        [_numbers(one, name, count) for name in ("kernel_shape", "strides", "pads")] for one in (node, made)
    )
    return (
        here == there
        and all(proved_equal(step, 1) for step in _numbers(made, "dilations", count))
        and made.attributes.get("auto_pad", "NOTSET") == "NOTSET"
        and not made.attributes.get("storage_order", 0)
        and same_shape(pooled.shape, own)
    )


def _numbers(node: Node, name: str, count: int) -> Sequence[int]:
    """Return an attribute that lists a number for each axis, or each of its ends."""
    default = [0] * (2 * count) if name == "pads" else [1] * count
    return list(node.attributes.get(name) or default)
