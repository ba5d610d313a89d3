"""Sizes that are expressions over symbols, and what a program takes for granted of them.

They are written as `2*s0`, or as sympy writes it, `Mul(Integer(2), Symbol('s0'))`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from texelflow.dimensions import Dimension, floor_divide, maximum, minimum, proved_equal, remainder, symbol
from texelflow.importers.pytorch.records import ProgramError

Shapes: TypeAlias = Mapping[str, Sequence[Dimension]]

_UNREADABLE = (ValueError, SyntaxError, RecursionError, MemoryError, ArithmeticError, TypeError)
_LONGEST = 2_000
_LARGEST_POWER = 8


def _sum(operands: Sequence[Dimension]) -> Dimension:
    total: Dimension = 0
    for operand in operands:
        total = total + operand
    return total


def _product(operands: Sequence[Dimension]) -> Dimension:
    total: Dimension = 1
    for operand in operands:
        total = total * operand
    return total


def _power(operands: Sequence[Dimension]) -> Dimension:
    base, exponent = operands
    if not isinstance(exponent, int) or not 0 <= exponent <= _LARGEST_POWER:
        raise ValueError
    return _product([base] * exponent)


def _quotient(operands: Sequence[Dimension]) -> Dimension:
    dividend, divisor = operands
    if proved_equal(divisor, 0):
        raise ValueError
    return floor_divide(dividend, divisor)


def _rest(operands: Sequence[Dimension]) -> Dimension:
    dividend, divisor = operands
    return remainder(dividend, divisor)


_CALLS: Mapping[str, Callable[[Sequence[Dimension]], Dimension]] = {
    "Add": _sum,
    "Mul": _product,
    "Pow": _power,
    "FloorDiv": _quotient,
    "CleanDiv": _quotient,
    "Mod": _rest,
    "PythonMod": _rest,
    "Max": lambda operands: maximum(*operands),
    "Min": lambda operands: minimum(*operands),
    "max": lambda operands: maximum(*operands),
    "min": lambda operands: minimum(*operands),
}
_OPERATORS: Mapping[type[ast.operator], Callable[[Sequence[Dimension]], Dimension]] = {
    ast.Add: _sum,
    ast.Sub: lambda operands: operands[0] - operands[1],
    ast.Mult: _product,
    ast.Pow: _power,
    ast.FloorDiv: _quotient,
    ast.Mod: _rest,
}


def read_size(text: str) -> Dimension:
    """Return the dimension that a text says; raise ProgramError if it cannot be read."""
    try:
        return _dimension(_parsed(text), {})
    except _UNREADABLE:
        raise ProgramError(f"the size {text[:80]!r} is no expression that can be read") from None


def read_guard(text: str, inputs: Shapes) -> list[tuple[Dimension, str, Dimension]]:
    """Return the comparisons (==, !=, >=) that a guard says, such as `L['x'].size()[0] >= 2`.

    `inputs` has the shapes of inputs by name. What cannot be read of sizes alone is left out.
    """
    try:
        condition = _parsed(text)
    except _UNREADABLE:
        return []
    parts = (
        condition.values
        if isinstance(condition, ast.BoolOp) and isinstance(condition.op, ast.And)
        else [condition]
    )
    found: list[tuple[Dimension, str, Dimension]] = []
    for part in parts:
        if not isinstance(part, ast.Compare) or len(part.ops) != 1:
            continue
        try:
            left, right = _dimension(part.left, inputs), _dimension(part.comparators[0], inputs)
        except _UNREADABLE:
            continue
        match part.ops[0]:
            case ast.Eq():
                found.append((left, "==", right))
            case ast.NotEq():
                found.append((left, "!=", right))
            case ast.GtE():
                found.append((left, ">=", right))
            case ast.Gt():
                found.append((left, ">=", right + 1))
            case ast.LtE():
                found.append((right, ">=", left))
            case ast.Lt():
                found.append((right, ">=", left + 1))
    return found


def _parsed(text: str) -> ast.expr:
    if len(text) > _LONGEST:
        raise ValueError
    return ast.parse(text, mode="eval").body


def _dimension(node: ast.expr, inputs: Shapes) -> Dimension:
    match node:
        case ast.Name(id=name):
            return symbol(name)
        case ast.Constant(value=int(number)):
            return int(number)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_dimension(operand, inputs)
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _OPERATORS:
            return _OPERATORS[type(operator)]([_dimension(left, inputs), _dimension(right, inputs)])
        case ast.Call(func=ast.Name(id="Symbol"), args=[ast.Constant(value=str(name))]):
            return symbol(name)
        case ast.Call(func=ast.Name(id="Integer"), args=[operand]):
            return _dimension(operand, inputs)
        case ast.Call(func=ast.Name(id=name), args=operands) if name in _CALLS:
            return _CALLS[name]([_dimension(operand, inputs) for operand in operands])
        case ast.Subscript(
            value=ast.Call(func=ast.Attribute(value=place, attr="size"), args=[]),
            slice=ast.Constant(value=int(axis)),
        ):
            shape = inputs.get(_input_name(place), ())
            if axis < len(shape):
                return shape[axis]
    raise ValueError


def _input_name(node: ast.expr) -> str:
    """Return how a program calls what a guard calls `L['x']`, or `L['x'][0]`."""
    keys: list[str] = []
    while isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        keys.insert(0, str(node.slice.value))
        node = node.value
    return "_".join(keys)
