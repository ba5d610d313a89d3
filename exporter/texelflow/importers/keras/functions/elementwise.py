"""Functions of one or two tensors, element by element."""

from __future__ import annotations

import math

from texelflow.graph import FLOATING
from texelflow.importers.functions import expm1, log1p
from texelflow.importers.keras.activations import activate
from texelflow.importers.keras.functions.function import Function, computes

_FLOATS = {
    **{name: name for name in "Cos Cosh Exp Log Reciprocal Sin Sinh Sqrt Tan Tanh Erf".split()},
    **{f"Arc{name}": f"A{name}" for name in "cos cosh sin sinh tan tanh".split()},
}
_ANY = {"Absolute": "Abs", "Abs": "Abs", "Negative": "Neg", "Sign": "Sign"}
_ACTIVATIONS = {
    **{name: name.lower() for name in "Relu Sigmoid Softplus Softsign Silu Selu Relu6 Mish".split()},
    "HardSigmoid": "hard_sigmoid",
    "HardSilu": "hard_silu",
    "HardTanh": "hard_tanh",
    "LogSigmoid": "log_sigmoid",
}
_TWO = {
    "Add": "Add",
    "Subtract": "Sub",
    "Multiply": "Mul",
    "Maximum": "Max",
    "Minimum": "Min",
    "Power": "Pow",
    "Equal": "Equal",
    "Greater": "Greater",
    "GreaterEqual": "GreaterOrEqual",
    "Less": "Less",
    "LessEqual": "LessOrEqual",
}
_TRUTHS = {"LogicalAnd": "And", "LogicalOr": "Or", "LogicalXor": "Xor"}


@computes(*_FLOATS)
def floats(steps: Function) -> None:
    """An operator of ONNX, of floats."""
    steps.add(_FLOATS[steps.function], steps.result, steps.floats(steps.x))


@computes(*_ANY)
def any_(steps: Function) -> None:
    """An operator of ONNX, of any numbers."""
    steps.add(_ANY[steps.function], steps.result, steps.x)


@computes(*_ACTIVATIONS)
def activation(steps: Function) -> None:
    """An activation without settings."""
    activate(steps, steps.result, steps.floats(steps.x), _ACTIVATIONS[steps.function])


@computes("Floor", "Ceil", "Round")
def rounded(steps: Function) -> None:
    """Whole numbers near x."""
    if steps.function == "Round" and steps.setting("decimals", 0) != 0:
        raise steps.fail("its decimals are not 0, which is not supported")
    steps.add(steps.function, steps.result, steps.floats(steps.x))


@computes("Square")
def square(steps: Function) -> None:
    """X · x."""
    steps.add("Mul", steps.result, steps.x, steps.x)


@computes("Rsqrt")
def rsqrt(steps: Function) -> None:
    """1 / √x."""
    steps.add("Reciprocal", steps.result, steps.add("Sqrt", "root", steps.floats(steps.x)))


@computes("Log1p")
def log_of_more(steps: Function) -> None:
    """log(1 + x)."""
    log1p(steps, steps.result, steps.floats(steps.x))


@computes("Expm1")
def exp_of_less(steps: Function) -> None:
    """exp(x) - 1."""
    expm1(steps, steps.result, steps.floats(steps.x))


@computes("Log2", "Log10")
def log_of_base(steps: Function) -> None:
    """The logarithm to base 2 or 10."""
    base = 2.0 if steps.function == "Log2" else 10.0
    x = steps.floats(steps.x)
    factor = steps.scalar("factor", "float32", 1 / math.log(base))
    steps.add("Mul", steps.result, steps.add("Log", "log", x), factor)


@computes("Gelu")
def gelu(steps: Function) -> None:
    """GELU, by default its approximation with tanh."""
    approximate = "tanh" if steps.given(1, "approximate", True) else "none"
    steps.add("Gelu", steps.result, steps.floats(steps.x), approximate=approximate)


@computes("Elu", "Celu")
def elu(steps: Function) -> None:
    """X where it is positive, else an exponential that ends at -alpha."""
    steps.add(steps.function, steps.result, steps.floats(steps.x), alpha=steps.number("alpha", 1.0))


@computes("LeakyRelu")
def leaky_relu(steps: Function) -> None:
    """X where it is positive, else a part of it."""
    slope = steps.number("negative_slope", 0.2)
    steps.add("LeakyRelu", steps.result, steps.floats(steps.x), alpha=slope)


@computes("Isnan", "Isinf", "Isfinite")
def classes(steps: Function) -> None:
    """Whether a number is NaN, infinite, or neither."""
    x = steps.floats(steps.x)
    if steps.function == "Isfinite":
        other = steps.add("Or", "other", steps.add("IsNaN", "is_nan", x), steps.add("IsInf", "is_inf", x))
        steps.add("Not", steps.result, other)
    else:
        steps.add("IsNaN" if steps.function == "Isnan" else "IsInf", steps.result, x)


@computes(*_TWO)
def two(steps: Function) -> None:
    """An operator of ONNX of two tensors, which are broadcast."""
    steps.add(_TWO[steps.function], steps.result, *steps.operands("x1", "x2"))


@computes("NotEqual")
def not_equal(steps: Function) -> None:
    """Whether two numbers differ."""
    steps.add("Not", steps.result, steps.add("Equal", "equal", *steps.operands("x1", "x2")))


@computes("Divide", "TrueDivide", "DivideNoNan")
def divide(steps: Function) -> None:
    """Quotients as floats; with NoNan 0 where the divisor is."""
    x, y = steps.together_as_floats([steps.given(0, "x1"), steps.given(1, "x2")])
    if steps.function != "DivideNoNan":
        steps.add("Div", steps.result, x, y)
        return
    zero = steps.scalar("zero", "float32", 0)
    is_zero = steps.add("Equal", "is_zero", y, zero)
    safe = steps.add("Where", "safe", is_zero, steps.scalar("one", "float32", 1), y)
    steps.add("Where", steps.result, is_zero, zero, steps.add("Div", "quotient", x, safe))


@computes("FloorDivide", "Mod")
def floor_divide(steps: Function) -> None:
    """Quotients rounded down, or what is left of x."""
    given = [steps.given(0, "x1"), steps.given(1, "x2")]
    x, y = steps.together(given)
    if steps.common(given) in FLOATING:
        down = steps.add("Floor", "down", steps.add("Div", "quotient", x, y))
        if steps.function == "FloorDivide":
            steps.add("Identity", steps.result, down)
        else:
            steps.add("Sub", steps.result, x, steps.add("Mul", "whole", down, y))
        return
    rest = steps.add("Mod", "rest" if steps.function == "FloorDivide" else steps.result, x, y)
    if steps.function == "FloorDivide":
        steps.add("Div", steps.result, steps.add("Sub", "divisible", x, rest), y)


@computes(*_TRUTHS)
def truths(steps: Function) -> None:
    """Truths joined; of a number, whether it is not 0."""
    flags = [steps.flag(steps.given(index, name)) for index, name in enumerate(("x1", "x2"))]
    steps.add(_TRUTHS[steps.function], steps.result, *flags)


@computes("LogicalNot")
def logical_not(steps: Function) -> None:
    """What is not true."""
    steps.add("Not", steps.result, steps.flag(steps.x))


@computes("Where")
def where(steps: Function) -> None:
    """X1 where the condition holds, else x2."""
    condition, *choices = (steps.given(index, name) for index, name in enumerate(("condition", "x1", "x2")))
    if None in choices:
        raise steps.fail("it lists where a condition holds, which is not supported")
    steps.add("Where", steps.result, steps.flag(condition), *steps.together(choices))


@computes("Clip")
def clip(steps: Function) -> None:
    """X within two bounds."""
    low, high = steps.given(1, "x_min"), steps.given(2, "x_max")
    x, *bounds = steps.together([steps.x, low, high])
    above = steps.add("Max", "above", x, bounds[0])
    steps.add("Min", steps.result, above, bounds[1])
