"""Add, Sub, Mul, Div, Mod, Pow and PRelu: elementwise operators of two numbers."""

from __future__ import annotations

from collections.abc import Sequence

from texelflow.ir import Element, Node, TensorType
from texelflow.operators import operator
from texelflow.operators.elementwise_base import UNSIGNED_32, Elementwise, Uniforms, whole, wrap
from texelflow.symbolic import Dimension, Expression, floor_divide, is_positive, lower_bound, remainder

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
        if isinstance(a, Expression) or isinstance(b, Expression):
            left, right = whole(a), whole(b)
            if left is None or right is None:
                return None
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
        """Divide exactly, or as integers where no sign is in doubt; by zero is left to the GPU."""
        a, b = operands
        if isinstance(a, Expression) or isinstance(b, Expression):
            return self._divide_expressions(node, whole(a), whole(b))
        if b == 0:
            return None
        if node.required(0).known_type.is_floating:
            return a / b
        quotient = abs(int(a)) // abs(int(b))
        return quotient if (a < 0) == (b < 0) else -quotient

    def _divide_expressions(self, node: Node, a: Dimension | None, b: Dimension | None) -> Element | None:
        if a is None or b is None or b == 0:
            return None
        quotient = floor_divide(a, b)
        if quotient * b == a:
            return quotient
        lowest = lower_bound(a)
        truncates = not node.required(0).known_type.is_floating
        return quotient if truncates and is_positive(b) and lowest is not None and lowest >= 0 else None


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
        if a is None or b is None or not is_positive(b):
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
            if not isinstance(exponent.scalar, Expression) and exponent.scalar in known:
                return f"{known[exponent.scalar]}({operands[0]})"
            return f"power({operands[0]}, vec4({operands[1]}))"
        return wrap(base.dtype, f"power({operands[0]}, {operands[1]})")

    def element(self, node: Node, operands: Sequence[Element]) -> Element | None:
        """Compute a small whole power."""
        base, exponent = operands[0], whole(operands[1])
        if not isinstance(exponent, int) or not 0 <= exponent <= 8:
            return None
        result: Element = 1
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


def _combine(name: str, a: Dimension, b: Dimension) -> Dimension:
    return a + b if name == "Add" else a - b if name == "Sub" else a * b
