"""Expressions of graph.json as people write them, such as `32*((height + 31)//32)`."""

from __future__ import annotations

from typing import Any, TypeAlias

Json: TypeAlias = int | float | str | list[Any]

_PRECEDENCE = {"==": 0, "<": 0, "+": 1, "-": 1, "*": 2, "/": 2, "//": 2, "%": 2}
LARGEST_EXACT = 2**53 - 1
"""The largest whole number that pages compute exactly: no size is larger."""

_ATOM = 3
"""Precedence of what needs no parentheses anywhere."""


def format_expression(expression: Json) -> str:
    """Return an expression of graph.json as people write it."""
    return _format(expression)[0]


def _format(expression: Json) -> tuple[str, int]:
    """Return the text of an expression, and its precedence."""
    if not isinstance(expression, list):
        return str(expression), _ATOM
    operation, *operands = expression
    if operation == "-" and operands[0] == 0 and len(operands) > 1:
        return f"-{' - '.join(_within(operand, 2) for operand in operands[1:])}", 1
    precedence = _PRECEDENCE.get(operation)
    if precedence is None:
        return f"{operation}({', '.join(format_expression(operand) for operand in operands)})", _ATOM
    # Sums and products may be told one after another; a quotient within a product is set apart for the eye.
    first, *others = operands
    chained = max(precedence, 1) if precedence < 2 else _ATOM
    texts = [_within(first, chained), *(_within(operand, precedence + 1) for operand in others)]
    spacing = " " if precedence < 2 else ""
    return f"{spacing}{operation}{spacing}".join(texts), precedence


def _within(expression: Json, least: int) -> str:
    text, precedence = _format(expression)
    return text if precedence >= least else f"({text})"


def finite_json(number: float | list[Any]) -> Any:
    """Return a number as JSON can write it: infinities and NaN by name."""
    if isinstance(number, list):
        return number
    if number != number:
        return "nan"
    if number in (float("inf"), float("-inf")):
        return "inf" if number > 0 else "-inf"
    is_short = number == int(number) and abs(number) < 2**53 and str(number) != "-0.0"
    return int(number) if is_short else number
