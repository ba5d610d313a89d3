"""Functions of one number."""

from __future__ import annotations

from texelflow.graph import FLOATING, NodeError
from texelflow.importers.lowering.functions import expm1 as expm1_of
from texelflow.importers.lowering.functions import log1p as log1p_of
from texelflow.importers.tensorflow.lowering import Lowering, lowers

SAME = {
    **{
        name: name for name in "Abs Neg Exp Log Sqrt Sin Cos Tan Asin Acos Atan Sinh Cosh Asinh Acosh".split()
    },
    **{name: name for name in "Atanh Erf Floor Ceil Round Sign Sigmoid Tanh Relu Elu Softplus".split()},
    **{name: name for name in "Softsign Selu Reciprocal".split()},
    "Rint": "Round",
    "Inv": "Reciprocal",
    "LogicalNot": "Not",
    "IsNan": "IsNaN",
    "IsInf": "IsInf",
    "Invert": "BitwiseNot",
}
"""TensorFlow's names of operators that ONNX has, too."""


@lowers(*SAME)
def same(steps: Lowering) -> None:
    """An operator of ONNX; whole numbers are rounded already."""
    operator = SAME[steps.node.operator]
    if operator in ("Floor", "Ceil", "Round") and steps.input(0).dtype not in FLOATING:
        operator = "Identity"
    steps.add(operator, steps.result, steps.input(0))


@lowers("LeakyRelu")
def leaky_relu(steps: Lowering) -> None:
    """X where it is positive, else alpha · x."""
    steps.add("LeakyRelu", steps.result, steps.input(0), alpha=steps.number("alpha", 0.2))


@lowers("Relu6")
def relu6(steps: Lowering) -> None:
    """X between 0 and 6."""
    x = steps.input(0)
    low, high = (steps.scalar("limit", x.dtype, limit) for limit in (0, 6))
    steps.add("Clip", steps.result, x, low, high)


@lowers("Prelu", inputs=2)
def prelu(steps: Lowering) -> None:
    """X where it is positive, else slope · x (an operator of TF.js' converter)."""
    steps.add("PRelu", steps.result, steps.input(0), steps.input(1))


@lowers("Rsqrt")
def rsqrt(steps: Lowering) -> None:
    """1 / √x."""
    steps.add("Reciprocal", steps.result, steps.add("Sqrt", "root", steps.input(0)))


@lowers("Square")
def square(steps: Lowering) -> None:
    """X · x."""
    steps.add("Mul", steps.result, steps.input(0), steps.input(0))


@lowers("Log1p")
def log1p(steps: Lowering) -> None:
    """log(1 + x)."""
    log1p_of(steps, steps.result, steps.input(0))


@lowers("Expm1")
def expm1(steps: Lowering) -> None:
    """exp(x) - 1."""
    expm1_of(steps, steps.result, steps.input(0))


@lowers("Erfc")
def erfc(steps: Lowering) -> None:
    """1 - erf(x)."""
    x = steps.input(0)
    steps.add("Sub", steps.result, steps.scalar("one", x.dtype, 1), steps.add("Erf", "erf", x))


@lowers("IsFinite")
def is_finite(steps: Lowering) -> None:
    """Whether a number is neither infinite nor NaN."""
    x = steps.input(0)
    other = steps.add("Or", "other", steps.add("IsNaN", "is_nan", x), steps.add("IsInf", "is_infinite", x))
    steps.add("Not", steps.result, other)


@lowers("Cast", "Bitcast")
def cast(steps: Lowering) -> None:
    """Another element type: fractions are cut off, and all but 0 is true."""
    dtype = str(steps.attribute("DstT" if steps.node.operator == "Cast" else "type"))
    if steps.node.operator == "Bitcast":
        raise NodeError(steps.node, "it reads bits as another type, which is not supported")
    if dtype not in CASTS:
        raise NodeError(steps.node, f"its element type {dtype} is not supported")
    steps.cast(steps.result, steps.input(0), dtype)


CASTS = frozenset(
    "float32 float16 bfloat16 float64 int8 uint8 int16 uint16 int32 uint32 int64 uint64 bool".split()
)


@lowers("ToBool")
def to_bool(steps: Lowering) -> None:
    """The truth of a condition: of a number whether it is not 0, of a tensor whether it has elements."""
    x = steps.input(0)
    if x.shape:
        steps.add("Greater", steps.result, steps.add("Size", "size", x), steps.scalar("zero", "int64", 0))
    elif x.dtype == "bool":
        steps.add("Identity", steps.result, x)
    else:
        steps.cast(steps.result, x, "bool")


@lowers("IsNumber")
def is_number(steps: Lowering) -> None:
    """Whether a number, which chooses a branch, is that of the attribute."""
    x = steps.input(0)
    steps.add("Equal", steps.result, x, steps.scalar("number", x.dtype, steps.whole("number", 0)))


@lowers("Softmax", "LogSoftmax")
def softmax(steps: Lowering) -> None:
    """Softmax along the last axis."""
    steps.add(steps.node.operator, steps.result, steps.input(0), axis=-1)
