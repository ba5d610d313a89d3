"""Operations on dimensions that ask for their bounds: minimum, comparison, broadcasting, substitution."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from texelflow.dimensions.assumptions import canonical
from texelflow.dimensions.bounds import is_positive, never_negative
from texelflow.dimensions.expressions import (
    Atom,
    Dimension,
    Expression,
    floor_divide,
    key_of,
    opaque,
    remainder,
)
from texelflow.dimensions.proofs import proved_different, proved_equal


def minimum(a: Dimension, b: Dimension) -> Dimension:
    """Return the smaller of two dimensions."""
    return _ordered("min", a, b)


def maximum(a: Dimension, b: Dimension) -> Dimension:
    """Return the larger of two dimensions."""
    return _ordered("max", a, b)


def _ordered(operation: str, a: Dimension, b: Dimension) -> Dimension:
    if isinstance(a, int) and isinstance(b, int):
        return min(a, b) if operation == "min" else max(a, b)
    if never_negative(canonical(b - a)):
        return a if operation == "min" else b
    if never_negative(canonical(a - b)):
        return b if operation == "min" else a
    return opaque(operation, *sorted((a, b), key=key_of))


def equal(a: Dimension, b: Dimension) -> Dimension:
    """Return 1 where a = b, else 0; a number if that can be decided now."""
    if proved_equal(a, b):
        return 1
    return 0 if proved_different(a, b) else opaque("==", *sorted((a, b), key=key_of))


def less(a: Dimension, b: Dimension) -> Dimension:
    """Return 1 where a < b, else 0; a number if that can be decided now."""
    difference = canonical(b - a)
    if isinstance(difference, int):
        return int(difference > 0)
    if is_positive(difference):
        return 1
    if is_positive(1 - difference):
        return 0
    return opaque("<", a, b)


def select(condition: Dimension, then: Dimension, otherwise: Dimension) -> Dimension:
    """Return `then` where the condition is not 0, else `otherwise`."""
    if isinstance(condition, int):
        return then if condition else otherwise
    return then if then == otherwise else opaque("select", condition, then, otherwise)


def broadcast(*extents: Dimension) -> Dimension:
    """Return the extent of axes broadcast together: the one that is not 1.

    That at most one differs from 1 is a constraint of the node that broadcasts, not decided here.
    """
    operands: list[Dimension] = []
    for extent in extents:
        atom = extent.only_atom if isinstance(extent, Expression) else None
        parts = atom.dimensions if atom is not None and atom.operation == "broadcast" else [extent]
        operands.extend(
            part
            for part in parts
            if not (proved_equal(part, 1) or any(proved_equal(part, known) for known in operands))
        )
    # Whatever is longer than 0 is at least 1 anyway.
    operands = [operand for operand in operands if not _is_raised(operand, operands)]
    if not operands:
        return 1
    numbers = [operand for operand in operands if isinstance(operand, int)]
    if numbers:
        return max(numbers)
    decided = next((operand for operand in operands if is_positive(operand - 1)), None)
    if decided is not None or len(operands) == 1:
        return operands[0] if decided is None else decided
    return opaque("broadcast", *sorted(operands, key=key_of))


def _is_raised(extent: Dimension, others: Sequence[Dimension]) -> bool:
    """Whether an extent is max(1, x) of another extent x."""
    atom = extent.only_atom if isinstance(extent, Expression) else None
    if atom is None or atom.operation != "max" or 1 not in atom.dimensions:
        return False
    return any(proved_equal(part, other) for part in atom.dimensions if part != 1 for other in others)


_OPERATIONS: dict[str, Callable[..., Dimension]] = {
    "//": floor_divide,
    "%": remainder,
    "min": minimum,
    "max": maximum,
    "==": equal,
    "<": less,
    "select": select,
    "broadcast": broadcast,
}


def substitute(dimension: Dimension, values: Mapping[str, Dimension]) -> Dimension:
    """Return the dimension with symbols replaced; symbols without a value stay."""
    if isinstance(dimension, int):
        return dimension
    total: Dimension = 0
    for monomial, coefficient in dimension.terms.items():
        product: Dimension = coefficient
        for atom in monomial:
            product = product * _substitute_atom(atom, values)
        total = total + product
    return total


def number_at(dimension: Dimension, sizes: Mapping[str, Dimension]) -> int | None:
    """Return a dimension at sizes; None where symbols are left, or where it divides by 0, as no run does."""
    try:
        number = substitute(dimension, sizes)
    except ZeroDivisionError:
        return None
    return number if isinstance(number, int) else None


def _substitute_atom(atom: Atom, values: Mapping[str, Dimension]) -> Dimension:
    if atom.operation == "symbol":
        name = str(atom.operands[0])
        return values.get(name, Expression({(atom,): 1}))
    if atom.operation == "trunc":
        (operand,) = atom.operands
        assert not isinstance(operand, int | str | Expression)
        return operand.substitute(values).truncated()
    return _OPERATIONS[atom.operation](*(substitute(operand, values) for operand in atom.dimensions))
