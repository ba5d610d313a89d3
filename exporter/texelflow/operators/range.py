"""Range: numbers from a start to before a limit, a step apart."""

from __future__ import annotations

from math import ceil

from texelflow.ir import Element, Node, NodeError, TensorType
from texelflow.lowering.lowering import Lowering
from texelflow.lowering.plan import Real
from texelflow.lowering.reduction import elements_kernel
from texelflow.operators import Operator, operator
from texelflow.operators.elementwise_base import whole
from texelflow.operators.shapes import same_dtype
from texelflow.symbolic import Dimension, Expression, floor_divide, maximum, to_json


@operator("Range")
class Range(Operator):
    """`start + i·delta` for every i at which it lies before the limit."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type of the list; raise NodeError if its length is not known at export."""
        dtype = same_dtype(node, [node.required(index).known_type for index in range(3)])
        start, limit, delta = (
            node.known(index, name)[0] for index, name in enumerate(("start", "limit", "delta"))
        )
        return [TensorType(dtype, (_length(node, start, limit, delta),))]

    def evaluate(self, node: Node) -> list[list[Element]] | None:
        """List the numbers."""
        length, start, delta = node.outputs[0].shape[0], node.known(0, "start")[0], node.known(2, "delta")[0]
        if not isinstance(length, int):
            return None
        if isinstance(start, Expression) or isinstance(delta, Expression):
            first, step = whole(start), whole(delta)
            return None if first is None or step is None else [[first + step * i for i in range(length)]]
        return [[start + i * delta for i in range(length)]]

    def lower(self, node: Node, lowering: Lowering) -> None:
        """Compute each number from its index."""
        output = node.outputs[0]
        kernel = elements_kernel("range", lowering.tensor(output))
        start, delta = node.known(0, "start")[0], node.known(2, "delta")[0]
        if output.known_type.is_floating:
            kernel.real("start_at", _real(start))
            kernel.real("delta", _real(delta))
        else:
            kernel.integer("start_at", start if isinstance(start, Expression) else int(start))
            kernel.integer("delta", delta if isinstance(delta, Expression) else int(delta))
        lowering.bind(output, lowering.emit(kernel))


def _length(node: Node, start: Element, limit: Element, delta: Element) -> Dimension:
    if delta == 0 or isinstance(delta, Expression):
        raise NodeError(node, f"its delta is {delta}; a number other than 0, known at export, is needed")
    if isinstance(start, Expression) or isinstance(limit, Expression):
        first, last, step = whole(start), whole(limit), whole(delta)
        if first is None or last is None or not isinstance(step, int):
            raise NodeError(node, f"its length ({start} to {limit} by {delta}) has no whole expression")
        span = last - first if step > 0 else first - last
        return maximum(0, floor_divide(span + (abs(step) - 1), abs(step)))
    return max(ceil((limit - start) / delta), 0)


def _real(element: Element) -> Real:
    return ["+", to_json(element), 0] if isinstance(element, Expression) else float(element)
