"""Elementwise operators."""

from __future__ import annotations

from free_sizes.random_graphs import Growing, constantly, known, move, moves_for
from free_sizes.random_moves.choosing import any_float, broadcast, integer_input, named, operand


@moves_for(
    *"Abs Elu Erf Gelu HardSigmoid HardSwish Identity LeakyRelu Neg Relu Sigmoid Sin Softplus Tanh".split()
)
def unary(growing: Growing, operator: str) -> None:
    source = any_float(growing)
    growing.node(operator, [source], source.shape)


@move("Clip", cost=1)
def clip(growing: Growing) -> None:
    source = any_float(growing)
    low, high = growing.constant(-0.5, "float32"), growing.constant(0.75, "float32")
    growing.node("Clip", [source, *growing.one_of(([low, high], [None, high], [low]))], source.shape)


@move("Exp", "Tanh", cost=2)
def exponential(growing: Growing) -> None:
    source = any_float(growing)
    small = growing.node("Tanh", [source], source.shape)
    growing.node("Exp", [small], small.shape)


@move("Sqrt", "Abs", cost=2)
def root(growing: Growing) -> None:
    source = any_float(growing)
    positive = growing.node("Abs", [source], source.shape)
    growing.node("Sqrt", [positive], source.shape)


@move("Pow", cost=1)
def power(growing: Growing) -> None:
    source = any_float(growing)
    growing.node("Pow", [source, growing.constant(2, "float32")], source.shape)


@moves_for("Add", "Sub", "Mul", "Max", "Min")
def binary(growing: Growing, operator: str) -> None:
    source = any_float(growing)
    other = operand(growing, source.shape)
    pair = [source, other] if growing.chance(0.5) else [other, source]
    growing.node(operator, pair, broadcast(growing, *(value.shape for value in pair)))


@moves_for("Sum", "Mean", "Max", "Min")
def of_three(growing: Growing, operator: str) -> None:
    source = any_float(growing)
    values = [source, operand(growing, source.shape), operand(growing, source.shape)]
    growing.node(operator, values, broadcast(growing, *(value.shape for value in values)))


@move("Div", "Exp", cost=3)
def division(growing: Growing) -> None:
    source = any_float(growing)
    other = operand(growing, source.shape)
    small = growing.node("Tanh", [other], other.shape)
    positive = growing.node("Exp", [small], other.shape)
    growing.node("Div", [source, positive], broadcast(growing, source.shape, other.shape))


@move("PRelu", cost=1)
def prelu(growing: Growing) -> None:
    source = any_float(growing)
    growing.node("PRelu", [source, operand(growing, source.shape, only_into=True)], source.shape)


@moves_for("Greater", "Less", "GreaterOrEqual", "LessOrEqual", cost=2)
def comparison(growing: Growing, operator: str) -> None:
    source = any_float(growing)
    other = operand(growing, source.shape)
    shape = broadcast(growing, source.shape, other.shape)
    condition = growing.node(operator, [source, other], shape, "bool")
    if growing.chance(0.6):
        third = operand(growing, shape)
        merged = broadcast(growing, shape, source.shape, third.shape)
        growing.node("Where", [condition, source, third], merged)
    else:
        growing.node("Cast", [condition], shape, to=1)


@move("Where", cost=1)
def where(growing: Growing) -> None:
    source = any_float(growing)
    other = operand(growing, source.shape)
    dimensions: list[str | int] = [
        known(extent) or (named(growing, extent) if growing.chance(0.5) else None) or 1
        for extent in source.shape
    ]
    condition = growing.input(dimensions, "bool")
    pair = [source, other] if growing.chance(0.5) else [other, source]
    growing.node("Where", [condition, *pair], broadcast(growing, condition.shape, source.shape, other.shape))


@moves_for("And", "Or", "Xor", cost=4)
def logic(growing: Growing, operator: str) -> None:
    source = any_float(growing)
    other = operand(growing, source.shape)
    zero = growing.constant(0, "float32")
    a = growing.node("Greater", [source, zero], source.shape, "bool")
    b = growing.node("Less", [other, zero], other.shape, "bool")
    both = growing.node(operator, [a, b], broadcast(growing, a.shape, b.shape), "bool")
    if growing.chance(0.5):
        growing.node("Not", [both], both.shape, "bool")
    else:
        growing.node("Cast", [both], both.shape, to=1)


@move("Not", "Equal", cost=4)
def integer_masks(growing: Growing) -> None:
    ids = integer_input(growing)
    source = any_float(growing)
    is_zero = growing.node("Equal", [ids, growing.constant(0, "int64")], ids.shape, "bool")
    negated = growing.node("Not", [is_zero], ids.shape, "bool")
    column = growing.node("Unsqueeze", [negated, growing.integers(-1)], (*ids.shape, constantly(1)), "bool")
    merged = broadcast(growing, column.shape, source.shape)
    growing.node("Where", [column, source, growing.constant(-3, "float32")], merged)
