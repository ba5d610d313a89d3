"""Squeeze and Unsqueeze: axes of extent 1 removed and inserted."""

from __future__ import annotations

from texelflow.dimensions import Dimension, proved_different, proved_equal, select
from texelflow.graph import Node, NodeError, TensorType
from texelflow.operators import operator
from texelflow.operators.elementwise import is_symbolic
from texelflow.operators.named_axes import masks, with_ones, without
from texelflow.operators.onnx.reshape import Reshaping
from texelflow.operators.shapes import at_least, normalize_axes, unify
from texelflow.operators.upgrading import attribute_to_input


class ExtentsOfOne(Reshaping):
    """Adds or removes axes of extent 1."""

    def upgrade(self, node: Node, opset: int) -> None:
        """Opset 13 turned the attribute axes into an input."""
        if opset < 13:
            attribute_to_input(node, "axes", 1)


@operator("Squeeze", inputs=(1, 2))
class Squeeze(ExtentsOfOne):
    """Removes axes of extent 1: those named, or all.

    An axis of free extent is 1 where it is named, and longer where none is: the rank is one at all sizes.
    """

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type without the axes; raise NodeError if one is provably longer than 1."""
        source = node.required(0).known_type
        if node.input(1) is None:
            axes = [axis for axis, extent in enumerate(source.shape) if proved_equal(extent, 1)]
            for axis, extent in enumerate(source.shape):
                if axis not in axes and not proved_different(extent, 1):
                    at_least(node, extent, 2, f"axis {axis} of {source}, which stays,")
        elif not node.known(1, "axes"):
            # To ONNX these are no axes, to ONNX Runtime all that are 1 long.
            raise NodeError(node, "its axes are an empty list: leave the input out to remove all of extent 1")
        elif is_symbolic(*node.known(1, "axes")):
            return [TensorType(source.dtype, tuple(self._decided_by_run(node, source)))]
        else:
            axes = normalize_axes(node, node.known(1, "axes"), source.rank)
        for axis in axes:
            extent = source.shape[axis]
            if proved_different(extent, 1):
                raise NodeError(node, f"axis {axis} of {source} is {extent} long; only 1 can be squeezed")
            unify(node, extent, 1, f"axis {axis} of its input, which is squeezed, and 1")
        kept = tuple(extent for axis, extent in enumerate(source.shape) if axis not in axes)
        return [TensorType(source.dtype, kept)]

    @staticmethod
    def _decided_by_run(node: Node, source: TensorType) -> list[Dimension]:
        """Return the extents that are left where a run names the axes."""
        axes = node.known(1, "axes")
        masked = masks(node, axes, source.rank)
        for axis, (mask, extent) in enumerate(zip(masked, source.shape, strict=True)):
            unify(node, select(mask, extent, 1), 1, f"axis {axis} of its input, if it is squeezed, and 1")
        return without(source.shape, masked, source.rank - len(axes))


@operator("Unsqueeze", inputs=(1, 2))
class Unsqueeze(ExtentsOfOne):
    """Inserts axes of extent 1 at the positions that they have in the output."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type with the new axes."""
        source = node.required(0).known_type
        listed = node.known(1, "axes")
        rank = source.rank + len(listed)
        if is_symbolic(*listed):
            return [TensorType(source.dtype, tuple(with_ones(source.shape, masks(node, listed, rank))))]
        axes = normalize_axes(node, listed, rank)
        extents = iter(source.shape)
        shape: list[Dimension] = [1 if axis in axes else next(extents) for axis in range(rank)]
        return [TensorType(source.dtype, tuple(shape))]
