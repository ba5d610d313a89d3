"""Functions of numbers one by one that TensorFlow Lite has no operator of its own for."""

from __future__ import annotations

from texelflow.graph import FLOATING, Value
from texelflow.importers.tflite.operators import Step, lowers

_LOGICAL = {"STABLEHLO_AND": ("And", "BitwiseAnd"), "STABLEHLO_OR": ("Or", "BitwiseOr")}
_COMPARED = {
    "EQ": "Equal",
    "NE": "Equal",
    "GE": "GreaterOrEqual",
    "GT": "Greater",
    "LE": "LessOrEqual",
    "LT": "Less",
}
_BITS = {
    "int8": 8,
    "uint8": 8,
    "int16": 16,
    "uint16": 16,
    "int32": 32,
    "uint32": 32,
    "int64": 64,
    "uint64": 64,
}


@lowers(*_LOGICAL, inputs=2)
def _logical(step: Step) -> None:
    of_bools, of_bits = _LOGICAL[step.operator]
    operator = of_bools if step.raw(0).dtype == "bool" else of_bits
    step.finish_raw(step.add(operator, "made", step.raw(0), step.raw(1)))


@lowers("STABLEHLO_REMAINDER", inputs=2)
def _remainder(step: Step) -> None:
    """What is left has the sign of the first."""
    step.finish(step.add("Mod", "made", step.real(0), step.real(1), fmod=1))


@lowers("STABLEHLO_CBRT", inputs=1)
def _cube_root(step: Step) -> None:
    x = step.real(0)
    third = step.scalar("third", x.dtype, 1 / 3)
    size = step.add("Pow", "size", step.add("Abs", "magnitude", x), third)
    step.finish(step.add("Mul", "made", step.add("Sign", "sign", x), size))


@lowers("STABLEHLO_SHIFT_LEFT", inputs=2)
def _shift_left(step: Step) -> None:
    """By as many bits as there are, or more, nothing is left."""
    x, by = step.raw(0), step.raw(1)
    if x.dtype not in _BITS:
        raise step.fail(f"its input is {x.type}; whole numbers are needed")
    unsigned = x.dtype if x.dtype.startswith("u") else f"u{x.dtype}"
    numbers = [step.cast(f"unsigned_{place}", each, unsigned) for place, each in enumerate((x, by))]
    shifted = step.add("BitShift", "shifted", *numbers, direction="LEFT")
    limit = step.scalar("bits", unsigned, _BITS[x.dtype])
    within = step.add("Less", "within", numbers[1], limit)
    made = step.add("Where", "kept", within, shifted, step.scalar("nothing", unsigned, 0))
    step.finish_raw(step.cast("made", made, x.dtype))


@lowers("STABLEHLO_COMPARE", inputs=2, options="StablehloCompareOptions")
def _compare(step: Step) -> None:
    a, b, direction = step.real(0), step.real(1), step.options["direction"]
    if step.options["order"] == "FLOAT_TOTAL_ORDER" and a.dtype in FLOATING:
        step.finish_raw(_in_total_order(step, a, b, direction))
        return
    made = step.add(_COMPARED[direction], "made", a, b)
    step.finish_raw(step.add("Not", "differs", made) if direction == "NE" else made)


def _in_total_order(step: Step, a: Value, b: Value, direction: str) -> Value:
    """Return how floats compare where -0 is below 0, and what is no number above all."""

    def below(one: Value, other: Value) -> Value:
        zero, unit = (step.scalar(name, one.dtype, number) for name, number in (("zero", 0), ("one", 1)))
        both = [step.add("Equal", "is_zero", each, zero) for each in (one, other)]
        signs = [step.add("Div", "signed", unit, each) for each in (one, other)]
        signed = step.add(
            "And", "by_sign", step.add("And", "zeros", *both), step.add("Less", "sign_below", *signs)
        )
        ends = [step.add("IsNaN", "is_none", each) for each in (one, other)]
        outside = step.add("And", "outside", step.add("Not", "is_number", ends[0]), ends[1])
        less = step.add("Or", "less", step.add("Less", "below", one, other), signed)
        return step.add("Or", "before", less, outside)

    match direction:
        case "LT":
            return below(a, b)
        case "GT":
            return below(b, a)
        case "LE":
            return step.add("Not", "made", below(b, a))
        case "GE":
            return step.add("Not", "made", below(a, b))
    differs = step.add("Or", "differs", below(a, b), below(b, a))
    return differs if direction == "NE" else step.add("Not", "made", differs)


@lowers("STABLEHLO_CONVERT", inputs=1)
def _convert(step: Step) -> None:
    step.finish(step.cast("made", step.real(0), step.made_dtype()))


@lowers("STABLEHLO_CLAMP", inputs=3)
def _clamp(step: Step) -> None:
    """The second input between the first and the third."""
    step.finish(step.add("Min", "made", step.add("Max", "raised", step.real(1), step.real(0)), step.real(2)))
