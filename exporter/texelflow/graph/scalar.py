"""What an elementwise operator computes, as an expression tree over the elements at one place.

Leaves are the operator's operands and numbers, inner nodes are primitives. A backend prints a tree in its own
language (`backends/webgl2/scalar.py`). Primitives treat NaN, infinities and zeros as IEEE 754 does; whole
numbers wrap around within their type.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

PRIMITIVES = frozenset(
    {
        # of one number
        *("copy", "convert", "abs", "negate", "sign", "reciprocal", "square", "cube", "sqrt"),
        *("ceil", "floor", "round_even", "is_nan", "exp", "log", "erf"),
        *("sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh"),
        # of two; quotients of whole numbers are cut off; a remainder has the sign that its name says
        *("add", "subtract", "multiply", "divide", "power", "maximum", "minimum"),
        *("remainder_of_dividend", "remainder_of_divisor"),
        *("equal", "less", "less_or_equal", "greater", "greater_or_equal"),
        # of bits, or of bools, and the opposite of a bool
        *("bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_not", "logical_not"),
        *("shift_left", "shift_right", "shift_right_signed"),
        # the bits of a float32 as a whole number, and back
        *("bits_of_float", "float_of_bits"),
        # limits: between the second and the third, not below or not above the second
        *("clip", "clip_below", "clip_above"),
        # the second where the first is true, else the third
        "choose",
        # whether infinite; parameters: whether +∞ and -∞ count
        "is_infinite",
        # activations; parameters in the order of ONNX's attributes; leaky_relu also of a number and its slope
        *("relu", "sigmoid", "hard_sigmoid", "hard_swish", "mish", "softplus", "softsign"),
        *("gelu", "gelu_by_tanh", "celu", "elu", "leaky_relu", "selu", "shrink", "thresholded_relu"),
    }
)


@dataclass(frozen=True, slots=True)
class Operand:
    """The element of the operator's input at `index`."""

    index: int
    dtype: str


@dataclass(frozen=True, slots=True)
class Number:
    """A number known at export."""

    value: float
    dtype: str


@dataclass(frozen=True, slots=True)
class Call:
    """A primitive of operands, and of parameters that are the same for all elements."""

    primitive: str
    operands: tuple[Scalar, ...]
    dtype: str
    """Element type of the result."""
    parameters: tuple[int | float, ...] = ()

    def __post_init__(self) -> None:
        assert self.primitive in PRIMITIVES, self.primitive


Scalar: TypeAlias = Operand | Number | Call


def call(primitive: str, dtype: str, *operands: Scalar, parameters: tuple[int | float, ...] = ()) -> Call:
    """Return a primitive applied to operands, with a result of an element type."""
    return Call(primitive, operands, dtype, parameters)


def numbers_of(scalar: Scalar) -> Iterator[int | float]:
    """Yield the numbers of a tree, parameters included."""
    if isinstance(scalar, Number):
        yield scalar.value
    elif isinstance(scalar, Call):
        for operand in scalar.operands:
            yield from numbers_of(operand)
        yield from scalar.parameters
