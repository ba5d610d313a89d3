"""Symbolic dimensions: integers and expressions over named symbols, in a normal form.

A dimension (`Dimension`) is an `int` or an `Expression`. An expression is kept as a polynomial with integer
coefficients over *atoms*; an atom is a symbol or an opaque operation (floor division, remainder, minimum,
maximum, comparison, select) whose operands are normal forms themselves. Two expressions are equal for every
binding of their symbols if their normal forms are the same, so `==` proves equality (and never disproves it).

Symbols stand for extents of tensors: they are at least 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from math import gcd
from typing import TypeAlias, Union

Dimension: TypeAlias = Union[int, "Expression"]
Json: TypeAlias = int | str | list["Json"]


class Atom:
    """A symbol (`operation` is "symbol" and `operands` its name) or an opaque operation on dimensions."""

    __slots__ = ("_hash", "_key", "operands", "operation")

    def __init__(self, operation: str, operands: tuple[Dimension | str, ...]) -> None:
        self.operation = operation
        self.operands = operands
        self._key = f"{operation}({','.join(map(str, operands))})"
        self._hash = hash(self._key)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Atom) and self._key == other._key

    def __lt__(self, other: Atom) -> bool:
        return self._key < other._key

    def __str__(self) -> str:
        return str(self.operands[0]) if self.operation == "symbol" else self._key


Monomial: TypeAlias = tuple[Atom, ...]


class Expression:
    """A polynomial over atoms: {sorted tuple of atoms: coefficient}; never a plain integer."""

    __slots__ = ("_hash", "terms")

    def __init__(self, terms: Mapping[Monomial, int]) -> None:
        self.terms = dict(sorted(terms.items(), key=lambda term: (-len(term[0]), tuple(map(str, term[0])))))
        self._hash = hash(tuple(self.terms.items()))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Expression) and self.terms == other.terms

    def __add__(self, other: Dimension) -> Dimension:
        terms = dict(self.terms)
        for monomial, coefficient in _terms(other).items():
            terms[monomial] = terms.get(monomial, 0) + coefficient
        return _from_terms(terms)

    __radd__ = __add__

    def __neg__(self) -> Dimension:
        return self * -1

    def __sub__(self, other: Dimension) -> Dimension:
        return self + -other

    def __rsub__(self, other: Dimension) -> Dimension:
        return -self + other

    def __mul__(self, other: Dimension) -> Dimension:
        terms: dict[Monomial, int] = {}
        for left, a in self.terms.items():
            for right, b in _terms(other).items():
                monomial = tuple(sorted(left + right))
                terms[monomial] = terms.get(monomial, 0) + a * b
        return _from_terms(terms)

    __rmul__ = __mul__

    def __floordiv__(self, other: Dimension) -> Dimension:
        return floor_divide(self, other)

    def __rfloordiv__(self, other: Dimension) -> Dimension:
        return floor_divide(other, self)

    def __mod__(self, other: Dimension) -> Dimension:
        return remainder(self, other)

    def __rmod__(self, other: Dimension) -> Dimension:
        return remainder(other, self)

    def __str__(self) -> str:
        def term(monomial: Monomial, coefficient: int) -> str:
            factors = "*".join(map(str, monomial))
            if not monomial:
                return str(coefficient)
            return factors if coefficient == 1 else f"{coefficient}*{factors}"

        return " + ".join(term(*item) for item in self.terms.items())

    __repr__ = __str__


def symbol(name: str) -> Expression:
    """Return the dimension called `name`."""
    return Expression({(Atom("symbol", (name,)),): 1})


def floor_divide(a: Dimension, b: Dimension) -> Dimension:
    """Return ⌊a / b⌋; the part of `a` that `b` divides exactly leaves the division."""
    if isinstance(a, int) and isinstance(b, int):
        return a // b
    if a == b:
        return 1
    whole, rest = _divide_terms(a, b)
    if rest == 0:
        return whole
    if isinstance(rest, int) and isinstance(b, int):
        return whole + rest // b
    return whole + _opaque("//", rest, b)


def remainder(a: Dimension, b: Dimension) -> Dimension:
    """Return a mod b, with the sign of b."""
    if isinstance(a, int) and isinstance(b, int):
        return a % b
    _, rest = _divide_terms(a, b)
    if isinstance(rest, int) and (rest == 0 or isinstance(b, int)):
        return rest % b if isinstance(b, int) else 0
    return _opaque("%", rest, b)


def minimum(a: Dimension, b: Dimension) -> Dimension:
    """Return the smaller of two dimensions."""
    return _ordered("min", a, b)


def maximum(a: Dimension, b: Dimension) -> Dimension:
    """Return the larger of two dimensions."""
    return _ordered("max", a, b)


def equal(a: Dimension, b: Dimension) -> Dimension:
    """Return 1 where a = b, else 0; a number if that can be decided now."""
    if a == b:
        return 1
    difference = a - b
    if isinstance(difference, int) or is_positive(difference) or is_positive(-difference):
        return 0
    return _opaque("==", a, b)


def less(a: Dimension, b: Dimension) -> Dimension:
    """Return 1 where a < b, else 0; a number if that can be decided now."""
    difference = b - a
    if isinstance(difference, int):
        return int(difference > 0)
    if is_positive(difference):
        return 1
    if is_positive(1 - difference):
        return 0
    return _opaque("<", a, b)


def select(condition: Dimension, then: Dimension, otherwise: Dimension) -> Dimension:
    """Return `then` where the condition is not 0, else `otherwise`."""
    if isinstance(condition, int):
        return then if condition else otherwise
    return then if then == otherwise else _opaque("select", condition, then, otherwise)


def is_positive(dimension: Dimension) -> bool:
    """Return whether the dimension is provably at least 1 (symbols are at least 1)."""
    lowest = lower_bound(dimension)
    return lowest is not None and lowest >= 1


def lower_bound(dimension: Dimension) -> int | None:
    """Return an integer that the dimension is provably never below, or None."""
    if isinstance(dimension, int):
        return dimension
    total = 0
    for monomial, coefficient in dimension.terms.items():
        if coefficient < 0 and monomial:
            return None
        bounds = [_atom_bound(atom) for atom in monomial]
        if any(bound is None or bound < 0 for bound in bounds):
            return None
        total += coefficient * reduce(lambda a, b: a * b, (bound or 0 for bound in bounds), 1)
    return total


def symbols_of(dimension: Dimension) -> set[str]:
    """Return the names of the symbols that a dimension depends on."""
    if isinstance(dimension, int):
        return set()
    names: set[str] = set()
    for monomial in dimension.terms:
        for atom in monomial:
            for operand in atom.operands:
                names |= {operand} if isinstance(operand, str) else symbols_of(operand)
    return names


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


def product(dimensions: Iterable[Dimension]) -> Dimension:
    """Return the product of dimensions, 1 for none."""
    result: Dimension = 1
    for dimension in dimensions:
        result = result * dimension
    return result


def to_json(dimension: Dimension) -> Json:
    """Return the dimension as graph.schema.json's Expression."""
    if isinstance(dimension, int):
        return dimension
    terms: list[Json] = []
    for monomial, coefficient in dimension.terms.items():
        factors: list[Json] = [_atom_json(atom) for atom in monomial]
        if coefficient != 1 or not factors:
            factors.append(coefficient)
        terms.append(factors[0] if len(factors) == 1 else ["*", *factors])
    return terms[0] if len(terms) == 1 else ["+", *terms]


_SAFE = 2**53 - 1
"""The largest whole number that pages compute exactly: no size is larger."""

_OPERATIONS: dict[str, Callable[..., Dimension]] = {
    "//": floor_divide,
    "%": remainder,
    "min": minimum,
    "max": maximum,
    "==": equal,
    "<": less,
    "select": select,
}


def _terms(dimension: Dimension) -> Mapping[Monomial, int]:
    return {(): dimension} if isinstance(dimension, int) else dimension.terms


def _from_terms(terms: Mapping[Monomial, int]) -> Dimension:
    kept = {monomial: coefficient for monomial, coefficient in terms.items() if coefficient}
    if not kept:
        return 0
    return kept[()] if list(kept) == [()] else Expression(kept)


def _opaque(operation: str, *operands: Dimension) -> Dimension:
    return Expression({(Atom(operation, operands),): 1})


def _ordered(operation: str, a: Dimension, b: Dimension) -> Dimension:
    if isinstance(a, int) and isinstance(b, int):
        return min(a, b) if operation == "min" else max(a, b)
    if _never_negative(b - a):
        return a if operation == "min" else b
    if _never_negative(a - b):
        return b if operation == "min" else a
    return _opaque(operation, *sorted((a, b), key=str))


def _never_negative(dimension: Dimension) -> bool:
    lowest = lower_bound(dimension)
    return lowest is not None and lowest >= 0


def _divide_terms(a: Dimension, b: Dimension) -> tuple[Dimension, Dimension]:
    """Split a = whole·b + rest, where `rest` holds the terms that the divisor does not divide."""
    divisors = list(_terms(b).items())
    if len(divisors) > 1:
        return _divide_by_sum(a, b)
    (divisor, scale) = divisors[0]
    if scale == 0:
        raise ZeroDivisionError("division of a dimension by zero")
    whole: dict[Monomial, int] = {}
    rest: dict[Monomial, int] = {}
    for monomial, coefficient in _terms(a).items():
        remaining = list(monomial)
        try:
            for atom in divisor:
                remaining.remove(atom)
        except ValueError:
            rest[monomial] = coefficient
            continue
        quotient, left = divmod(coefficient, scale)
        if quotient:
            whole[tuple(remaining)] = quotient
        if left:
            rest[monomial] = left
    return _from_terms(whole), _from_terms(rest)


def _divide_by_sum(a: Dimension, b: Dimension) -> tuple[Dimension, Dimension]:
    """Polynomial long division by a sum, kept only if it comes out exact."""
    assert isinstance(b, Expression)
    lead, scale = next(iter(b.terms.items()))
    rest: Dimension = a
    whole: Dimension = 0
    for _ in range(16):
        if rest == 0:
            return whole, 0
        monomial, coefficient = next(iter(_terms(rest).items()))
        quotient, left = _divide_terms(_from_terms({monomial: coefficient}), Expression({lead: scale}))
        if left != 0 or quotient == 0:
            break
        whole, rest = whole + quotient, rest - quotient * b
    return 0, a


def _atom_bound(atom: Atom) -> int | None:
    if atom.operation == "symbol":
        return 1
    bounds = [lower_bound(operand) for operand in atom.operands if not isinstance(operand, str)]
    if atom.operation == "max":
        known = [bound for bound in bounds if bound is not None]
        return max(known) if known else None
    if atom.operation in ("==", "<"):
        return 0
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
    return min(numbers[-2:])  # min and select: one of the last two operands


def _substitute_atom(atom: Atom, values: Mapping[str, Dimension]) -> Dimension:
    if atom.operation == "symbol":
        name = str(atom.operands[0])
        return values.get(name, Expression({(atom,): 1}))
    operands = [substitute(operand, values) for operand in atom.operands if not isinstance(operand, str)]
    return _OPERATIONS[atom.operation](*operands)


def _atom_json(atom: Atom) -> Json:
    if atom.operation == "symbol":
        return str(atom.operands[0])
    operands = [operand for operand in atom.operands if not isinstance(operand, str)]
    if atom.operation in ("min", "max", "==", "<", "select"):  # of larger numbers, only the order matters
        operands = [max(-_SAFE, min(_SAFE, one)) if isinstance(one, int) else one for one in operands]
    return [atom.operation, *map(to_json, operands)]


def common_factor(dimension: Dimension) -> int:
    """Return the largest integer that provably divides the dimension."""
    return reduce(gcd, (abs(coefficient) for coefficient in _terms(dimension).values()), 0)
