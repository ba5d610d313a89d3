"""Elementwise expressions as GLSL ES 3.00, four elements at a time.

Floating elements are a vec4, others an ivec4: whole numbers in 32 bits, unsigned ones as the signed ones
of the same bits, bools as 0 and 1. The functions called are those of `shaders/lib/math/`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from texelflow.graph import FLOATING
from texelflow.graph.constants import signed_bits
from texelflow.graph.scalar import Call, Number, Operand, Scalar

UNSIGNED_32 = frozenset({"uint32", "uint64"})
"""Types computed as unsigned 32-bit numbers; the shader holds their bits in an int."""

NARROW_INTEGERS = frozenset({"int8", "uint8", "int16", "uint16"})
"""Types that wrap around within the 32 bits of the shader's int."""


class Uniforms(Protocol):
    """Numbers that a shader receives at run time, so that programs are shared."""

    def real(self, number: float) -> str:
        """Return a GLSL expression of type float."""

    def integer(self, number: int) -> str:
        """Return a GLSL expression of type int."""


@dataclass(frozen=True, slots=True)
class _Form:
    """How a primitive is written: {0}, {1} … are its operands, then its parameters."""

    code: str
    unsigned: str = ""
    """For operands of UNSIGNED_32, where that is otherwise."""
    wraps: bool = False
    """Whether the result may lie outside of a narrow integer type."""


def _function(name: str, operands: int = 1, unsigned: str = "", wraps: bool = False) -> _Form:
    """Return the form of a function, whose unsigned one may have another name."""
    listed = f"({', '.join(f'{{{index}}}' for index in range(operands))})"
    return _Form(name + listed, unsigned and unsigned + listed, wraps)


_FORMS: Mapping[str, _Form] = {
    "copy": _Form("({0})"),
    "abs": _Form("abs({0})", unsigned="{0}", wraps=True),
    "negate": _Form("(-({0}))", unsigned="{0}", wraps=True),
    "sign": _function("sign_of", unsigned="sign_of_unsigned", wraps=True),
    "is_nan": _Form("ivec4(is_nan({0}))"),
    "is_infinite": _function("is_infinite", 3),
    "reciprocal": _function("reciprocal"),
    "square": _function("square"),
    "cube": _function("cube"),
    "ceil": _function("ceil"),
    "floor": _function("floor"),
    "round_even": _function("roundEven"),
    "erf": _function("error_function"),
    **{
        name: _function(f"accurate_{name}")
        for name in (
            *("sqrt", "exp", "log"),
            *("sin", "cos", "tan", "asin", "acos", "atan"),
            *("sinh", "cosh", "tanh", "asinh", "acosh", "atanh"),
        )
    },
    "add": _Form("({0} + {1})", wraps=True),
    "subtract": _Form("({0} - {1})", wraps=True),
    "multiply": _Form("({0} * {1})", wraps=True),
    "divide": _function("divide", 2, unsigned="divide_unsigned", wraps=True),
    "remainder_of_dividend": _function("remainder_of_dividend", 2, unsigned="remainder_unsigned"),
    "remainder_of_divisor": _function("remainder_of_divisor", 2, unsigned="remainder_unsigned"),
    "maximum": _function("maximum", 2, unsigned="maximum_unsigned"),
    "minimum": _function("minimum", 2, unsigned="minimum_unsigned"),
    "equal": _function("is_equal", 2),
    **{
        name: _function(f"is_{name}", 2, unsigned=f"is_{name}_unsigned")
        for name in ("less", "less_or_equal", "greater", "greater_or_equal")
    },
    "bitwise_and": _Form("({0} & {1})"),  # a narrow integer's sign is extended
    "bitwise_or": _Form("({0} | {1})"),
    "bitwise_xor": _Form("({0} ^ {1})"),
    "bitwise_not": _Form("(~({0}))", wraps=True),
    "bits_of_float": _Form("floatBitsToInt({0})"),
    "float_of_bits": _Form("intBitsToFloat({0})"),
    "logical_not": _Form("(1 - {0})"),
    "shift_left": _function("shift_left", 2, wraps=True),
    "shift_right": _function("shift_right", 2, wraps=True),
    "shift_right_signed": _function("shift_right_signed", 2, wraps=True),
    "clip": _Form("clip({0}, {1}, {2})", unsigned="clip_above_unsigned(clip_below_unsigned({0}, {1}), {2})"),
    "clip_below": _function("clip_below", 2, unsigned="clip_below_unsigned"),
    "clip_above": _function("clip_above", 2, unsigned="clip_above_unsigned"),
    "choose": _function("choose", 3),
    "relu": _Form("relu({0})", unsigned="{0}", wraps=True),
    "sigmoid": _function("logistic"),
    "hard_sigmoid": _function("hard_sigmoid", 3),
    "hard_swish": _function("hard_swish"),
    "mish": _function("mish"),
    "softplus": _function("softplus"),
    "softsign": _function("softsign"),
    "gelu": _function("gelu"),
    "gelu_by_tanh": _function("gelu_by_tanh"),
    "celu": _function("celu", 2),
    "elu": _function("elu", 2),
    "leaky_relu": _Form("leaky_relu({0}, {1})", unsigned="({0})", wraps=True),
    "selu": _function("selu", 3),
    "shrink": _function("shrink", 3),
    "thresholded_relu": _function("thresholded_relu", 2),
}


def print_scalar(scalar: Scalar, operands: Sequence[str | None], uniforms: Uniforms) -> str:
    """Return the GLSL expression of a tree; `operands` has those of the operator's inputs."""
    if isinstance(scalar, Operand):
        name = operands[scalar.index]
        assert name is not None
        return name
    if isinstance(scalar, Number):
        if scalar.dtype in FLOATING:
            return f"vec4({uniforms.real(scalar.value)})"
        return f"ivec4({uniforms.integer(signed_bits(scalar.dtype, int(scalar.value)))})"
    code = [print_scalar(operand, operands, uniforms) for operand in scalar.operands]
    for number in scalar.parameters:
        code.append(uniforms.real(number) if isinstance(number, float) else uniforms.integer(number))
    if scalar.primitive == "convert":
        return _conversion(scalar, code[0])
    if scalar.primitive == "power":
        return _power(scalar, *code)
    form = _FORMS[scalar.primitive]
    is_unsigned = scalar.operands[0].dtype in UNSIGNED_32
    written = (is_unsigned and form.unsigned) or form.code
    return _wrapped(scalar.dtype, written.format(*code), form.wraps)


def _wrapped(dtype: str, code: str, wraps: bool = True) -> str:
    return f"wrap_{dtype}({code})" if wraps and dtype in NARROW_INTEGERS else code


def _power(scalar: Call, base: str, exponent: str) -> str:
    """Return a power; that of a floating base has a floating exponent."""
    if scalar.dtype in FLOATING:
        return f"power({base}, vec4({exponent}))"
    return _wrapped(scalar.dtype, f"power({base}, {exponent})")


def _conversion(scalar: Call, x: str) -> str:
    """Return a number as one of another type; floating types are computed in 32 bits."""
    source, target = scalar.operands[0].dtype, scalar.dtype
    if target == "bool":
        return f"({x})" if source == "bool" else f"is_nonzero({x})"
    if target in FLOATING:
        number = f"({x})"
        if source not in FLOATING:
            number = f"vec4(uvec4({x}))" if source in UNSIGNED_32 else f"vec4({x})"
        return f"round_to_{target}({number})" if _rounds(source, target) else number
    if source in FLOATING:
        return _wrapped(target, f"truncate_to_{'unsigned' if target in UNSIGNED_32 else 'integer'}({x})")
    keeps = source in ("bool", target) or target not in NARROW_INTEGERS
    return f"({x})" if keeps else _wrapped(target, x)


def _rounds(source: str, target: str) -> bool:
    """Whether a floating type of 16 bits does not hold all numbers of the source's type."""
    return target in ("float16", "bfloat16") and source not in (target, "bool", "int8", "uint8")
