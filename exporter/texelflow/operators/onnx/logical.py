"""And, Or, Xor and Not, and the predicates IsNaN and IsInf."""

from __future__ import annotations

from collections.abc import Sequence

from texelflow.dimensions import Dimension, maximum
from texelflow.graph import Element, Node, NodeError, TensorType
from texelflow.graph.scalar import Scalar, call
from texelflow.operators import operator
from texelflow.operators.elementwise import Elementwise, given, whole

PRIMITIVES = {"And": "bitwise_and", "Or": "bitwise_or", "Xor": "bitwise_xor"}


@operator(*PRIMITIVES, inputs=2)
class Logical(Elementwise):
    """A logical operation on two bools, which are 0 or 1 in the shader."""

    def result_dtype(self, node: Node, kinds: Sequence[TensorType]) -> str:
        """Return bool; raise NodeError for other inputs."""
        return _require_bool(node, kinds)

    def scalar(self, node: Node, operands: Sequence[Scalar | None]) -> Scalar:
        """Return the operation on bits."""
        return call(PRIMITIVES[self.name], "bool", *given(operands))

    def element(self, node: Node, operands: Sequence[Element]) -> Element | None:
        """Compute with 0 and 1, so that expressions can take part."""
        a, b = whole(operands[0]), whole(operands[1])
        if a is None or b is None:
            return None
        result = a * b if self.name == "And" else maximum(a, b) if self.name == "Or" else a + b - 2 * (a * b)
        return _as_bool(result)


@operator("Not", inputs=1)
class Not(Elementwise):
    """The negation of a bool."""

    def result_dtype(self, node: Node, kinds: Sequence[TensorType]) -> str:
        """Return bool; raise NodeError for another input."""
        return _require_bool(node, kinds)

    def scalar(self, node: Node, operands: Sequence[Scalar | None]) -> Scalar:
        """Return the opposite."""
        return call("logical_not", "bool", *given(operands))

    def element(self, node: Node, operands: Sequence[Element]) -> Element | None:
        """Compute 1 less the operand."""
        x = whole(operands[0])
        return None if x is None else _as_bool(1 - x)


@operator("IsNaN", inputs=1)
class IsNaN(Elementwise):
    """Whether a number is NaN."""

    def result_dtype(self, node: Node, kinds: Sequence[TensorType]) -> str:
        """Return bool; raise NodeError unless the input is floating."""
        return _bool_of_floating(node, kinds[0])

    def scalar(self, node: Node, operands: Sequence[Scalar | None]) -> Scalar:
        """Return the predicate."""
        return call("is_nan", "bool", *given(operands))


@operator("IsInf", inputs=1)
class IsInf(Elementwise):
    """Whether a number is infinite; the attributes choose the signs that count."""

    def result_dtype(self, node: Node, kinds: Sequence[TensorType]) -> str:
        """Return bool; raise NodeError unless the input is floating."""
        return _bool_of_floating(node, kinds[0])

    def scalar(self, node: Node, operands: Sequence[Scalar | None]) -> Scalar:
        """Return the predicate; the signs that count are parameters."""
        signs = [int(node.attributes.get(f"detect_{sign}", 1)) for sign in ("positive", "negative")]
        return call("is_infinite", "bool", *given(operands), parameters=tuple(signs))


def _bool_of_floating(node: Node, kind: TensorType) -> str:
    if not kind.is_floating:
        raise NodeError(node, f"its input has type {kind.dtype}; a floating type is needed")
    return "bool"


def _require_bool(node: Node, kinds: Sequence[TensorType]) -> str:
    for kind in kinds:
        if kind.dtype != "bool":
            raise NodeError(node, f"an input has type {kind.dtype}; bool is needed")
    return "bool"


def _as_bool(dimension: Dimension) -> Element:
    return bool(dimension) if isinstance(dimension, int) else dimension
