"""Functions of two numbers or more, which broadcast."""

from __future__ import annotations

from texelflow.graph import FLOATING, Value
from texelflow.importers.lowering.functions import atan2 as atan2_of
from texelflow.importers.tensorflow.lowering import Lowering, lowers
from texelflow.operators import MANY

SAME = {
    "RealDiv": "Div",
    "Div": "Div",
    "TruncateDiv": "Div",
    "Maximum": "Max",
    "Minimum": "Min",
    "Pow": "Pow",
    "Equal": "Equal",
    "Less": "Less",
    "LessEqual": "LessOrEqual",
    "Greater": "Greater",
    "GreaterEqual": "GreaterOrEqual",
    "LogicalAnd": "And",
    "LogicalOr": "Or",
    "BitwiseAnd": "BitwiseAnd",
    "BitwiseOr": "BitwiseOr",
    "BitwiseXor": "BitwiseXor",
    "FloorMod": "Mod",
}
"""TensorFlow's names of operators that ONNX has, too."""


SUMS = {"Add": "Add", "AddV2": "Add", "Sub": "Sub", "Mul": "Mul"}


@lowers(*SUMS, inputs=2, of_complex=True)
def sums(steps: Lowering) -> None:
    """Sum, difference and product; those of complex numbers, pairs along a last axis, part by part."""
    x, y = steps.input(0), steps.input(1)
    operator = SUMS[steps.node.operator]
    if steps.attribute("T") not in ("complex64", "complex128"):
        steps.add(operator, steps.result, x, y)
        return
    if len(x.shape) != len(y.shape):
        raise steps.fail("complex numbers of different ranks are not supported")
    if operator != "Mul":
        steps.add(operator, steps.result, x, y)
        return
    a, b, c, d = (
        steps.slice("part", value, len(x.shape) - 1, part, part + 1) for value in (x, y) for part in (0, 1)
    )
    real = steps.add("Sub", "real", steps.add("Mul", "ac", a, c), steps.add("Mul", "bd", b, d))
    imaginary = steps.add("Add", "imaginary", steps.add("Mul", "ad", a, d), steps.add("Mul", "bc", b, c))
    steps.add("Concat", steps.result, real, imaginary, axis=-1)


@lowers(*SAME, inputs=2)
def same(steps: Lowering) -> None:
    """An operator of ONNX."""
    steps.add(SAME[steps.node.operator], steps.result, steps.input(0), steps.input(1))


@lowers("NotEqual", inputs=2)
def not_equal(steps: Lowering) -> None:
    """Whether numbers differ; NaN differs from itself."""
    steps.add("Not", steps.result, steps.add("Equal", "equal", steps.input(0), steps.input(1)))


@lowers("ApproximateEqual", inputs=2)
def approximate_equal(steps: Lowering) -> None:
    """Whether numbers differ by less than `tolerance`."""
    x = steps.input(0)
    difference = steps.add("Abs", "size", steps.add("Sub", "difference", x, steps.input(1)))
    tolerance = steps.scalar("tolerance", x.dtype, steps.number("tolerance", 1e-5))
    steps.add("Less", steps.result, difference, tolerance)


@lowers("SquaredDifference", inputs=2)
def squared_difference(steps: Lowering) -> None:
    """(x - y)²."""
    difference = steps.add("Sub", "difference", steps.input(0), steps.input(1))
    steps.add("Mul", steps.result, difference, difference)


@lowers("FloorDiv", inputs=2)
def floor_div(steps: Lowering) -> None:
    """X / y rounded down."""
    x, y = steps.input(0), steps.input(1)
    if x.dtype in FLOATING:
        steps.add("Floor", steps.result, steps.add("Div", "quotient", x, y))
    elif x.dtype.startswith("u"):
        steps.add("Div", steps.result, x, y)
    elif steps.node.inputs[0] is not None and x.elements is not None and y.elements is not None:
        # Of sizes, which are not negative: kept simple, so that it stays a dimension.
        steps.add("Div", steps.result, x, y) if _are_natural(x, y) else _floored(steps, x, y)
    else:
        _floored(steps, x, y)


def _are_natural(*values: Value) -> bool:
    from texelflow.dimensions import Expression, lower_bound

    for value in values:
        for element in value.elements or []:
            least = lower_bound(element) if isinstance(element, Expression) else element
            if not isinstance(least, int | float) or least < 0:
                return False
    return True


def _floored(steps: Lowering, x: Value, y: Value) -> None:
    rest = steps.add("Mod", "rest", x, y)
    steps.add("Div", steps.result, steps.add("Sub", "multiple", x, rest), y)


@lowers("Mod", "TruncateMod", inputs=2)
def truncate_mod(steps: Lowering) -> None:
    """What x / y, cut off, leaves: it has the sign of x."""
    steps.add("Mod", steps.result, steps.input(0), steps.input(1), fmod=1)


@lowers("DivNoNan", inputs=2)
def div_no_nan(steps: Lowering) -> None:
    """X / y, and 0 where y is 0."""
    x, y = steps.input(0), steps.input(1)
    _unless_zero(steps, y, steps.add("Div", "quotient", x, _not_zero(steps, y)))


@lowers("MulNoNan", inputs=2)
def mul_no_nan(steps: Lowering) -> None:
    """X · y, and 0 where y is 0, whatever x is."""
    x, y = steps.input(0), steps.input(1)
    _unless_zero(steps, y, steps.add("Mul", "product", x, y))


@lowers("Xdivy", inputs=2)
def xdivy(steps: Lowering) -> None:
    """X / y, and 0 where x is 0."""
    x, y = steps.input(0), steps.input(1)
    _unless_zero(steps, x, steps.add("Div", "quotient", x, y))


@lowers("Xlogy", inputs=2)
def xlogy(steps: Lowering) -> None:
    """X · log(y), and 0 where x is 0."""
    x, y = steps.input(0), steps.input(1)
    _unless_zero(steps, x, steps.add("Mul", "product", x, steps.add("Log", "log", y)))


def _unless_zero(steps: Lowering, x: Value, otherwise: Value) -> None:
    zero = steps.scalar("zero", x.dtype, 0)
    steps.add("Where", steps.result, steps.add("Equal", "is_zero", x, zero), zero, otherwise)


def _not_zero(steps: Lowering, x: Value) -> Value:
    zero, one = (steps.scalar(name, x.dtype, number) for name, number in (("none", 0), ("one", 1)))
    return steps.add("Where", "divisor", steps.add("Equal", "is_none", x, zero), one, x)


@lowers("Atan2", inputs=2)
def atan2(steps: Lowering) -> None:
    """The angle of the point (x, y); y comes first."""
    atan2_of(steps, steps.result, steps.input(0), steps.input(1))


@lowers("AddN", "AccumulateNV2", inputs=(1, MANY))
def add_n(steps: Lowering) -> None:
    """The sum of all inputs."""
    inputs = steps.inputs()
    total = inputs[0]
    for value in inputs[1:-1]:
        total = steps.add("Add", "sum", total, value)
    if len(inputs) == 1:
        steps.add("Identity", steps.result, total)
    else:
        steps.add("Add", steps.result, total, inputs[-1])


@lowers("ClipByValue", inputs=3)
def clip_by_value(steps: Lowering) -> None:
    """X between two numbers, which may differ by element."""
    above = steps.add("Max", "above", steps.input(0), steps.input(1))
    steps.add("Min", steps.result, above, steps.input(2))


@lowers("Select", "SelectV2", inputs=3)
def select(steps: Lowering) -> None:
    """The second input where the first holds, else the third."""
    condition, then, otherwise = steps.inputs()
    rank = len(then.shape)
    if steps.node.operator == "Select" and len(condition.shape) == 1 and rank > 1:
        # A truth value for each row.
        condition = steps.add("Unsqueeze", "rows", condition, steps.vector("axes", list(range(1, rank))))
    steps.add("Where", steps.result, condition, then, otherwise)
