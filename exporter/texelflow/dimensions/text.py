"""Dimensions as graph.json writes them, and as people do: `32*((height + 31)//32)`."""

from __future__ import annotations

from typing import Any, TypeAlias

from texelflow.dimensions.expressions import Atom, Dimension, Expression, Monomial

Json: TypeAlias = int | float | str | list[Any]

_PRECEDENCE = {"==": 0, "<": 0, "+": 1, "-": 1, "*": 2, "/": 2, "//": 2, "%": 2}
LARGEST_EXACT = 2**53 - 1
"""The largest whole number that pages compute exactly: no size is larger."""

_ATOM = 3
"""Precedence of what needs no parentheses anywhere."""


def to_json(dimension: Dimension) -> Json:
    """Return the dimension as graph.schema.json's Expression."""
    if isinstance(dimension, int):
        return dimension
    added = [_term_json(*term) for term in dimension.terms.items() if term[1] > 0]
    subtracted = [
        _term_json(m, -coefficient) for m, coefficient in dimension.terms.items() if coefficient < 0
    ]
    total: Json = ["+", *added] if len(added) > 1 else added[0] if added else 0
    return ["-", total, *subtracted] if subtracted else total


def to_text(dimension: Dimension) -> str:
    """Return the dimension as people write it."""
    return format_expression(to_json(dimension))


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


def _term_json(monomial: Monomial, coefficient: int) -> Json:
    factors: list[Json] = [_atom_json(atom) for atom in monomial]
    if coefficient != 1 or not factors:
        factors.insert(0, coefficient)
    return factors[0] if len(factors) == 1 else ["*", *factors]


def _atom_json(atom: Atom) -> Json:
    if atom.operation == "symbol":
        return str(atom.operands[0])
    # Of larger numbers, only the order matters.
    orders = atom.operation in ("min", "max", "==", "<", "select")
    operands: list[Json] = []
    for operand in atom.operands:
        if isinstance(operand, int) and orders:
            operands.append(max(-LARGEST_EXACT, min(LARGEST_EXACT, operand)))
        elif isinstance(operand, (int, Expression)):
            operands.append(to_json(operand))
        elif not isinstance(operand, str):
            operands.append(operand.to_json())
    return [atom.operation, *operands]


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
