"""Add, Sub, Mul, Div, Mod, Pow and PRelu: elementwise operators of two numbers."""

from __future__ import annotations

from collections.abc import Sequence

from texelflow.dimensions import (
    Dimension,
    Expression,
    floor_divide,
    is_positive,
    less,
    lower_bound,
    proved_equal,
    remainder,
    select,
)
from texelflow.dimensions.constraints import require_least
from texelflow.dimensions.floats import FloatExpression, float_operation
from texelflow.graph import Element, Node, TensorType
from texelflow.graph.scalar import Scalar, call
from texelflow.operators import operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.elementwise import Elementwise, given, whole

SYMBOLS = {"Add": "+", "Sub": "-", "Mul": "*"}
PRIMITIVES = {"Add": "add", "Sub": "subtract", "Mul": "multiply"}
KNOWN_POWERS = {2: "square", 3: "cube", 0.5: "sqrt", 1: "copy", -1: "reciprocal"}


@operator(*SYMBOLS, inputs=2)
class Arithmetic(Elementwise):
    """Sum, difference and product; integers wrap around."""

    @property
    def is_symmetric(self) -> bool:
        """Whether it is a sum or a product."""
        return self.name != "Sub"

    def scalar(self, node: Node, operands: Sequence[Scalar | None]) -> Scalar:
        """Return the operation."""
        return call(PRIMITIVES[self.name], node.outputs[0].dtype, *given(operands))

    def element(self, node: Node, operands: Sequence[Element]) -> Element | None:
        """Compute with numbers or expressions."""
        a, b = operands
        if isinstance(a, Expression | FloatExpression) or isinstance(b, Expression | FloatExpression):
            left, right = whole(a), whole(b)
            if left is None or right is None:
                return float_operation(SYMBOLS[self.name], [a, b], node.required(0).dtype)
            return _combine(self.name, left, right)
        return a + b if self.name == "Add" else a - b if self.name == "Sub" else a * b


@operator("Div", inputs=2)
class Div(Elementwise):
    """Quotient; that of integers is truncated towards zero."""

    def scalar(self, node: Node, operands: Sequence[Scalar | None]) -> Scalar:
        """Return the quotient."""
        return call("divide", node.outputs[0].dtype, *given(operands))

    def element(self, node: Node, operands: Sequence[Element]) -> Element | None:
        """Divide as the type does; by zero is left to the GPU. A symbolic integer divisor is at least 1."""
        a, b = operands
        if isinstance(a, Expression | FloatExpression) or isinstance(b, Expression | FloatExpression):
            if node.required(0).known_type.is_floating:
                return self._divide_floats(node, a, b)
            return self._divide_expressions(node, whole(a), whole(b))
        if b == 0:
            return None
        if node.required(0).known_type.is_floating:
            return a / b
        quotient = abs(int(a)) // abs(int(b))
        return quotient if (a < 0) == (b < 0) else -quotient

    def _divide_expressions(self, node: Node, a: Dimension | None, b: Dimension | None) -> Element | None:
        if a is None or b is None or not _is_divisor(node, b):
            return None
        quotient, lowest = floor_divide(a, b), lower_bound(a)
        if lowest is not None and lowest >= 0:
            return quotient
        return select(less(a, 0), -floor_divide(-a, b), quotient)

    def _divide_floats(self, node: Node, a: Element, b: Element) -> Element | None:
        dividend, divisor = whole(a), whole(b)
        if divisor is not None and isinstance(divisor, int) and divisor == 0:
            return None
        if dividend is not None and divisor is not None:
            quotient = floor_divide(dividend, divisor)
            if proved_equal(quotient * divisor, dividend):
                return quotient
        return float_operation("/", [a, b], node.required(0).dtype)


@operator("Mod", inputs=2)
class Mod(Elementwise):
    """Remainder: with the divisor's sign, or with fmod=1 the dividend's."""

    def in_onnx(self, node: Node) -> list[Node]:
        """Return what gives remainders of floats the divisor's sign: ONNX has those with the dividend's."""
        (a, b), type_ = (node.required(0), node.required(1)), node.required(0).type
        if type_ is None or not type_.is_floating or node.attributes.get("fmod", 0):
            return [node]
        steps = Decomposition(node)
        zero = steps.scalar("zero", type_.dtype, 0.0)
        rest = steps.add("Mod", "rest", a, b, fmod=1)
        signs = [steps.add("Less", "sign", value, zero) for value in (rest, b)]
        other = steps.add(
            "And", "other", steps.add("Xor", "differ", *signs), steps.add("Cast", "some", rest, to=9)
        )
        steps.add("Where", node.outputs[0], other, steps.add("Add", "moved", rest, b), rest)
        return steps.nodes

    def scalar(self, node: Node, operands: Sequence[Scalar | None]) -> Scalar:
        """Return the remainder that the attribute chooses."""
        named = "dividend" if node.attributes.get("fmod", 0) else "divisor"
        return call(f"remainder_of_{named}", node.outputs[0].dtype, *given(operands))

    def element(self, node: Node, operands: Sequence[Element]) -> Element | None:
        """Compute the remainder of whole numbers by a positive one."""
        a, b = whole(operands[0]), whole(operands[1])
        if a is None or b is None or not _is_divisor(node, b):
            return None
        lowest = lower_bound(a)
        if node.attributes.get("fmod", 0) and (lowest is None or lowest < 0):
            return None
        return remainder(a, b)


@operator("Pow", inputs=2)
class Pow(Elementwise):
    """Power, of the base's element type; the exponent may have another."""

    def result_dtype(self, node: Node, kinds: Sequence[TensorType]) -> str:
        """Return the element type of the base."""
        return kinds[0].dtype

    def scalar(self, node: Node, operands: Sequence[Scalar | None]) -> Scalar:
        """Return products for the exponents that models use most, else a general power."""
        dtype, number = node.outputs[0].dtype, node.required(1).number
        base, exponent = given(operands)
        if node.outputs[0].known_type.is_floating and number in KNOWN_POWERS:
            return call(KNOWN_POWERS[number], dtype, base)
        return call("power", dtype, base, exponent)

    def element(self, node: Node, operands: Sequence[Element]) -> Element | None:
        """Compute a small whole power."""
        base, exponent = operands[0], whole(operands[1])
        if not isinstance(exponent, int) or not 0 <= exponent <= 8:
            return None
        if isinstance(base, FloatExpression):
            return None
        result: int | float | Expression = 1
        for _ in range(exponent):
            result = result * base  # type: ignore[operator]  # a float never meets an expression here
        return result


@operator("PRelu", inputs=2)
class PRelu(Elementwise):
    """Negative numbers multiplied by a slope, which broadcasts to the input."""

    def scalar(self, node: Node, operands: Sequence[Scalar | None]) -> Scalar:
        """Return the function."""
        return call("leaky_relu", node.outputs[0].dtype, *given(operands))


def _is_divisor(node: Node, b: Dimension) -> bool:
    """Whether a whole number divides: it is positive, or only an extent of 0 keeps it from that."""
    lowest = lower_bound(b)
    if isinstance(b, Expression) and lowest == 0:
        require_least(node.title, b, 1, "its divisor")
        return True
    return is_positive(b)


def _combine(name: str, a: Dimension, b: Dimension) -> Dimension:
    return a + b if name == "Add" else a - b if name == "Sub" else a * b
