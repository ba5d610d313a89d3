"""Sizes that are expressions over symbols: `2*s0`, or as sympy writes it, `Mul(Integer(2), Symbol('s0'))`."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence

from texelflow.dimensions import Dimension, floor_divide, maximum, minimum, proved_equal, remainder, symbol
from texelflow.importers.pytorch.records import ProgramError

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
        if len(text) > _LONGEST:
            raise ValueError
        return _dimension(ast.parse(text, mode="eval").body)
    except (ValueError, SyntaxError, RecursionError, MemoryError, ArithmeticError, TypeError):
        raise ProgramError(f"the size {text[:80]!r} is no expression that can be read") from None


def _dimension(node: ast.expr) -> Dimension:
    match node:
        case ast.Name(id=name):
            return symbol(name)
        case ast.Constant(value=int(number)):
            return int(number)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_dimension(operand)
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _OPERATORS:
            return _OPERATORS[type(operator)]([_dimension(left), _dimension(right)])
        case ast.Call(func=ast.Name(id="Symbol"), args=[ast.Constant(value=str(name))]):
            return symbol(name)
        case ast.Call(func=ast.Name(id="Integer"), args=[operand]):
            return _dimension(operand)
        case ast.Call(func=ast.Name(id=name), args=operands) if name in _CALLS:
            return _CALLS[name]([_dimension(operand) for operand in operands])
    raise ValueError
