"""Concat: tensors one behind the other along an axis."""

from __future__ import annotations

from math import prod

from texelflow.graph import Element, Node, NodeError, TensorType
from texelflow.operators import MANY, Operator, operator
from texelflow.operators.shapes import known_shape, normalize_axis, same_dtype, unify


@operator("Concat", inputs=(1, MANY))
class Concat(Operator):
    """The inputs joined along `axis`; all other extents agree."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type of the joined tensor."""
        kinds = [node.required(index).known_type for index in range(len(node.inputs))]
        if "axis" not in node.attributes:
            raise NodeError(node, "attribute 'axis' is missing")
        axis = normalize_axis(node, int(node.attributes["axis"]), kinds[0].rank)
        shape = list(kinds[0].shape)
        for kind in kinds[1:]:
            if kind.rank != kinds[0].rank:
                raise NodeError(node, f"its inputs have different ranks: {kinds[0]} and {kind}")
            for index, extent in enumerate(kind.shape):
                if index == axis:
                    shape[axis] = shape[axis] + extent
                else:
                    meaning = f"its inputs' extents along axis {index}"
                    shape[index] = unify(node, shape[index], extent, meaning)
        return [TensorType(same_dtype(node, kinds), tuple(shape))]

    def evaluate(self, node: Node) -> list[list[Element]] | None:
        """Join the elements."""
        rank = node.outputs[0].known_type.rank
        axis = normalize_axis(node, int(node.attributes["axis"]), rank)
        pieces: list[tuple[list[Element], int]] = []
        outer = 1
        for index in range(len(node.inputs)):
            value = node.required(index)
            shape = known_shape(value.shape)
            if value.elements is None or shape is None:
                return None
            outer = prod(shape[:axis])
            pieces.append((value.elements, prod(shape[axis:])))
        joined: list[Element] = []
        for i in range(outer):
            for part, run in pieces:
                joined.extend(part[i * run : (i + 1) * run])
        return [joined]
