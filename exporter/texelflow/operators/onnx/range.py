"""Range: numbers from a start to before a limit, a step apart."""

from __future__ import annotations

from math import ceil

from texelflow.dimensions import Dimension, floor_divide, maximum
from texelflow.dimensions.floats import float_operation, whole_part
from texelflow.graph import Element, Node, NodeError, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.elementwise import is_symbolic, whole
from texelflow.operators.shapes import same_dtype


@operator("Range", inputs=3)
class Range(Operator):
    """`start + i·delta` for every i at which it lies before the limit."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type of the list; raise NodeError if its length is not known at export."""
        dtype = same_dtype(node, [node.required(index).known_type for index in range(3)])
        start, limit, delta = (
            node.known_number(index, name) for index, name in enumerate(("start", "limit", "delta"))
        )
        return [TensorType(dtype, (_length(node, start, limit, delta),))]

    def evaluate(self, node: Node) -> list[list[Element]] | None:
        """List the numbers."""
        length, start, delta = (
            node.outputs[0].shape[0],
            node.known_number(0, "start"),
            node.known_number(2, "delta"),
        )
        if not isinstance(length, int):
            return None
        if is_symbolic(start, delta):
            first, step = whole(start), whole(delta)
            return None if first is None or step is None else [[first + step * i for i in range(length)]]
        assert isinstance(start, int | float) and isinstance(delta, int | float)
        return [[start + i * delta for i in range(length)]]


def _length(node: Node, start: Element, limit: Element, delta: Element) -> Dimension:
    if not is_symbolic(start, limit, delta):
        assert (
            isinstance(start, int | float)
            and isinstance(limit, int | float)
            and isinstance(delta, int | float)
        )
        if delta == 0:
            raise NodeError(node, "its delta is 0; another number is needed")
        return max(ceil((limit - start) / delta), 0)
    first, last, step = whole(start), whole(limit), whole(delta)
    if first is not None and last is not None and step is not None and not isinstance(step, int):
        return maximum(0, -floor_divide(first - last, step))  # rounded up, whatever its sign
    if first is not None and last is not None and isinstance(step, int) and step != 0:
        span = last - first if step > 0 else first - last
        return maximum(0, floor_divide(span + (abs(step) - 1), abs(step)))
    dtype = node.required(0).dtype
    span_of_floats = float_operation("-", [limit, start], dtype)
    count = None if span_of_floats is None else float_operation("/", [span_of_floats, delta], dtype)
    length = None if count is None else float_operation("ceil", [count], dtype)
    if length is None or dtype not in ("float32", "float64"):
        raise NodeError(node, f"its length ({start} to {limit} by {delta}) does not follow from the sizes")
    return maximum(0, whole_part(length))
