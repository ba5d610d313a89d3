"""Lower bounds of dimensions: symbols are at least 0, or what the current facts say of them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce

from texelflow.dimensions.assumptions import current_facts
from texelflow.dimensions.expressions import Atom, Dimension, Expression, from_terms


def is_positive(dimension: Dimension) -> bool:
    """Return whether the dimension is provably at least 1."""
    lowest = lower_bound(dimension)
    return lowest is not None and lowest >= 1


def lower_bound(dimension: Dimension, depth: int = 4) -> int | None:
    """Return an integer that the dimension is provably never below, or None."""
    if isinstance(dimension, int):
        return dimension
    found = current_facts().found_bounds
    if found is None:
        return _lower_bound(dimension, depth)
    key = (dimension, depth)
    if key not in found:
        found[key] = _lower_bound(dimension, depth)
    return found[key]


def _lower_bound(dimension: Expression, depth: int) -> int | None:
    candidates = [_bound_of_sum(dimension), current_facts().known_bound(dimension)]
    if depth:
        candidates += [lower_bound(part, depth - 1) for part in _never_above(dimension)]
        candidates += [_least_bound(cases, depth - 1) for cases in _cases(dimension)]
    known = [bound for bound in candidates if bound is not None]
    return max(known) if known else None


def never_negative(dimension: Dimension) -> bool:
    """Return whether the dimension is provably at least 0."""
    lowest = lower_bound(dimension)
    return lowest is not None and lowest >= 0


def _bound_of_sum(dimension: Expression) -> int | None:
    """Return a lower bound from those of the atoms; None where something is subtracted."""
    total = 0
    for monomial, coefficient in dimension.terms.items():
        if coefficient < 0 and monomial:
            return None
        bounds = [_atom_bound(atom) for atom in monomial]
        if any(bound is None or bound < 0 for bound in bounds):
            return None
        total += coefficient * reduce(lambda a, b: a * b, (bound or 0 for bound in bounds), 1)
    return total


def _never_above(dimension: Expression) -> Iterator[Dimension]:
    """Yield dimensions that are never above this one, in which something subtracted is no more.

    A minimum is not above any of its operands, nor is d·(x // d) above x.
    """
    for monomial, coefficient in dimension.terms.items():
        if coefficient >= 0 or len(monomial) != 1:
            continue
        atom = monomial[0]
        rest = dimension - from_terms({monomial: coefficient})
        if atom.operation == "min":
            for operand in atom.dimensions:
                yield rest + coefficient * operand
        elif atom.operation == "//" and isinstance(atom.operands[1], int) and atom.operands[1] > 0:
            dividend, divisor = atom.dimensions
            assert isinstance(divisor, int)
            times, left = divmod(-coefficient, divisor)
            if left == 0 or _bound_of_dividend(dividend):
                yield rest - (times + (left > 0)) * dividend


def _cases(dimension: Expression) -> Iterator[list[Dimension]]:
    """Yield lists of dimensions one of which this one is, as what is subtracted is one of its operands."""
    for monomial, coefficient in dimension.terms.items():
        if coefficient >= 0 or len(monomial) != 1:
            continue
        atom = monomial[0]
        if atom.operation in ("max", "broadcast", "select"):
            rest = dimension - from_terms({monomial: coefficient})
            chosen = atom.dimensions[1:] if atom.operation == "select" else atom.dimensions
            yield [rest + coefficient * operand for operand in chosen]


def _least_bound(dimensions: list[Dimension], depth: int) -> int | None:
    bounds = [lower_bound(dimension, depth) for dimension in dimensions]
    known = [bound for bound in bounds if bound is not None]
    return min(known) if len(known) == len(bounds) else None


def _bound_of_dividend(dividend: Dimension) -> bool:
    lowest = dividend if isinstance(dividend, int) else _bound_of_sum(dividend)
    return lowest is not None and lowest >= 0


def _atom_bound(atom: Atom) -> int | None:
    if atom.operation == "symbol":
        return current_facts().least(str(atom.operands[0]))
    known = current_facts().known_bound(Expression({(atom,): 1}))
    bounds = [bound for bound in (known, _operation_bound(atom)) if bound is not None]
    return max(bounds) if bounds else None


def _operation_bound(atom: Atom) -> int | None:
    bounds = [lower_bound(operand) for operand in atom.dimensions]
    if atom.operation == "max":
        known = [bound for bound in bounds if bound is not None]
        return max(known) if known else None
    if atom.operation in ("==", "<"):
        return 0
    if atom.operation == "trunc":
        (operand,) = atom.operands
        assert not isinstance(operand, int | str | Expression)
        return 0 if operand.is_never_negative() else None
    if atom.operation == "%":  # its sign is the divisor's
        return 0 if (bounds[1] or 0) >= 1 else None
    if any(bound is None for bound in bounds):
        return None
    numbers = [bound or 0 for bound in bounds]
    if atom.operation == "//":
        divisor = atom.operands[1]
        if isinstance(divisor, int) and divisor > 0:
            return numbers[0] // divisor
        return 0 if numbers[0] >= 0 and numbers[1] >= 1 else None
    if atom.operation == "broadcast":  # 0 with 1 is 0
        return max(numbers) if min(numbers) >= 1 else min(numbers)
    return min(numbers[-2:])  # min and select: one of the last two operands
