"""Functions of one number."""

from __future__ import annotations

from math import log, pi

from texelflow.graph import FLOATING, Value
from texelflow.importers.lowering.functions import expm1 as expm1_of
from texelflow.importers.lowering.functions import log1p as log1p_of
from texelflow.importers.pytorch.lowering import Step, lowers

FLOAT_FUNCTIONS = {
    **{name: name.capitalize() for name in "exp log sqrt sin cos tan asin acos atan sinh cosh".split()},
    **{name: name.capitalize() for name in "asinh acosh atanh erf sigmoid tanh reciprocal".split()},
    **{f"arc{name}": f"A{name}" for name in "sin cos tan sinh cosh tanh".split()},
    "special_erf": "Erf",
    "special_expit": "Sigmoid",
}
"""PyTorch's names of functions of floating numbers that ONNX has; whole numbers become floating first."""

SIGNED_FUNCTIONS = {
    "abs": "Abs",
    "absolute": "Abs",
    "neg": "Neg",
    "negative": "Neg",
    "sign": "Sign",
    "sgn": "Sign",
}
"""Those that keep whole numbers."""

ROUNDINGS = {"floor": "Floor", "ceil": "Ceil", "round": "Round"}


@lowers(*FLOAT_FUNCTIONS)
def float_function(step: Step) -> None:
    """An operator of ONNX."""
    step.add(FLOAT_FUNCTIONS[step.base], step.result, step.as_dtype(step.x, step.dtype))


@lowers(*SIGNED_FUNCTIONS)
def signed_function(step: Step) -> None:
    """An operator of ONNX; of truth values the sign is the value."""
    x = step.x
    if x.dtype == "bool" or x.dtype.startswith("uint"):
        if step.base.startswith("neg"):
            raise step.fail(f"it negates {x.dtype}, which is not supported")
        step.add("Identity", step.result, x)
        return
    step.add(SIGNED_FUNCTIONS[step.base], step.result, x)


@lowers(*ROUNDINGS)
def rounding(step: Step) -> None:
    """The nearest whole number below, above, or of both the even one; whole numbers stay."""
    operator = ROUNDINGS[step.base] if step.x.dtype in FLOATING else "Identity"
    step.add(operator, step.result, step.x)


@lowers("round.decimals")
def round_decimals(step: Step) -> None:
    """X rounded to a number of decimal places."""
    x, decimals = step.x, step.integer("decimals")
    if x.dtype not in FLOATING or not -30 < decimals < 30:
        raise step.fail(f"it rounds {x.dtype} to {decimals} places, which is not supported")
    factor = step.scalar("factor", x.dtype, float(10 ** abs(decimals)))
    there, back = ("Mul", "Div") if decimals >= 0 else ("Div", "Mul")
    rounded = step.add("Round", "rounded", step.add(there, "moved", x, factor))
    step.add(back, step.result, rounded, factor)


@lowers("trunc", "fix")
def trunc(step: Step) -> None:
    """X without what follows the point."""
    _trunc(step, step.result, step.x)


def _trunc(step: Step, result: str | Value, x: Value) -> Value:
    if x.dtype not in FLOATING:
        return step.add("Identity", result, x)
    size = step.add("Floor", "floor", step.add("Abs", "size", x))
    return step.add("Mul", result, size, step.add("Sign", "sign", x))


@lowers("frac")
def frac(step: Step) -> None:
    """What follows the point."""
    step.add("Sub", step.result, step.x, _trunc(step, "whole", step.x))


@lowers("rsqrt")
def rsqrt(step: Step) -> None:
    """1 / √x."""
    x = step.as_dtype(step.x, step.dtype)
    step.add("Reciprocal", step.result, step.add("Sqrt", "root", x))


@lowers("square")
def square(step: Step) -> None:
    """X · x."""
    x = step.as_dtype(step.x, step.dtype)
    step.add("Mul", step.result, x, x)


@lowers("exp2", "special_exp2")
def exp2(step: Step) -> None:
    """2 to the power of x."""
    x = step.as_dtype(step.x, step.dtype)
    step.add("Pow", step.result, step.scalar("two", x.dtype, 2), x)


@lowers("log2", "log10")
def other_logarithm(step: Step) -> None:
    """The logarithm to the base 2 or 10."""
    x = step.as_dtype(step.x, step.dtype)
    factor = step.scalar("factor", x.dtype, 1 / log(2 if step.base == "log2" else 10))
    step.add("Mul", step.result, step.add("Log", "log", x), factor)


@lowers("log1p", "special_log1p")
def log1p(step: Step) -> None:
    """log(1 + x)."""
    log1p_of(step, step.result, step.as_dtype(step.x, step.dtype))


@lowers("expm1", "special_expm1")
def expm1(step: Step) -> None:
    """exp(x) - 1."""
    expm1_of(step, step.result, step.as_dtype(step.x, step.dtype))


@lowers("erfc", "special_erfc")
def erfc(step: Step) -> None:
    """1 - erf(x)."""
    x = step.as_dtype(step.x, step.dtype)
    step.add("Sub", step.result, step.scalar("one", x.dtype, 1), step.add("Erf", "erf", x))


@lowers("logit", "special_logit")
def logit(step: Step) -> None:
    """log(x / (1 - x)), of x limited to eps and 1 - eps."""
    x = step.as_dtype(step.x, step.dtype)
    if step.has("eps"):
        eps = step.number("eps")
        low, high = (step.scalar("limit", x.dtype, limit) for limit in (eps, 1 - eps))
        x = step.add("Clip", "limited", x, low, high)
    rest = step.add("Sub", "rest", step.scalar("one", step.dtype, 1), x)
    step.add("Log", step.result, step.add("Div", "odds", x, rest))


@lowers("sinc", "special_sinc")
def sinc(step: Step) -> None:
    """sin(πx) / (πx), and 1 at 0."""
    x = step.as_dtype(step.x, step.dtype)
    angle = step.add("Mul", "angle", x, step.scalar("pi", x.dtype, pi))
    zero, one = (step.scalar(name, x.dtype, number) for name, number in (("zero", 0), ("one", 1)))
    is_zero = step.add("Equal", "is_zero", angle, zero)
    divisor = step.add("Where", "divisor", is_zero, one, angle)
    step.add(
        "Where", step.result, is_zero, one, step.add("Div", "ratio", step.add("Sin", "sine", angle), divisor)
    )


@lowers("deg2rad", "rad2deg")
def angle_unit(step: Step) -> None:
    """Degrees as radians, or the other way."""
    x = step.as_dtype(step.x, step.dtype)
    factor = pi / 180 if step.base == "deg2rad" else 180 / pi
    step.add("Mul", step.result, x, step.scalar("factor", x.dtype, factor))


@lowers("isnan")
def isnan(step: Step) -> None:
    """Whether x is NaN."""
    _of_floats(step, lambda x: step.add("IsNaN", step.result, x), False)


@lowers("isinf")
def isinf(step: Step) -> None:
    """Whether x is infinite."""
    _of_floats(step, lambda x: step.add("IsInf", step.result, x), False)


@lowers("isposinf", "isneginf")
def isinf_of_sign(step: Step) -> None:
    """Whether x is infinite, and positive, or negative."""
    positive = int(step.base == "isposinf")
    _of_floats(
        step,
        lambda x: step.add("IsInf", step.result, x, detect_positive=positive, detect_negative=1 - positive),
        False,
    )


@lowers("isfinite")
def isfinite(step: Step) -> None:
    """Whether x is neither infinite nor NaN."""

    def of_floats(x: Value) -> Value:
        other = step.add("Or", "other", step.add("IsNaN", "is_nan", x), step.add("IsInf", "is_infinite", x))
        return step.add("Not", step.result, other)

    _of_floats(step, of_floats, True)


def _of_floats(step: Step, make: object, otherwise: bool) -> None:
    """Make a result of floating numbers; of whole numbers it is always the same."""
    x = step.x
    if x.dtype in FLOATING and callable(make):
        make(x)
    else:
        step.add("Expand", step.result, step.scalar("same", "bool", otherwise), step.vector("shape", x.shape))


@lowers("nan_to_num")
def nan_to_num(step: Step) -> None:
    """Other numbers in place of NaN and of infinities: 0 and the largest of the type, or those given."""
    x = step.x
    if x.dtype not in FLOATING:
        step.add("Identity", step.result, x)
        return
    largest = {"float16": 65504.0, "float64": 1.7976931348623157e308}.get(x.dtype, 3.4028234663852886e38)
    for name, operator, default, signs in (
        ("nan", "IsNaN", 0.0, {}),
        ("posinf", "IsInf", largest, {"detect_negative": 0}),
        ("neginf", "IsInf", -largest, {"detect_positive": 0}),
    ):
        number = step.scalar(name, step.dtype, step.number(name, default))
        x = step.add("Where", f"without_{name}", step.add(operator, f"is_{name}", x, **signs), number, x)
    step.add("Identity", step.result, x)


@lowers("logical_not")
def logical_not(step: Step) -> None:
    """Whether x is 0."""
    step.add("Not", step.result, step.as_dtype(step.x, "bool"))


@lowers("bitwise_not")
def bitwise_not(step: Step) -> None:
    """All bits turned; of truth values, the other."""
    step.add("Not" if step.x.dtype == "bool" else "BitwiseNot", step.result, step.x)
