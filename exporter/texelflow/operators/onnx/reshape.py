"""Reshape and Flatten: the same elements in another shape."""

from __future__ import annotations

from texelflow.dimensions import (
    Dimension,
    equal,
    floor_divide,
    product,
    proved_different,
    proved_equal,
    select,
)
from texelflow.dimensions.constraints import may_be_negative
from texelflow.graph import Element, Node, NodeError, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.shapes import at_least, dimensions, normalize_axis, sum_of, unify


@operator("Reshape", inputs=2)
class Reshape(Operator):
    """A shape in which one extent may be -1 (what is left) and, without allowzero, 0 (as in the input)."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type; raise NodeError if the numbers of elements provably differ."""
        source = node.required(0).known_type
        wanted = dimensions(node, node.known(1, "shape"), "shape")
        if any(map(may_be_negative, wanted)):
            return [TensorType(source.dtype, tuple(self._decided_by_run(node, source, wanted)))]
        if not node.attributes.get("allowzero", 0):
            if any(proved_equal(extent, 0) for extent in wanted[source.rank :]):
                raise NodeError(node, f"shape {wanted} copies an axis that the input {source} does not have")
            wanted = [
                source.shape[axis] if proved_equal(extent, 0) else extent
                for axis, extent in enumerate(wanted)
            ]
        free = [axis for axis, extent in enumerate(wanted) if proved_equal(extent, -1)]
        if len(free) > 1 or any(isinstance(extent, int) and extent < -1 for extent in wanted):
            raise NodeError(node, f"shape {wanted} has more than one -1, or an extent below it")
        if free:
            rest = product([extent for axis, extent in enumerate(wanted) if axis not in free])
            wanted[free[0]] = self._remaining(node, source, wanted, rest)
        self._check(node, source, wanted)
        return [TensorType(source.dtype, tuple(wanted))]

    def _decided_by_run(self, node: Node, source: TensorType, wanted: list[Dimension]) -> list[Dimension]:
        """Return the extents where a run tells which of those wanted are 0 or -1."""
        copied = [
            extent if node.attributes.get("allowzero", 0) else select(equal(extent, 0), size, extent)
            for extent, size in zip(wanted, [*source.shape, *[0] * len(wanted)], strict=False)
        ]
        remains = [equal(extent, -1) for extent in wanted]
        at_least(node, 1 - sum_of(remains), 0, "how often its shape may have another -1")
        rest = product(select(free, 1, extent) for free, extent in zip(remains, copied, strict=True))
        extents = [
            select(free, floor_divide(source.size, rest), extent)
            for free, extent in zip(remains, copied, strict=True)
        ]
        for extent in extents:
            at_least(node, extent, 0, "an extent of its shape")
        self._check(node, source, extents)
        return extents

    @staticmethod
    def _remaining(node: Node, source: TensorType, wanted: list[Dimension], rest: Dimension) -> Dimension:
        if proved_equal(rest, 0):
            raise NodeError(node, f"shape {wanted} leaves its -1 undetermined, for another extent is 0")
        at_least(node, rest, 1, f"the product of the extents beside the -1 of shape {wanted}")
        extent = floor_divide(source.size, rest)
        if isinstance(source.size, int) and isinstance(rest, int) and source.size % rest:
            raise NodeError(node, f"{source} has {source.size} elements, which do not fill shape {wanted}")
        return extent

    @staticmethod
    def _check(node: Node, source: TensorType, wanted: list[Dimension]) -> None:
        size = product(wanted)
        if proved_different(source.size, size):
            raise NodeError(node, f"{source} has {source.size} elements, but shape {wanted} has {size}")
        unify(node, source.size, size, "the numbers of elements of its input and of its output")

    def evaluate(self, node: Node) -> list[list[Element]] | None:
        """Return the input's elements."""
        elements = node.required(0).elements
        return None if elements is None else [list(elements)]


class Reshaping(Operator):
    """The input's elements in their order; only the shape, which `infer` says, is another."""

    def evaluate(self, node: Node) -> list[list[Element]] | None:
        """Return the input's elements."""
        elements = node.required(0).elements
        return None if elements is None else [list(elements)]

    def decompose(self, node: Node) -> list[Node] | None:
        """Replace by a Reshape."""
        steps = Decomposition(node)
        steps.reshape(node.outputs[0], node.required(0), node.outputs[0].shape)
        return steps.nodes


@operator("Flatten", inputs=1)
class Flatten(Reshaping):
    """A matrix: the axes before `axis` and those from it on."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the matrix type."""
        source = node.required(0).known_type
        axis = normalize_axis(node, int(node.attributes.get("axis", 1)), source.rank, end=True)
        return [TensorType(source.dtype, (product(source.shape[:axis]), product(source.shape[axis:])))]
