"""ReduceMean, ReduceSum, ReduceMax, ReduceMin and ReduceProd: one number from all along some axes."""

from __future__ import annotations

from functools import reduce

from texelflow.dimensions import Dimension, maximum, minimum, product, select
from texelflow.graph import FLOATING, Element, Node, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.elementwise import is_symbolic, round_element, whole
from texelflow.operators.named_axes import masks, without
from texelflow.operators.row_major import gather_view, strides
from texelflow.operators.shapes import known_shape, normalize_axes, sum_of
from texelflow.operators.upgrading import attribute_to_input


def reduced_axes(node: Node) -> list[int]:
    """Return the reduced axes, in order: without any named all, or none with noop_with_empty_axes."""
    rank = node.required(0).known_type.rank
    listed = [] if node.input(1) is None else node.known(1, "axes")
    if not listed:
        return [] if node.attributes.get("noop_with_empty_axes", 0) else list(range(rank))
    return sorted(normalize_axes(node, listed, rank))


class Reduction(Operator):
    """The type and the upgrade of all reductions."""

    def expand(self, node: Node) -> list[Node] | None:
        """Bring axes that are numbers of a run behind the others: then the last ones are reduced."""
        source, listed = node.required(0), [] if node.input(1) is None else node.known(1, "axes")
        if not is_symbolic(*listed):
            return None
        rank = source.known_type.rank
        masked = masks(node, listed, rank)
        steps = Decomposition(node)
        split = steps.add("SplitAxes", "split", source, steps.vector("masks", masked))
        assert split.producer is not None
        split.producer.domain = "texelflow"
        kept = [select(mask, 1, extent) for mask, extent in zip(masked, source.shape, strict=True)]
        shape = kept if node.attributes.get("keepdims", 1) else without(kept, masked, rank - len(listed))
        last = steps.vector("last", list(range(rank, 2 * rank)))
        reduced = steps.add(self.name, "reduced", split, last, keepdims=0)
        steps.reshape(node.outputs[0], reduced, shape)
        return steps.nodes

    def upgrade(self, node: Node, opset: int) -> None:
        """Opset 18 (for ReduceSum 13) turned the attribute axes into an input."""
        if opset < (13 if self.name == "ReduceSum" else 18):
            attribute_to_input(node, "axes", 1)

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type without the reduced axes, or with their extents 1 if `keepdims`."""
        source, axes = node.required(0).known_type, reduced_axes(node)
        kept: list[Dimension] = [1 if axis in axes else extent for axis, extent in enumerate(source.shape)]
        if not node.attributes.get("keepdims", 1):
            kept = [extent for axis, extent in enumerate(source.shape) if axis not in axes]
        return [TensorType(source.dtype, tuple(kept))]


@operator("ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", inputs=(1, 2))
class Reduce(Reduction):
    """A reduction that the lowering computes itself."""

    def evaluate(self, node: Node) -> list[list[Element]] | None:
        """Reduce whole numbers and expressions."""
        source, axes = node.required(0), reduced_axes(node)
        shape, dtype = known_shape(source.shape), node.outputs[0].dtype
        if self.name == "ReduceMean" or not source.elements or shape is None or dtype in FLOATING:
            return None
        numbers = [number for number in map(whole, source.elements) if number is not None]
        if len(numbers) != len(source.elements):
            return None
        steps = strides(shape)
        outer = [axis for axis in range(len(shape)) if axis not in axes]
        starts = gather_view(range(len(numbers)), [shape[a] for a in outer], [steps[a] for a in outer])
        results: list[Element] = []
        for start in starts:
            members = gather_view(numbers, [shape[a] for a in axes], [steps[a] for a in axes], start)
            result = self._combined(members)
            if result is None:
                return None
            results.append(round_element(dtype, result))
        return [results]

    def _combined(self, numbers: list[Dimension]) -> Dimension | None:
        if self.name == "ReduceSum":
            return sum_of(numbers)
        if self.name == "ReduceProd":
            return product(numbers)
        return reduce(maximum if self.name == "ReduceMax" else minimum, numbers) if numbers else None

    def decompose(self, node: Node) -> list[Node] | None:
        """Keep the axes, then drop them by a Reshape; reducing no axis is the identity."""
        source, output, axes = node.required(0), node.outputs[0], reduced_axes(node)
        if node.attributes.get("keepdims", 1) and axes:
            return None
        steps = Decomposition(node)
        kept = steps.reduce(self.name, "kept", source, axes) if axes else source
        steps.reshape(output, kept, output.shape)
        return steps.nodes
