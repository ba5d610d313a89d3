"""ScatterND: slices put into a tensor at tuples of indices."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product as tuples_of
from math import prod

from texelflow.dimensions import Dimension, product, proved_equal
from texelflow.graph import Element, Node, NodeError, Shape, TensorType, Value
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.onnx.gather import known_indices, require_in_range, require_indices
from texelflow.operators.onnx.scatter_elements import REDUCTION, reduction_of
from texelflow.operators.shapes import known_shape, same_dtype, unify

Box = Sequence[tuple[int, int]]
"""Of each indexed axis the first index and the one behind the last."""


@operator("ScatterND", inputs=3, attributes=REDUCTION)
class ScatterND(Operator):
    """The last axis of the indices holds tuples that address the first axes of the data.

    Negative ones count from the end. Of tuples that are equal the last counts, where nothing is reduced.
    """

    def infer(self, node: Node) -> list[TensorType]:
        """Return the data's type."""
        data, indices, updates = (node.required(index).known_type for index in range(3))
        require_indices(node, indices)
        same_dtype(node, [data, updates])
        reduction_of(node)
        depth = indices.shape[-1] if indices.rank else 0
        if not isinstance(depth, int) or not 1 <= depth <= data.rank:
            raise NodeError(node, f"the last axis of its indices {indices} does not address axes of {data}")
        known = known_indices(node.required(1))
        for place in range(depth):
            require_in_range(node, known[place::depth], data.shape[place], place)
        expected = (*indices.shape[:-1], *data.shape[depth:])
        if updates.rank != len(expected):
            raise NodeError(node, f"its updates are {updates}; the shape {list(expected)} is needed")
        for axis, (a, b) in enumerate(zip(updates.shape, expected, strict=True)):
            unify(node, a, b, f"the extents of its updates along axis {axis} as they are and as they must be")
        return [data]

    def evaluate(self, node: Node) -> list[list[Element]] | None:
        """Put the slices in their places, as where a model writes a shape so; sums are left to the run."""
        data, indices, updates = (node.required(index) for index in range(3))
        shape, tuples = known_shape(data.shape), known_indices(indices)
        if data.elements is None or updates.elements is None or shape is None or indices.elements is None:
            return None
        depth = int(str(indices.shape[-1]))
        inner = prod(shape[depth:])
        numbers = [index for index in tuples if isinstance(index, int)]
        if len(numbers) < len(tuples) or reduction_of(node) != "none":
            return None
        result = list(data.elements)
        for row in range(len(numbers) // depth):
            place = 0
            for extent, index in zip(shape, numbers[row * depth : (row + 1) * depth], strict=False):
                place = place * extent + index % extent
            result[place * inner : (place + 1) * inner] = updates.elements[row * inner : (row + 1) * inner]
        return [result]

    def decompose(self, node: Node) -> list[Node] | None:
        """Put the updates between what stays if they fill a box, else by rows at places that are computed."""
        steps = Decomposition(node)
        data, updates = node.required(0), node.required(2)
        box = _box(node) if reduction_of(node) == "none" else None
        if box is not None:
            shape = [*(end - first for first, end in box), *data.shape[len(box) :]]
            whole = steps.reshape("updates", updates, shape)
            steps.add("Identity", node.outputs[0], _replaced(steps, data, data.shape, box, whole, 0))
            return steps.nodes
        depth = int(str(node.required(1).shape[-1]))
        count, inner = product(node.required(1).shape[:-1]), product(data.shape[depth:])
        rows = steps.add(
            "ScatterRows",
            "rows",
            steps.reshape("data", data, [product(data.shape[:depth]), inner]),
            _places(steps, node.required(1), data.shape[:depth], count),
            steps.reshape("updates", updates, [count, inner]),
            **node.attributes,
        )
        assert rows.producer is not None
        rows.producer.domain = "texelflow"
        steps.reshape(node.outputs[0], rows, data.shape)
        return steps.nodes


def _places(steps: Decomposition, indices: Value, extents: Shape, count: Dimension) -> Value:
    """Return the number of the row that each tuple of indices addresses [count]."""
    depth = len(extents)
    tuples = steps.reshape("tuples", steps.cast("numbers", indices, "int64"), [count, depth])
    negative = steps.add("Less", "negative", tuples, steps.index("zero", 0))
    counted = steps.add("Add", "from_end", tuples, steps.vector("extents", extents))
    forward = steps.add("Where", "counted", negative, counted, tuples)
    strides = steps.vector("strides", [product(extents[axis + 1 :]) for axis in range(depth)])
    parts = steps.add("Mul", "parts", forward, strides)
    return steps.reshape("places", steps.reduce("ReduceSum", "sums", parts, [1]), [count])


def _box(node: Node) -> Box | None:
    """Return the box that the indices address if they are known and go through all of it in order."""
    indices, data = node.required(1), node.required(0)
    depth = int(str(indices.shape[-1]))
    numbers = [index for index in known_indices(indices) if isinstance(index, int)]
    count = len(numbers) // depth
    if (
        count == 0
        or [*indices.shape[:-1]] != _known(indices.shape[:-1])
        or count != prod(_known(indices.shape[:-1]))
    ):
        return None
    columns: list[list[int]] = []
    for axis in range(depth):
        extent, column = data.shape[axis], numbers[axis::depth]
        if min(column) < 0:
            if not isinstance(extent, int):
                return None
            column = [index % extent for index in column]
        columns.append(column)
    box = [(min(column), max(column) + 1) for column in columns]
    if prod(end - first for first, end in box) != count:
        return None
    in_order = tuples_of(*(range(first, end) for first, end in box))
    return box if all(a == b for a, b in zip(zip(*columns, strict=True), in_order, strict=True)) else None


def _known(shape: Shape) -> list[int]:
    return [extent for extent in shape if isinstance(extent, int)]


def _replaced(steps: Decomposition, data: Value, shape: Shape, box: Box, updates: Value, axis: int) -> Value:
    """Return the data with what is in the box replaced; axes before `axis` are within it already."""
    if axis == len(box):
        return updates
    first, end = box[axis]
    is_whole = first == 0 and proved_equal(shape[axis], end)
    inside = data if is_whole else steps.slice("inside", data, axis, first, end)
    middle = _replaced(steps, inside, shape, box, updates, axis + 1)
    if is_whole:
        return middle
    before = [steps.slice("before", data, axis, 0, first)] if first > 0 else []
    behind = [] if proved_equal(shape[axis], end) else [steps.slice("behind", data, axis, end, 2**31 - 1)]
    return steps.add("Concat", "replaced", *before, middle, *behind, axis=axis)
