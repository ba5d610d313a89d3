"""CenterCropPad: the middle of a tensor, or a tensor in the middle of zeros."""

from __future__ import annotations

from texelflow.dimensions import Dimension, floor_divide, maximum
from texelflow.graph import Node, NodeError, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.shapes import counts, normalize_axes


@operator("CenterCropPad", inputs=2)
class CenterCropPad(Operator):
    """Along each of `axes` (all, if not given) the extent that the second input asks for."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type with the extents asked for."""
        kind = node.required(0).known_type
        shape = list(kind.shape)
        for axis, extent in self._wanted(node).items():
            shape[axis] = extent
        return [TensorType(kind.dtype, tuple(shape))]

    @staticmethod
    def _wanted(node: Node) -> dict[int, Dimension]:
        rank = node.required(0).known_type.rank
        axes = normalize_axes(node, node.attributes.get("axes") or list(range(rank)), rank)
        wanted = counts(node, node.known(1, "shape"), "shape")
        if len(wanted) != len(axes):
            raise NodeError(node, f"its shape has {len(wanted)} extents for {len(axes)} axes")
        return dict(zip(axes, wanted, strict=True))

    def decompose(self, node: Node) -> list[Node] | None:
        """Slice what is too long, and pad what is too short."""
        steps, x = Decomposition(node), node.required(0)
        rank = len(x.shape)
        starts: list[Dimension] = [0] * rank
        ends = [*x.shape]
        pads: list[Dimension] = [0] * (2 * rank)
        for axis, extent in self._wanted(node).items():
            less = maximum(x.shape[axis] - extent, 0)
            more = maximum(extent - x.shape[axis], 0)
            starts[axis] = floor_divide(less, 2)
            ends[axis] = starts[axis] + x.shape[axis] - less
            pads[axis] = floor_divide(more, 2)
            pads[rank + axis] = more - pads[axis]
        bounds = (steps.vector(name, numbers) for name, numbers in (("starts", starts), ("ends", ends)))
        middle = steps.add("Slice", "middle", x, *bounds)
        steps.add("Pad", node.outputs[0], middle, steps.vector("pads", pads))
        return steps.nodes
