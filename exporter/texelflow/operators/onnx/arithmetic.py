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
from texelflow.operators import operator
from texelflow.operators.elementwise import UNSIGNED_32, Elementwise, Uniforms, whole, wrap

SYMBOLS = {"Add": "+", "Sub": "-", "Mul": "*"}


@operator(*SYMBOLS)
class Arithmetic(Elementwise):
    """Sum, difference and product; integers wrap around."""

    operand_count = 2

    @property
    def is_symmetric(self) -> bool:
        """Whether it is a sum or a product."""
        return self.name != "Sub"

    def expression(self, node: Node, operands: list[str | None], uniforms: Uniforms) -> str:
        """Return the GLSL operation."""
        return wrap(node.required(0).dtype, f"({operands[0]} {SYMBOLS[self.name]} {operands[1]})")

    def element(self, node: Node, operands: Sequence[Element]) -> Element | None:
        """Compute with numbers or expressions."""
        a, b = operands
        if isinstance(a, Expression | FloatExpression) or isinstance(b, Expression | FloatExpression):
            left, right = whole(a), whole(b)
            if left is None or right is None:
                return float_operation(SYMBOLS[self.name], [a, b], node.required(0).dtype)
            return _combine(self.name, left, right)
        return a + b if self.name == "Add" else a - b if self.name == "Sub" else a * b


@operator("Div")
class Div(Elementwise):
    """Quotient; that of integers is truncated towards zero."""

    operand_count = 2

    def expression(self, node: Node, operands: list[str | None], uniforms: Uniforms) -> str:
        """Return the call of a division with IEEE's edge cases."""
        dtype = node.required(0).dtype
        function = "divide_unsigned" if dtype in UNSIGNED_32 else "divide"
        return wrap(dtype, f"{function}({operands[0]}, {operands[1]})")

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


@operator("Mod")
class Mod(Elementwise):
    """Remainder: with the divisor's sign, or with fmod=1 the dividend's."""

    operand_count = 2

    def expression(self, node: Node, operands: list[str | None], uniforms: Uniforms) -> str:
        """Return the call of the remainder chosen by type and attribute."""
        kind = node.required(0).known_type
        if kind.dtype in UNSIGNED_32:
            function = "remainder_unsigned"
        else:
            function = "remainder_of_dividend" if node.attributes.get("fmod", 0) else "remainder_of_divisor"
        return f"{function}({operands[0]}, {operands[1]})"

    def element(self, node: Node, operands: Sequence[Element]) -> Element | None:
        """Compute the remainder of whole numbers by a positive one."""
        a, b = whole(operands[0]), whole(operands[1])
        if a is None or b is None or not _is_divisor(node, b):
            return None
        lowest = lower_bound(a)
        if node.attributes.get("fmod", 0) and (lowest is None or lowest < 0):
            return None
        return remainder(a, b)


@operator("Pow")
class Pow(Elementwise):
    """Power, of the base's element type; the exponent may have another."""

    operand_count = 2

    def result_dtype(self, node: Node, kinds: Sequence[TensorType]) -> str:
        """Return the element type of the base."""
        return kinds[0].dtype

    def expression(self, node: Node, operands: list[str | None], uniforms: Uniforms) -> str:
        """Return products for the exponents that models use most, else the call of a general power."""
        base, exponent = node.required(0).known_type, node.required(1)
        if base.is_floating:
            known = {2: "square", 3: "cube", 0.5: "accurate_sqrt", 1: "", -1: "reciprocal"}
            number = exponent.number
            if number in known:
                return f"{known[number]}({operands[0]})"
            return f"power({operands[0]}, vec4({operands[1]}))"
        return wrap(base.dtype, f"power({operands[0]}, {operands[1]})")

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


@operator("PRelu")
class PRelu(Elementwise):
    """Negative numbers multiplied by a slope, which broadcasts to the input."""

    operand_count = 2

    def expression(self, node: Node, operands: list[str | None], uniforms: Uniforms) -> str:
        """Return the call of the function."""
        dtype = node.required(0).dtype
        if dtype in UNSIGNED_32:
            return f"({operands[0]})"
        return wrap(dtype, f"leaky_relu({operands[0]}, {operands[1]})")


def _is_divisor(node: Node, b: Dimension) -> bool:
    """Whether a whole number divides: it is positive, or only an extent of 0 keeps it from that."""
    lowest = lower_bound(b)
    if isinstance(b, Expression) and lowest == 0:
        require_least(node.title, b, 1, "its divisor")
        return True
    return is_positive(b)


def _combine(name: str, a: Dimension, b: Dimension) -> Dimension:
    return a + b if name == "Add" else a - b if name == "Sub" else a * b
