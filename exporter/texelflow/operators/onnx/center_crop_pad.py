"""CenterCropPad: the middle of a tensor, or a tensor in the middle of zeros."""

from __future__ import annotations

from texelflow.dimensions import Dimension, floor_divide, less, select
from texelflow.graph import Node, NodeError, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.shapes import dimensions, normalize_axes


@operator("CenterCropPad", inputs=2)
class CenterCropPad(Operator):
    """Along each of `axes` (all, if not given) the extent that the second input asks for."""

    decomposes = True

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
        wanted = dimensions(node, node.known(1, "shape"), "shape")
        if len(wanted) != len(axes):
            raise NodeError(node, f"its shape has {len(wanted)} extents for {len(axes)} axes")
        return dict(zip(axes, wanted, strict=True))

    def decompose(self, node: Node) -> list[Node] | None:
        """Pad, by negative numbers where it is cropped."""
        steps, x = Decomposition(node), node.required(0)
        before: list[Dimension] = [0] * len(x.shape)
        behind: list[Dimension] = [0] * len(x.shape)
        for axis, extent in self._wanted(node).items():
            more = extent - x.shape[axis]
            half = select(less(more, 0), -floor_divide(-more, 2), floor_divide(more, 2))
            before[axis], behind[axis] = half, more - half
        steps.add("Pad", node.outputs[0], x, steps.vector("pads", [*before, *behind]))
        return steps.nodes
