"""Split: a tensor cut into consecutive parts along an axis."""

from __future__ import annotations

from math import prod

from texelflow.dimensions import Dimension, floor_divide, proved_different
from texelflow.graph import Element, Node, NodeError, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.shapes import (
    at_least,
    counts,
    divided,
    known_shape,
    normalize_axis,
    sum_of,
    unify,
)
from texelflow.operators.upgrading import attribute_to_input


def split_axis(node: Node) -> int:
    """Return the axis along which a Split cuts."""
    return normalize_axis(node, int(node.attributes.get("axis", 0)), node.required(0).known_type.rank)


EVEN = "even"
"""Attribute of Texelflow: all parts are equal, as before opset 18."""


@operator("Split", inputs=(1, 2))
class Split(Operator):
    """Parts of the sizes given, or equal ones; of `num_outputs` parts the last may be smaller."""

    def upgrade(self, node: Node, opset: int) -> None:
        """Opset 13 turned the attribute split into an input, 18 wants equal parts counted."""
        if opset < 13:
            attribute_to_input(node, "split", 1)
        if opset < 18 and node.input(1) is None:
            node.attributes["num_outputs"] = len(node.outputs)
            node.attributes[EVEN] = 1

    def in_onnx(self, node: Node) -> list[Node]:
        """Return it without the attribute that ONNX does not have."""
        node.attributes.pop(EVEN, None)
        return [node]

    def infer(self, node: Node) -> list[TensorType]:
        """Return the types of the parts."""
        source = node.required(0).known_type
        axis = split_axis(node)
        types = []
        for size in self._sizes(node, source.shape[axis]):
            shape = (*source.shape[:axis], size, *source.shape[axis + 1 :])
            types.append(TensorType(source.dtype, shape))
        return types

    @staticmethod
    def _sizes(node: Node, whole: Dimension) -> list[Dimension]:
        count = len(node.outputs)
        if node.input(1) is not None:
            sizes = counts(node, node.known(1, "sizes"), "sizes")
            if len(sizes) != count or proved_different(sum_of(sizes), whole):
                raise NodeError(node, f"sizes {sizes} do not cut an axis of {whole} into {count} outputs")
            unify(node, sum_of(sizes), whole, "the sum of its sizes and the extent that it cuts")
            return sizes
        count = int(node.attributes.get("num_outputs", count))
        if count != len(node.outputs):
            raise NodeError(node, f"num_outputs is {count}, but there are {len(node.outputs)} outputs")
        if node.attributes.get(EVEN):
            return [divided(node, whole, count, f"axis {split_axis(node)}, cut into equal parts,")] * count
        part = floor_divide(whole + (count - 1), count)
        sizes = [*[part] * (count - 1), whole - part * (count - 1)]
        if isinstance(sizes[-1], int) and sizes[-1] < 0:
            raise NodeError(node, f"an axis of {whole} cannot be cut into {count} parts of {part}")
        if count > 2:  # half of what is there is never too much
            at_least(node, sizes[-1], 0, "the extent of its last output")
        return sizes

    def evaluate(self, node: Node) -> list[list[Element]] | None:
        """Cut the elements."""
        source, axis = node.required(0), split_axis(node)
        shape = known_shape(source.shape)
        if source.elements is None or shape is None:
            return None
        run, inner, begin = prod(shape[axis:]), prod(shape[axis + 1 :]), 0
        results: list[list[Element]] = []
        for output in node.outputs:
            size = output.shape[axis]
            if not isinstance(size, int):
                return None
            length = size * inner
            results.append(
                [
                    element
                    for i in range(prod(shape[:axis]))
                    for element in source.elements[i * run + begin : i * run + begin + length]
                ]
            )
            begin += length
        return results
