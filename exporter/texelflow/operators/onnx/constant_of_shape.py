"""ConstantOfShape: a tensor filled with one number."""

from __future__ import annotations

from texelflow.dimensions import proved_equal
from texelflow.graph import Element, Node, NodeError, TensorType, Value
from texelflow.graph.constants import unpack_elements
from texelflow.operators import Operator, operator
from texelflow.operators.shapes import counts, known_shape


def fill(node: Node) -> tuple[str, Element]:
    """Return element type and number that a ConstantOfShape fills with: 0 of float32 without `value`."""
    value = node.attributes.get("value")
    if value is None:
        return "float32", 0.0
    if not isinstance(value, Value) or not proved_equal(value.known_type.size, 1):
        raise NodeError(node, "attribute 'value' is not a tensor of one element")
    if value.constant is None:
        raise NodeError(node, "attribute 'value' has no content")
    return value.dtype, unpack_elements(value.dtype, value.constant.tobytes())[0]


@operator("ConstantOfShape", inputs=1)
class ConstantOfShape(Operator):
    """One number everywhere, in a shape known at export."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type of the filled tensor."""
        shape = counts(node, node.known(0, "shape"), "shape")
        return [TensorType(fill(node)[0], tuple(shape))]

    def evaluate(self, node: Node) -> list[list[Element]] | None:
        """Return the number for each element."""
        size = node.outputs[0].known_type.size
        known = known_shape(node.outputs[0].shape)
        return None if known is None or not isinstance(size, int) else [[fill(node)[1]] * size]
