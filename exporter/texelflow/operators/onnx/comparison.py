"""Equal, Greater, GreaterOrEqual, Less and LessOrEqual."""

from __future__ import annotations

from collections.abc import Sequence

from texelflow.dimensions import Dimension, Expression, equal, less
from texelflow.dimensions.floats import FloatExpression
from texelflow.graph import Element, Node, TensorType
from texelflow.graph.scalar import Scalar, call
from texelflow.operators import operator
from texelflow.operators.elementwise import Elementwise, given, whole
from texelflow.operators.shapes import same_dtype

PRIMITIVES = {
    "Equal": "equal",
    "Greater": "greater",
    "GreaterOrEqual": "greater_or_equal",
    "Less": "less",
    "LessOrEqual": "less_or_equal",
}


@operator(*PRIMITIVES, inputs=2)
class Comparison(Elementwise):
    """A comparison of two numbers; NaN compares false."""

    def result_dtype(self, node: Node, kinds: Sequence[TensorType]) -> str:
        """Return bool; raise NodeError unless both inputs have one element type."""
        same_dtype(node, kinds)
        return "bool"

    def scalar(self, node: Node, operands: Sequence[Scalar | None]) -> Scalar:
        """Return the comparison."""
        return call(PRIMITIVES[self.name], "bool", *given(operands))

    def element(self, node: Node, operands: Sequence[Element]) -> Element | None:
        """Compare numbers or expressions; the result is a bool, or an expression that is 0 or 1."""
        a, b = operands
        if not isinstance(a, Expression | FloatExpression) and not isinstance(
            b, Expression | FloatExpression
        ):
            return _compare_numbers(self.name, a, b)
        left, right = whole(a), whole(b)
        if left is None or right is None:
            return None
        result = _compare_dimensions(self.name, left, right)
        return bool(result) if isinstance(result, int) else result


def _compare_numbers(name: str, a: float, b: float) -> bool:
    if name == "Equal":
        return a == b
    if name in ("Greater", "GreaterOrEqual"):
        a, b = b, a
    return a <= b if name.endswith("OrEqual") else a < b


def _compare_dimensions(name: str, a: Dimension, b: Dimension) -> Dimension:
    if name == "Equal":
        return equal(a, b)
    if name in ("Greater", "GreaterOrEqual"):
        a, b = b, a
    return less(a, b + 1) if name.endswith("OrEqual") else less(a, b)
