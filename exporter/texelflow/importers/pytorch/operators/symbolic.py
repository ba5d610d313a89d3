"""Arithmetic on sizes, and numbers read from tensors: scalars whose elements are mostly known at export."""

from __future__ import annotations

import operator as python
from collections.abc import Callable

from texelflow.dimensions import Expression, lower_bound
from texelflow.graph import FLOATING, Value
from texelflow.importers.lowering.typed_lowering import Ref
from texelflow.importers.pytorch.lowering import Step, lowers

SAME = {"mul": "Mul", "add": "Add", "sub": "Sub", "and_": "And", "or_": "Or"}
COMPARISONS = {"eq": "Equal", "lt": "Less", "le": "LessOrEqual", "gt": "Greater", "ge": "GreaterOrEqual"}


@lowers("sym_size.int")
def sym_size(step: Step) -> None:
    """An extent."""
    step.add("Identity", step.result, step.index("extent", step.x.shape[step.axis("dim")]))


@lowers("sym_numel")
def sym_numel(step: Step) -> None:
    """The number of elements."""
    step.add("Identity", step.result, step.index("count", step.x.known_type.size))


@lowers("item", "_local_scalar_dense")
def item(step: Step) -> None:
    """The only number of a tensor."""
    step.finish(step.reshape("number", step.x, []))


@lowers("sym_float", domain="torch")
def sym_float(step: Step) -> None:
    """A whole number as a floating one."""
    step.cast(step.result, _operands(step)[0], "float64")


@lowers("sym_int", domain="torch")
@lowers("trunc", domain="math")
def sym_int(step: Step) -> None:
    """A floating number without what follows the point."""
    step.cast(step.result, _operands(step)[0], "int64")


@lowers("ceil", "floor", domain="math")
def rounding(step: Step) -> None:
    """The nearest whole number below, or above."""
    [x] = _operands(step)
    operator = step.base.capitalize() if x.dtype in FLOATING else "Identity"
    step.cast(step.result, step.add(operator, "rounded", x), "int64")


@lowers("sym_max", "sym_min", domain="torch")
def sym_extreme(step: Step) -> None:
    """The larger, or smaller, of two sizes."""
    step.add("Max" if step.base == "sym_max" else "Min", step.result, *_alike(step))


@lowers("sym_not", domain="torch")
def sym_not(step: Step) -> None:
    """Whether something does not hold."""
    step.add("Not", step.result, *_operands(step))


@lowers("sym_sqrt", domain="torch")
@lowers("sqrt", domain="math")
def sym_sqrt(step: Step) -> None:
    """The root."""
    step.add("Sqrt", step.result, step.cast("floating", _operands(step)[0], "float64"))


@lowers("sym_ite", domain="torch")
def sym_ite(step: Step) -> None:
    """The second number where the first holds, else the third."""
    condition, *values = _operands(step)
    step.add("Where", step.result, condition, *values)


@lowers("neg", "pos", domain="_operator")
def sign(step: Step) -> None:
    """The number, or its opposite."""
    step.add("Neg" if step.base == "neg" else "Identity", step.result, *_operands(step))


@lowers(*SAME, *COMPARISONS, domain="_operator")
def arithmetic(step: Step) -> None:
    """Sum, product, comparison and the like."""
    step.add({**SAME, **COMPARISONS}[step.base], step.result, *_alike(step))


@lowers("ne", domain="_operator")
def differs(step: Step) -> None:
    """Whether two numbers differ."""
    step.add("Not", step.result, step.add("Equal", "is_equal", *_alike(step)))


@lowers("floordiv", domain="_operator")
def floordiv(step: Step) -> None:
    """The quotient rounded down."""
    x, y = _alike(step)
    if x.dtype in FLOATING:
        step.add("Floor", step.result, step.add("Div", "ratio", x, y))
    elif _is_natural(x) and _is_natural(y):
        step.add("Div", step.result, x, y)  # kept simple, so that it stays a dimension
    else:
        rest = step.add("Mod", "rest", x, y)
        step.add("Div", step.result, step.add("Sub", "multiple", x, rest), y)


@lowers("mod", domain="_operator")
def mod(step: Step) -> None:
    """What a division leaves, with the sign of the divisor."""
    step.add("Mod", step.result, *_alike(step))


@lowers("truediv", domain="_operator")
def truediv(step: Step) -> None:
    """The quotient, as a floating number."""
    x, y = (step.as_dtype(value, "float64", "floating") for value in _operands(step))
    step.add("Div", step.result, x, y)


@lowers("pow", "lshift", "rshift", domain="_operator")
def power(step: Step) -> None:
    """A power, or a number moved by binary places, of numbers known at export; a square of any."""
    x, y = _operands(step)
    function: Callable[[int, int], int] = getattr(python, step.base)
    if step.base == "pow" and y.number == 2:
        step.add("Mul", step.result, x, x)
    elif (
        isinstance(x.number, int)
        and isinstance(y.number, int)
        and 0 <= y.number < 64
        and abs(x.number) < 2**31
    ):
        made = function(x.number, y.number)
        if abs(made) >= 2**62:
            raise step.fail(f"{made} is too large a size")
        step.add("Identity", step.result, step.index("number", made))
    else:
        step.add("Pow", step.result, *_alike(step))


def _is_natural(value: Value) -> bool:
    element = value.scalar
    least = lower_bound(element) if isinstance(element, Expression) else element
    return isinstance(least, int | float) and least >= 0


def _operands(step: Step) -> list[Value]:
    """Return all arguments; a number of Python becomes a constant."""
    found = []
    for name, content in step.arguments.items():
        if isinstance(content, Ref):
            found.append(step.input(content.index))
        elif isinstance(content, bool | int | float):
            dtype = (
                "bool" if isinstance(content, bool) else "int64" if isinstance(content, int) else "float64"
            )
            found.append(step.scalar(name or "number", dtype, content))
        else:
            raise step.fail(f"its argument {name} is {content!r}; a number is needed")
    return found


def _alike(step: Step) -> list[Value]:
    """Return all arguments, floating if one is."""
    found = _operands(step)
    if any(value.dtype in FLOATING for value in found):
        return [step.as_dtype(value, "float64", "floating") for value in found]
    return found
