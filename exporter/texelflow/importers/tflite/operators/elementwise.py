"""Functions of one number, and of two."""

from __future__ import annotations

from math import pi

from texelflow.graph import FLOATING, Value
from texelflow.importers.tflite.operators import Step, lowers

_UNARY = {
    "ABS": "Abs",
    "CEIL": "Ceil",
    "COS": "Cos",
    "EXP": "Exp",
    "FLOOR": "Floor",
    "LOG": "Log",
    "LOGICAL_NOT": "Not",
    "LOGISTIC": "Sigmoid",
    "NEG": "Neg",
    "RELU": "Relu",
    "ROUND": "Round",
    "SIGN": "Sign",
    "SIN": "Sin",
    "SQRT": "Sqrt",
    "TANH": "Tanh",
    "STABLEHLO_ABS": "Abs",
    "STABLEHLO_COSINE": "Cos",
    "STABLEHLO_EXPONENTIAL": "Exp",
    "STABLEHLO_FLOOR": "Floor",
    "STABLEHLO_LOG": "Log",
    "STABLEHLO_LOGISTIC": "Sigmoid",
    "STABLEHLO_NEGATE": "Neg",
    "STABLEHLO_TANH": "Tanh",
}
_FUSED = {
    "ADD": ("Add", "AddOptions"),
    "SUB": ("Sub", "SubOptions"),
    "MUL": ("Mul", "MulOptions"),
    "DIV": ("Div", "DivOptions"),
}
_BINARY = {
    "MAXIMUM": "Max",
    "MINIMUM": "Min",
    "POW": "Pow",
    "EQUAL": "Equal",
    "GREATER": "Greater",
    "GREATER_EQUAL": "GreaterOrEqual",
    "LESS": "Less",
    "LESS_EQUAL": "LessOrEqual",
    "LOGICAL_AND": "And",
    "LOGICAL_OR": "Or",
    "BITWISE_XOR": "BitwiseXor",
    "STABLEHLO_ADD": "Add",
    "STABLEHLO_DIVIDE": "Div",
    "STABLEHLO_MAXIMUM": "Max",
    "STABLEHLO_MINIMUM": "Min",
    "STABLEHLO_MULTIPLY": "Mul",
    "STABLEHLO_POWER": "Pow",
    "STABLEHLO_SUBTRACT": "Sub",
}


@lowers(*_UNARY, inputs=1)
def _unary(step: Step) -> None:
    step.finish(step.add(_UNARY[step.operator], "made", step.real(0)))


def _fused_binary(operator: str, name: str, options: str) -> None:
    @lowers(name, inputs=2, options=options)
    def lower(step: Step) -> None:
        made = step.add(operator, "made", step.real(0), step.real(1))
        step.finish(made, fused=step.options["activation"])


for _name, (_operator, _options) in _FUSED.items():
    _fused_binary(_operator, _name, _options)


@lowers(*_BINARY, inputs=2)
def _binary(step: Step) -> None:
    step.finish(step.add(_BINARY[step.operator], "made", step.real(0), step.real(1)))


@lowers("NOT_EQUAL", inputs=2)
def _not_equal(step: Step) -> None:
    step.finish(step.add("Not", "made", step.add("Equal", "same", step.real(0), step.real(1))))


@lowers("SQUARED_DIFFERENCE", inputs=2)
def _squared_difference(step: Step) -> None:
    difference = step.add("Sub", "difference", step.real(0), step.real(1))
    step.finish(step.add("Mul", "made", difference, difference))


@lowers("SQUARE", inputs=1)
def _square(step: Step) -> None:
    step.finish(step.add("Mul", "made", step.real(0), step.real(0)))


@lowers("RSQRT", "STABLEHLO_RSQRT", inputs=1)
def _reciprocal_root(step: Step) -> None:
    step.finish(step.add("Reciprocal", "made", step.add("Sqrt", "root", step.real(0))))


@lowers("ADD_N", inputs=(1, 2**31))
def _add_all(step: Step) -> None:
    step.finish(step.add("Sum", "made", *(step.real(index) for index in range(len(step.node.inputs)))))


@lowers("ZEROS_LIKE", inputs=1)
def _zeros_like(step: Step) -> None:
    shape = step.vector("shape", step.raw(0).shape)
    step.finish(step.add("Expand", "made", step.scalar("zero", step.dtype(0), 0), shape))


@lowers("FLOOR_DIV", inputs=2)
def _floor_divide(step: Step) -> None:
    a, b = step.real(0), step.real(1)
    if step.dtype(0) in FLOATING:
        step.finish(step.add("Floor", "made", step.add("Div", "quotient", a, b)))
        return
    # Whole numbers are divided towards zero: one less where something is left of another sign than b's.
    zero = step.scalar("zero", step.dtype(0), 0)
    quotient = step.add("Div", "quotient", a, b)
    rest = step.add("Sub", "rest", a, step.add("Mul", "whole", quotient, b))
    less = step.cast("less", _is_of_other_sign(step, rest, b, zero), step.dtype(0))
    step.finish(step.add("Sub", "made", quotient, less))


@lowers("FLOOR_MOD", inputs=2)
def _floor_modulo(step: Step) -> None:
    a, b = step.real(0), step.real(1)
    if step.dtype(0) not in FLOATING:
        step.finish(step.add("Mod", "made", a, b))
        return
    rest = step.add("Mod", "rest", a, b, fmod=1)
    other = _is_of_other_sign(step, rest, b, step.scalar("zero", step.dtype(0), 0))
    step.finish(step.add("Where", "made", other, step.add("Add", "moved", rest, b), rest))


def _is_of_other_sign(step: Step, rest: Value, b: Value, zero: Value) -> Value:
    """Return where something is left, and has another sign than b."""
    signs = [step.add("Less", name, value, zero) for name, value in (("left", rest), ("right", b))]
    exists = step.add("Not", "exists", step.add("Equal", "nothing", rest, zero))
    return step.add("And", "differs", exists, step.add("Xor", "signs", *signs))


@lowers("ATAN2", inputs=2)
def _angle(step: Step) -> None:
    y, x = step.real(0), step.real(1)
    zero, turn = step.scalar("zero", "float32", 0.0), step.scalar("turn", "float32", pi)
    is_left = step.add("Less", "is_left", x, zero)
    is_below = step.add("Less", "is_below", y, zero)
    signed_turn = step.add("Where", "signed_turn", is_below, step.scalar("back", "float32", -pi), turn)
    slope = step.add("Atan", "slope", step.add("Div", "ratio", y, x))
    beside = step.add("Where", "beside", is_left, step.add("Add", "turned", slope, signed_turn), slope)
    upright = step.add(
        "Mul", "upright", step.add("Sign", "sign", y), step.scalar("quarter", "float32", pi / 2)
    )
    step.finish(step.add("Where", "made", step.add("Equal", "is_upright", x, zero), upright, beside))


@lowers("RIGHT_SHIFT", inputs=2)
def _right_shift(step: Step) -> None:
    """Signed numbers are shifted with their sign, which is dividing by a power of two, rounded down."""
    dtype = step.raw(0).dtype
    if "int" not in dtype:
        raise step.fail(f"its input is {step.raw(0).type}; whole numbers are needed")
    if dtype.startswith("uint"):
        step.finish_raw(step.add("BitShift", "made", step.raw(0), step.raw(1), direction="RIGHT"))
        return
    # With all bits turned over, negative numbers are not negative.
    x, unsigned = step.raw(0), "u" + dtype
    negative = step.add("Less", "negative", x, step.scalar("zero", dtype, 0))
    flipped = step.add("Where", "flipped", negative, step.add("BitwiseNot", "turned", x), x)
    numbers = [
        step.cast(f"unsigned_{place}", each, unsigned) for place, each in enumerate((flipped, step.raw(1)))
    ]
    shifted = step.cast("signed", step.add("BitShift", "shifted", *numbers, direction="RIGHT"), dtype)
    step.finish_raw(step.add("Where", "made", negative, step.add("BitwiseNot", "back", shifted), shifted))


@lowers("SELECT", "SELECT_V2", "WHERE", "STABLEHLO_SELECT", inputs=(1, 3))
def _select(step: Step) -> None:
    """The second where the first holds, else the third; WHERE of one input says where that is."""
    if step.operator == "WHERE" and len(step.node.inputs) == 1:
        x = step.raw(0)
        if x.dtype != "bool":
            zero = step.scalar("zero", x.dtype, 0)
            x = step.add("Not", "holds", step.add("Equal", "is_zero", x, zero))
        places = step.add("NonZero", "places", x)
        step.finish_raw(step.add("Transpose", "made", places, perm=[1, 0]))
        return
    if len(step.node.inputs) != 3:
        raise step.fail(f"it has {len(step.node.inputs)} inputs; 3 are expected")
    condition, rank = step.raw(0), len(step.raw(1).shape)
    if step.operator == "SELECT" and len(condition.shape) == 1 and rank > 1:
        # Of the older form: it chooses whole rows.
        condition = step.reshape("rows", condition, [condition.shape[0], *[1] * (rank - 1)])
    if step.raw(1).dtype == "bool":
        # ONNX Runtime, which may run what is converted, chooses among numbers only.
        other = step.add("And", "second", step.add("Not", "otherwise", condition), step.raw(2))
        step.finish_raw(step.add("Or", "made", step.add("And", "first", condition, step.raw(1)), other))
        return
    step.finish(step.add("Where", "made", condition, step.real(1), step.real(2)))
