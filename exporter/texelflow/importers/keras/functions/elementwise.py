"""Functions of one or two tensors, element by element."""

from __future__ import annotations

import math

from texelflow.dimensions import proved_equal
from texelflow.graph import FLOATING
from texelflow.importers.files.finite import is_finite
from texelflow.importers.keras.activations import activate
from texelflow.importers.keras.functions.function import Function, computes
from texelflow.importers.lowering.functions import atan2, expm1, log1p

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
_FACTORS = {"Deg2rad": math.pi / 180, "Rad2deg": 180 / math.pi}
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


@computes("BitwiseAnd", "BitwiseOr", "BitwiseXor")
def bits(steps: Function) -> None:
    """Bits joined, by ONNX's operator of the same name."""
    steps.add(steps.function, steps.result, *steps.together([steps.given(0, "x"), steps.given(1, "y")]))


@computes(*_FACTORS)
def turned(steps: Function) -> None:
    """Angles in other units."""
    steps.add(
        "Mul", steps.result, steps.floats(steps.x), steps.scalar("unit", "float32", _FACTORS[steps.function])
    )


@computes("Arctan2")
def angle(steps: Function) -> None:
    """The angle of the point (x2, x1)."""
    y, x = steps.together_as_floats([steps.given(0, "x1"), steps.given(1, "x2")])
    atan2(steps, steps.result, y, x)


@computes("Hypot")
def hypotenuse(steps: Function) -> None:
    """√(x1² + x2²)."""
    parts = steps.together_as_floats([steps.given(0, "x1"), steps.given(1, "x2")])
    squares = [steps.add("Mul", "square", part, part) for part in parts]
    steps.add("Sqrt", steps.result, steps.add("Add", "sum", *squares))


@computes("Exp2", "Trunc", "TanhShrink")
def plain(steps: Function) -> None:
    """2^x, x without what is behind the point, or x - tanh x."""
    x = steps.floats(steps.x)
    if steps.function == "Exp2":
        steps.add("Pow", steps.result, steps.scalar("two", x.dtype, 2), x)
    elif steps.function == "Trunc":
        whole = steps.add("Floor", "whole", steps.add("Abs", "size", x))
        steps.add("Mul", steps.result, whole, steps.add("Sign", "sign", x))
    else:
        steps.add("Sub", steps.result, x, steps.add("Tanh", "tanh", x))


@computes("HardShrink", "SoftShrink")
def shrink(steps: Function) -> None:
    """0 near 0; what is farther off stays, or comes nearer by as much."""
    far = steps.number("threshold", 0.5)
    bias = far if steps.function == "SoftShrink" else 0.0
    steps.add("Shrink", steps.result, steps.floats(steps.x), lambd=far, bias=bias)


@computes("Threshold")
def threshold(steps: Function) -> None:
    """X where it is above a number, else another one."""
    x = steps.floats(steps.x)
    names = ("threshold", "default_value")
    limit, other = (steps.scalar(name, x.dtype, steps.number(name, 0.0)) for name in names)
    steps.add("Where", steps.result, steps.add("Greater", "is_above", x, limit), x, other)


@computes("Glu")
def gated(steps: Function) -> None:
    """The first half along an axis times the sigmoid of the second."""
    [axis] = steps.axes_given(1) if steps.given(1, "axis") is not None else [steps.rank - 1]
    halves = steps.add_all("Split", ["half", "gate"], steps.floats(steps.x), axis=axis, num_outputs=2)
    steps.add("Mul", steps.result, halves[0], steps.add("Sigmoid", "opened", halves[1]))


@computes("Logaddexp")
def log_of_sum(steps: Function) -> None:
    """log(exp(x1) + exp(x2))."""
    x, y = steps.together_as_floats([steps.given(0, "x1"), steps.given(1, "x2")])
    apart = steps.add("Abs", "apart", steps.add("Sub", "difference", x, y))
    more = steps.add("Softplus", "more", steps.add("Neg", "negative", apart))
    steps.add("Add", steps.result, steps.add("Max", "larger", x, y), more)


@computes("NanToNum")
def numbers(steps: Function) -> None:
    """Numbers in place of NaN and infinities."""
    x = steps.floats(steps.x)
    largest = 3.4028234663852886e38
    nan, high, low = (
        steps.scalar(name, x.dtype, steps.number(name, default))
        for name, default in (("nan", 0.0), ("posinf", largest), ("neginf", -largest))
    )
    finite = steps.add("Where", "number", steps.add("IsNaN", "is_nan", x), nan, x)
    below = steps.add("IsInf", "is_high", x, detect_negative=0)
    above = steps.add("IsInf", "is_low", x, detect_positive=0)
    steps.add("Where", steps.result, above, low, steps.add("Where", "not_high", below, high, finite))


@computes("Isclose")
def is_close(steps: Function) -> None:
    """Whether two numbers differ by a little, relative to the second; infinities are close to themselves."""
    x, y = steps.together_as_floats([steps.given(0, "x1"), steps.given(1, "x2")])
    relative, least = steps.given(2, "rtol", 1e-5), steps.given(3, "atol", 1e-8)
    if not is_finite(relative) or not is_finite(least) or steps.setting("equal_nan"):
        raise steps.fail("its tolerances are no numbers, or equal_nan is set, which is not supported")
    size = steps.add("Mul", "relative", steps.add("Abs", "size", y), steps.scalar("rtol", x.dtype, relative))
    far = steps.add("Add", "far", size, steps.scalar("atol", x.dtype, least))
    near = steps.add(
        "LessOrEqual", "near", steps.add("Abs", "apart", steps.add("Sub", "difference", x, y)), far
    )
    is_infinite = steps.add("IsInf", "is_infinite", y)
    near = steps.add("And", "finite_near", near, steps.add("Not", "is_number", is_infinite))
    steps.add("Or", steps.result, near, steps.add("Equal", "equal", x, y))


@computes("RGBToGrayscale")
def gray(steps: Function) -> None:
    """How bright colours are; channels last."""
    if steps.is_first or not steps.rank or not proved_equal(steps.x.shape[-1], 3):
        raise steps.fail(f"its images are {steps.x.type}; three channels, the last axis, are needed")
    shares = steps.constant("shares", "float32", [3, 1], [0.2989, 0.587, 0.114])
    steps.add("MatMul", steps.result, steps.floats(steps.x), shares)
