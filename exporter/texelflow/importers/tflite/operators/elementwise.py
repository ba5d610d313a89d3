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
    step.finish(step.builder.add(_UNARY[step.name], "made", step.real(0)))


def _fused_binary(operator: str, name: str, options: str) -> None:
    @lowers(name, inputs=2, options=options)
    def lower(step: Step) -> None:
        made = step.builder.add(operator, "made", step.real(0), step.real(1))
        step.finish(made, fused=step.options["activation"])


for _name, (_operator, _options) in _FUSED.items():
    _fused_binary(_operator, _name, _options)


@lowers(*_BINARY, inputs=2)
def _binary(step: Step) -> None:
    step.finish(step.builder.add(_BINARY[step.name], "made", step.real(0), step.real(1)))


@lowers("NOT_EQUAL", inputs=2)
def _not_equal(step: Step) -> None:
    step.finish(
        step.builder.add("Not", "made", step.builder.add("Equal", "same", step.real(0), step.real(1)))
    )


@lowers("SQUARED_DIFFERENCE", inputs=2)
def _squared_difference(step: Step) -> None:
    difference = step.builder.add("Sub", "difference", step.real(0), step.real(1))
    step.finish(step.builder.add("Mul", "made", difference, difference))


@lowers("SQUARE", inputs=1)
def _square(step: Step) -> None:
    step.finish(step.builder.add("Mul", "made", step.real(0), step.real(0)))


@lowers("RSQRT", "STABLEHLO_RSQRT", inputs=1)
def _reciprocal_root(step: Step) -> None:
    step.finish(step.builder.add("Reciprocal", "made", step.builder.add("Sqrt", "root", step.real(0))))


@lowers("ADD_N", inputs=(1, 2**31))
def _add_all(step: Step) -> None:
    step.finish(
        step.builder.add("Sum", "made", *(step.real(index) for index in range(len(step.node.inputs))))
    )


@lowers("ZEROS_LIKE", inputs=1)
def _zeros_like(step: Step) -> None:
    shape = step.builder.vector("shape", step.raw(0).shape)
    step.finish(step.builder.add("Expand", "made", step.number("zero", 0, step.dtype(0)), shape))


@lowers("FLOOR_DIV", inputs=2)
def _floor_divide(step: Step) -> None:
    builder, a, b = step.builder, step.real(0), step.real(1)
    if step.dtype(0) in FLOATING:
        step.finish(builder.add("Floor", "made", builder.add("Div", "quotient", a, b)))
        return
    # Whole numbers are divided towards zero: one less where something is left of another sign than b's.
    zero = step.number("zero", 0, step.dtype(0))
    quotient = builder.add("Div", "quotient", a, b)
    rest = builder.add("Sub", "rest", a, builder.add("Mul", "whole", quotient, b))
    less = builder.cast("less", _is_of_other_sign(step, rest, b, zero), step.dtype(0))
    step.finish(builder.add("Sub", "made", quotient, less))


@lowers("FLOOR_MOD", inputs=2)
def _floor_modulo(step: Step) -> None:
    builder, a, b = step.builder, step.real(0), step.real(1)
    if step.dtype(0) not in FLOATING:
        step.finish(builder.add("Mod", "made", a, b))
        return
    rest = builder.add("Mod", "rest", a, b, fmod=1)
    other = _is_of_other_sign(step, rest, b, step.number("zero", 0, step.dtype(0)))
    step.finish(builder.add("Where", "made", other, builder.add("Add", "moved", rest, b), rest))


def _is_of_other_sign(step: Step, rest: Value, b: Value, zero: Value) -> Value:
    """Return where something is left, and has another sign than b."""
    builder = step.builder
    signs = [builder.add("Less", name, value, zero) for name, value in (("left", rest), ("right", b))]
    exists = builder.add("Not", "exists", builder.add("Equal", "nothing", rest, zero))
    return builder.add("And", "differs", exists, builder.add("Xor", "signs", *signs))


@lowers("ATAN2", inputs=2)
def _angle(step: Step) -> None:
    builder, y, x = step.builder, step.real(0), step.real(1)
    zero, turn = step.number("zero", 0.0), step.number("turn", pi)
    is_left = builder.add("Less", "is_left", x, zero)
    is_below = builder.add("Less", "is_below", y, zero)
    signed_turn = builder.add("Where", "signed_turn", is_below, step.number("back", -pi), turn)
    slope = builder.add("Atan", "slope", builder.add("Div", "ratio", y, x))
    beside = builder.add("Where", "beside", is_left, builder.add("Add", "turned", slope, signed_turn), slope)
    upright = builder.add("Mul", "upright", builder.add("Sign", "sign", y), step.number("quarter", pi / 2))
    step.finish(builder.add("Where", "made", builder.add("Equal", "is_upright", x, zero), upright, beside))


@lowers("RIGHT_SHIFT", inputs=2)
def _right_shift(step: Step) -> None:
    """Signed numbers are shifted with their sign, which is dividing by a power of two, rounded down."""
    dtype = step.raw(0).dtype
    if "int" not in dtype:
        raise step.refuse(f"its input is {step.raw(0).type}; whole numbers are needed")
    if dtype.startswith("uint"):
        step.finish_raw(step.builder.add("BitShift", "made", step.raw(0), step.raw(1), direction="RIGHT"))
        return
    # With all bits turned over, negative numbers are not negative.
    builder, x, unsigned = step.builder, step.raw(0), "u" + dtype
    negative = builder.add("Less", "negative", x, step.number("zero", 0, dtype))
    flipped = builder.add("Where", "flipped", negative, builder.add("BitwiseNot", "turned", x), x)
    numbers = [
        builder.cast(f"unsigned_{place}", each, unsigned) for place, each in enumerate((flipped, step.raw(1)))
    ]
    shifted = builder.cast("signed", builder.add("BitShift", "shifted", *numbers, direction="RIGHT"), dtype)
    step.finish_raw(
        builder.add("Where", "made", negative, builder.add("BitwiseNot", "back", shifted), shifted)
    )


@lowers("SELECT", "SELECT_V2", "WHERE", "STABLEHLO_SELECT", inputs=(1, 3))
def _select(step: Step) -> None:
    """The second where the first holds, else the third; WHERE of one input says where that is."""
    if step.name == "WHERE" and len(step.node.inputs) == 1:
        x = step.raw(0)
        if x.dtype != "bool":
            zero = step.number("zero", 0, x.dtype)
            x = step.builder.add("Not", "holds", step.builder.add("Equal", "is_zero", x, zero))
        places = step.builder.add("NonZero", "places", x)
        step.finish_raw(step.builder.add("Transpose", "made", places, perm=[1, 0]))
        return
    if len(step.node.inputs) != 3:
        raise step.refuse(f"it has {len(step.node.inputs)} inputs; 3 are expected")
    condition, rank = step.raw(0), len(step.raw(1).shape)
    if step.name == "SELECT" and len(condition.shape) == 1 and rank > 1:
        # Of the older form: it chooses whole rows.
        condition = step.builder.reshape("rows", condition, [condition.shape[0], *[1] * (rank - 1)])
    step.finish(step.builder.add("Where", "made", condition, step.real(1), step.real(2)))
