"""Functions of two numbers or more, which broadcast; element types are promoted as PyTorch does."""

from __future__ import annotations

from texelflow.graph import FLOATING, Value
from texelflow.importers.lowering.functions import atan2 as atan2_of
from texelflow.importers.pytorch.lowering import Step, lowers
from texelflow.importers.pytorch.promotion import common_dtype

COMPARISONS = {
    "eq": "Equal",
    "lt": "Less",
    "le": "LessOrEqual",
    "gt": "Greater",
    "ge": "GreaterOrEqual",
    "less": "Less",
    "less_equal": "LessOrEqual",
    "greater": "Greater",
    "greater_equal": "GreaterOrEqual",
}
LOGICAL = {"logical_and": "And", "logical_or": "Or", "logical_xor": "Xor"}
BITWISE = {"and": "And", "or": "Or", "xor": "Xor"}
EXTREMES = {
    "maximum": "Max",
    "minimum": "Min",
    "max.other": "Max",
    "min.other": "Min",
    "fmax": "Max",
    "fmin": "Min",
}


def overloads(*bases: str) -> list[str]:
    """Return the names of operators of a tensor and a tensor or number."""
    return [f"{base}.{overload}" for base in bases for overload in ("Tensor", "Scalar")]


def pair(step: Step, dtype: str | None = None) -> tuple[Value, Value]:
    """Return both operands, in the element type in which they are computed."""
    common = dtype or common_dtype(step, ["self", "other"])
    return step.operand("self", common), step.operand("other", common)


def _scaled(step: Step, value: Value) -> Value:
    alpha = step.number("alpha", 1)
    if alpha == 1:
        return value
    return step.add("Mul", "scaled", value, step.scalar("alpha", value.dtype, alpha))


@lowers(*overloads("add", "sub", "subtract", "rsub"))
def sums(step: Step) -> None:
    """The sum, or difference, of x and alpha times another; of truth values whether one holds."""
    x, y = pair(step, step.dtype)
    if step.dtype == "bool":
        step.add("Or", step.result, x, y)
    elif step.base == "rsub":
        step.add("Sub", step.result, y, _scaled(step, x))
    else:
        step.add("Add" if step.base == "add" else "Sub", step.result, x, _scaled(step, y))


@lowers(*overloads("mul", "multiply"))
def product(step: Step) -> None:
    """The product; of truth values whether both hold."""
    x, y = pair(step, step.dtype)
    step.add("And" if step.dtype == "bool" else "Mul", step.result, x, y)


@lowers(
    *overloads("div", "divide", "true_divide"), "div.Tensor_mode", "div.Scalar_mode", "divide.Tensor_mode"
)
def quotient(step: Step) -> None:
    """The quotient, rounded down or cut off where `rounding_mode` says so."""
    mode = step.text("rounding_mode")
    x, y = pair(step, step.dtype)
    if mode == "floor":
        _floored(step, x, y)
    elif mode == "trunc" and x.dtype in FLOATING:
        ratio = step.add("Div", "ratio", x, y)
        size = step.add("Floor", "floor", step.add("Abs", "size", ratio))
        step.add("Mul", step.result, size, step.add("Sign", "sign", ratio))
    else:
        step.add("Div", step.result, x, y)


@lowers("floor_divide", "floor_divide.Scalar")
def floor_divide(step: Step) -> None:
    """The quotient rounded down."""
    _floored(step, *pair(step, step.dtype))


def _floored(step: Step, x: Value, y: Value) -> None:
    if x.dtype in FLOATING:
        # Not the quotient rounded down: 1 / 0.1 is 10 in floating numbers, but 0.1 fits 9 times into 1.
        whole = step.add("Sub", "multiple", x, _rest(step, "rest", x, y))
        made = step.add("Round", "whole", step.add("Div", "ratio", whole, y))
        is_zero = step.add("Equal", "is_zero", y, step.scalar("none", y.dtype, 0))
        step.add("Where", step.result, is_zero, step.add("Div", "infinite", x, y), made)
    elif x.dtype.startswith("uint"):
        step.add("Div", step.result, x, y)
    else:
        rest = step.add("Mod", "rest", x, y)
        step.add("Div", step.result, step.add("Sub", "multiple", x, rest), y)


@lowers(*overloads("remainder", "fmod"), "remainder.Scalar_Tensor")
def remainder(step: Step) -> None:
    """What a division leaves: with the sign of the divisor, or (fmod) of the dividend."""
    x, y = pair(step, step.dtype)
    if step.base == "fmod":
        step.add("Mod", step.result, x, y, fmod=1)
    else:
        _rest(step, step.result, x, y)


def _rest(step: Step, result: str | Value, x: Value, y: Value) -> Value:
    """Return what a division leaves, with the sign of the divisor."""
    if x.dtype not in FLOATING:
        return step.add("Mod", result, x, y)
    rest, zero = step.add("Mod", "signed_rest", x, y, fmod=1), step.scalar("zero", x.dtype, 0)
    signs = (step.add("Less", "is_negative", value, zero) for value in (rest, y))
    is_some = step.add("Not", "is_some", step.add("Equal", "is_none", rest, zero))
    is_other = step.add("And", "is_other", is_some, step.add("Xor", "differ", *signs))
    return step.add("Where", result, is_other, step.add("Add", "moved", rest, y), rest)


@lowers("pow.Tensor_Tensor", "pow.Tensor_Scalar", "pow.Scalar", "float_power.Tensor_Scalar")
def power(step: Step) -> None:
    """X to the power of another number."""
    x, y = step.operand("self", step.dtype), step.operand("exponent", step.dtype)
    step.add("Pow", step.result, x, y)


@lowers(*overloads(*COMPARISONS))
def comparison(step: Step) -> None:
    """Whether two numbers compare so."""
    x, y = _comparable(step)
    step.add(COMPARISONS[step.base], step.result, x, y)


@lowers(*overloads("ne", "not_equal"))
def not_equal(step: Step) -> None:
    """Whether two numbers differ; NaN differs from itself."""
    step.add("Not", step.result, step.add("Equal", "equal", *_comparable(step)))


def _comparable(step: Step) -> tuple[Value, Value]:
    common = common_dtype(step, ["self", "other"])
    return pair(step, "int32" if common == "bool" else common)


@lowers(*LOGICAL)
def logical(step: Step) -> None:
    """A function of truth values; of numbers all but 0 is true."""
    step.add(
        LOGICAL[step.base],
        step.result,
        step.as_dtype(step.tensor("self"), "bool"),
        step.as_dtype(step.tensor("other"), "bool", "other"),
    )


@lowers(*overloads(*(f"bitwise_{name}" for name in BITWISE), *(f"__{name}__" for name in BITWISE)))
def bitwise(step: Step) -> None:
    """A function of truth values, or of all bits of whole numbers."""
    operator = BITWISE[step.base.removeprefix("bitwise_").strip("_")]
    x, y = pair(step, step.dtype)
    step.add(operator if x.dtype == "bool" else f"Bitwise{operator}", step.result, x, y)


@lowers(*EXTREMES)
def extreme(step: Step) -> None:
    """The larger, or smaller, of two numbers."""
    operator = EXTREMES[step.node.operator]
    x, y = pair(step, step.dtype)
    if x.dtype == "bool":
        step.add("Or" if operator == "Max" else "And", step.result, x, y)
    elif step.base in ("fmax", "fmin"):
        # A number counts where the other is none.
        chosen = step.add(operator, "chosen", x, y)
        without = step.add("Where", "without", step.add("IsNaN", "x_is_none", x), y, chosen)
        step.add("Where", step.result, step.add("IsNaN", "y_is_none", y), x, without)
    else:
        step.add(operator, step.result, x, y)


@lowers("atan2", "arctan2")
def atan2(step: Step) -> None:
    """The angle of the point (other, self)."""
    y, x = pair(step, step.dtype)
    atan2_of(step, step.result, y, x)


@lowers("hypot")
def hypot(step: Step) -> None:
    """√(x² + y²)."""
    x, y = pair(step, step.dtype)
    squares = step.add("Add", "squares", step.add("Mul", "square", x, x), step.add("Mul", "square", y, y))
    step.add("Sqrt", step.result, squares)


@lowers("logaddexp")
def logaddexp(step: Step) -> None:
    """log(exp(x) + exp(y)); the larger is taken out before."""
    x, y = pair(step, step.dtype)
    largest = step.add("Max", "largest", x, y)
    powers = [step.add("Exp", "power", step.add("Sub", "less", value, largest)) for value in (x, y)]
    step.add("Add", step.result, largest, step.add("Log", "log", step.add("Add", "sum", *powers)))


@lowers("xlogy.Tensor", "xlogy.Scalar_Self", "xlogy.Scalar_Other", "special_xlogy")
def xlogy(step: Step) -> None:
    """X · log(y), and 0 where x is 0."""
    x, y = pair(step, step.dtype)
    zero = step.scalar("zero", x.dtype, 0)
    made = step.add("Mul", "product", x, step.add("Log", "log", y))
    step.add("Where", step.result, step.add("Equal", "is_zero", x, zero), zero, made)


@lowers("heaviside")
def heaviside(step: Step) -> None:
    """0 below 0, 1 above, and `values` at 0."""
    x, values = step.tensor("self"), step.tensor("values")
    zero = step.scalar("zero", x.dtype, 0)
    sides = step.cast("sides", step.add("Greater", "is_above", x, zero), x.dtype)
    step.add("Where", step.result, step.add("Equal", "is_zero", x, zero), values, sides)


@lowers("addcmul", "addcdiv")
def add_product(step: Step) -> None:
    """X + value · tensor1 · tensor2, or the quotient of these."""
    x, a, b = (step.operand(name, step.dtype) for name in ("self", "tensor1", "tensor2"))
    made = step.add("Mul" if step.base == "addcmul" else "Div", "made", a, b)
    value = step.number("value", 1)
    if value != 1:
        made = step.add("Mul", "scaled", made, step.scalar("value", x.dtype, value))
    step.add("Add", step.result, x, made)


@lowers("lerp.Scalar", "lerp.Tensor")
def lerp(step: Step) -> None:
    """X + weight · (end - x)."""
    x, end, weight = (step.operand(name, step.dtype) for name in ("self", "end", "weight"))
    way = step.add("Mul", "way", weight, step.add("Sub", "length", end, x))
    step.add("Add", step.result, x, way)


@lowers("isclose")
def isclose(step: Step) -> None:
    """Whether numbers differ by at most atol + rtol · |other|."""
    x, y = pair(step, "float32")
    if step.flag("equal_nan"):
        raise step.fail("it takes NaN for equal, which is not supported")
    rtol, atol = (
        step.scalar(name, "float32", step.number(name, default))
        for name, default in (("rtol", 1e-5), ("atol", 1e-8))
    )
    allowed = step.add("Add", "allowed", atol, step.add("Mul", "relative", rtol, step.add("Abs", "size", y)))
    difference = step.add("Abs", "difference", step.add("Sub", "signed", x, y))
    near = step.add(
        "And",
        "is_near",
        step.add("LessOrEqual", "is_small", difference, allowed),
        step.add("Not", "is_finite", step.add("IsInf", "is_infinite", difference)),
    )
    step.add("Or", step.result, near, step.add("Equal", "is_equal", x, y))
