"""Dimensions: integers and expressions over named symbols, in a normal form.

A dimension (`Dimension`) is an `int` or an `Expression`. An expression is kept as a polynomial with integer
coefficients over *atoms*; an atom is a symbol or an opaque operation (floor division, minimum, broadcasting,
select, the whole part of float arithmetic …) whose operands are normal forms themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache, reduce
from math import gcd
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, Union

from texelflow.dimensions.text import LARGEST_EXACT, Json, format_expression

if TYPE_CHECKING:
    from functools import _lru_cache_wrapper

Dimension: TypeAlias = Union[int, "Expression"]


class Real(Protocol):
    """A number computed from dimensions that need not be whole: what atoms ask of it (see floats.py)."""

    @property
    def key(self) -> str:
        """A text that no other number has."""

    def symbols(self) -> set[str]:
        """Return the names of the symbols that it depends on."""

    def substitute(self, values: Mapping[str, Dimension]) -> Real:
        """Return it with symbols replaced."""

    def is_never_negative(self) -> bool:
        """Return whether it provably is at least 0."""

    def truncated(self) -> Dimension:
        """Return its whole part, towards zero."""

    def to_json(self) -> list[Any]:
        """Return it as graph.schema.json's Real."""


Operand: TypeAlias = Union[int, "Expression", str, Real]
"""Of an atom: dimensions, but for the name of a symbol, and the number whose whole part "trunc" is."""

MOST_TERMS = 256
MOST_FACTORS = 32
LONGEST_KEY = 100_000
"""An expression is refused that has more terms, or more factors in one, or takes more characters to write."""

RESULTS_KEPT = 2**14
LONGEST_KEPT = 2**10
"""Sums, and products, that are kept, and the most characters that their operands take to write."""


class SizeError(Exception):
    """A size of the model is too long a formula, longer than in any model that is meant to be run."""

    def __init__(self) -> None:
        super().__init__(
            "a size is too long a formula of the free dimensions: fix some of them with --input NAME=DIMS,"
            " or numbers of an input with --constant NAME=NUMBERS"
        )


class Atom:
    """A symbol (`operation` is "symbol" and `operands` its name) or an opaque operation."""

    __slots__ = ("_hash", "key", "operands", "operation")

    def __init__(self, operation: str, operands: Sequence[Operand]) -> None:
        self.operation = operation
        self.operands = tuple(operands)
        # Names may look like formulas, so that they are quoted here.
        parts = (repr(operand) if isinstance(operand, str) else key_of(operand) for operand in operands)
        self.key = f"{operation}({','.join(parts)})"
        self._hash = hash(self.key)

    @property
    def dimensions(self) -> list[Dimension]:
        """The operands that are dimensions."""
        return [operand for operand in self.operands if isinstance(operand, (int, Expression))]

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Atom) and self.key == other.key

    def __lt__(self, other: Atom) -> bool:
        return self.key < other.key

    def to_json(self) -> Json:
        """Return the atom as graph.schema.json's Expression."""
        if self.operation == "symbol":
            return str(self.operands[0])
        # Of larger numbers, only the order matters.
        orders = self.operation in ("min", "max", "==", "<", "select")
        operands: list[Json] = []
        for operand in self.operands:
            if isinstance(operand, int) and orders:
                operands.append(max(-LARGEST_EXACT, min(LARGEST_EXACT, operand)))
            elif isinstance(operand, (int, Expression)):
                operands.append(to_json(operand))
            elif not isinstance(operand, str):
                operands.append(operand.to_json())
        return [self.operation, *operands]


Monomial: TypeAlias = tuple[Atom, ...]


class Expression:
    """A polynomial over atoms: {sorted tuple of atoms: coefficient}; never a plain integer.

    Raises:
        SizeError: it is longer than any model needs; such sizes would grow with each node that uses them.
    """

    __slots__ = ("_hash", "key", "terms")

    def __init__(self, terms: Mapping[Monomial, int]) -> None:
        if len(terms) > MOST_TERMS or max(map(len, terms)) > MOST_FACTORS:
            raise SizeError
        ordered: Iterable[tuple[Monomial, int]] = terms.items()
        if len(terms) > 1:
            ordered = sorted(ordered, key=lambda term: (-len(term[0]), [atom.key for atom in term[0]]))
        self.terms = dict(ordered)
        self.key = "+".join(
            "*".join([str(coefficient), *(atom.key for atom in monomial)])
            for monomial, coefficient in ordered
        )
        if len(self.key) > LONGEST_KEY:
            raise SizeError
        self._hash = hash(self.key)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Expression) and self.key == other.key

    def __add__(self, other: Dimension) -> Dimension:
        return _kept(_sum, self, other)

    __radd__ = __add__

    def __neg__(self) -> Dimension:
        return self * -1

    def __sub__(self, other: Dimension) -> Dimension:
        return self + -other

    def __rsub__(self, other: Dimension) -> Dimension:
        return -self + other

    def __mul__(self, other: Dimension) -> Dimension:
        return _kept(_product, self, other)

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
        return format_expression(to_json(self))

    __repr__ = __str__

    @property
    def only_atom(self) -> Atom | None:
        """The atom that the expression is, if it is one."""
        if len(self.terms) == 1:
            ((monomial, coefficient),) = self.terms.items()
            if coefficient == 1 and len(monomial) == 1:
                return monomial[0]
        return None


# The same sums and products are asked for over and over: by inference, proofs, and each draw of a node.
@lru_cache(maxsize=RESULTS_KEPT)
def _sum(left: Expression, right: Dimension) -> Dimension:
    terms = dict(left.terms)
    for monomial, coefficient in terms_of(right).items():
        terms[monomial] = terms.get(monomial, 0) + coefficient
    return from_terms(terms)


@lru_cache(maxsize=RESULTS_KEPT)
def _product(left: Expression, right: Dimension) -> Dimension:
    if isinstance(right, int):
        return from_terms({monomial: coefficient * right for monomial, coefficient in left.terms.items()})
    terms: dict[Monomial, int] = {}
    for first, a in left.terms.items():
        for second, b in right.terms.items():
            monomial = tuple(sorted(first + second))
            terms[monomial] = terms.get(monomial, 0) + a * b
    return from_terms(terms)


def _kept(operation: _lru_cache_wrapper[Dimension], left: Expression, right: Dimension) -> Dimension:
    """Return what an operation gives, from the results that are kept unless the operands are long."""
    length = len(left.key) + (0 if isinstance(right, int) else len(right.key))
    return operation(left, right) if length <= LONGEST_KEPT else operation.__wrapped__(left, right)


def symbol(name: str) -> Expression:
    """Return the dimension called `name`."""
    return Expression({(Atom("symbol", (name,)),): 1})


def to_json(dimension: Dimension) -> Json:
    """Return a dimension as graph.schema.json's Expression."""
    if isinstance(dimension, int):
        return dimension
    added = [_term_json(*term) for term in dimension.terms.items() if term[1] > 0]
    subtracted = [
        _term_json(m, -coefficient) for m, coefficient in dimension.terms.items() if coefficient < 0
    ]
    total: Json = ["+", *added] if len(added) > 1 else added[0] if added else 0
    return ["-", total, *subtracted] if subtracted else total


def _term_json(monomial: Monomial, coefficient: int) -> Json:
    factors: list[Json] = [atom.to_json() for atom in monomial]
    if coefficient != 1 or not factors:
        factors.insert(0, coefficient)
    return factors[0] if len(factors) == 1 else ["*", *factors]


def product(dimensions: Iterable[Dimension]) -> Dimension:
    """Return the product of dimensions, 1 for none."""
    result: Dimension = 1
    for dimension in dimensions:
        result = result * dimension
    return result


def floor_divide(a: Dimension, b: Dimension) -> Dimension:
    """Return ⌊a / b⌋; the part of `a` that `b` divides exactly leaves the division."""
    if isinstance(a, int) and isinstance(b, int):
        return a // b
    if a == b:
        return 1
    whole, rest = _divide_terms(a, b)
    if rest == 0:
        return whole
    if not isinstance(b, int):
        return whole + opaque("//", rest, b)
    if isinstance(rest, int):
        return whole + rest // b
    if b < 0:
        return whole + floor_divide(-rest, -b)
    return whole + _divide_rest(rest, b)


def remainder(a: Dimension, b: Dimension) -> Dimension:
    """Return a mod b, with the sign of b."""
    if isinstance(a, int) and isinstance(b, int):
        return a % b
    if isinstance(b, int):
        return a - b * floor_divide(a, b)
    _, rest = _divide_terms(a, b)
    return 0 if rest == 0 else opaque("%", rest, b)


def common_factor(dimension: Dimension) -> int:
    """Return the largest integer that provably divides the dimension."""
    return reduce(gcd, (abs(coefficient) for coefficient in terms_of(dimension).values()), 0)


def symbols_of(dimension: Dimension) -> set[str]:
    """Return the names of the symbols that a dimension depends on."""
    if isinstance(dimension, int):
        return set()
    names: set[str] = set()
    for monomial in dimension.terms:
        for atom in monomial:
            for operand in atom.operands:
                if isinstance(operand, (int, Expression)):
                    names |= symbols_of(operand)
                else:
                    names |= {operand} if isinstance(operand, str) else operand.symbols()
    return names


def key_of(operand: Operand) -> str:
    """Return a text that no other normal form has, to order and to compare by."""
    return str(operand) if isinstance(operand, int | str) else operand.key


def terms_of(dimension: Dimension) -> Mapping[Monomial, int]:
    """Return the terms of a dimension; a number is a term without atoms."""
    return {(): dimension} if isinstance(dimension, int) else dimension.terms


def from_terms(terms: Mapping[Monomial, int]) -> Dimension:
    """Return the sum of terms."""
    kept = {monomial: coefficient for monomial, coefficient in terms.items() if coefficient}
    if not kept:
        return 0
    return kept[()] if list(kept) == [()] else Expression(kept)


def opaque(operation: str, *operands: Operand) -> Expression:
    """Return the expression that is one atom."""
    return Expression({(Atom(operation, operands),): 1})


def _divide_rest(rest: Expression, b: int) -> Dimension:
    """Return ⌊rest / b⌋ in its shortest form, for coefficients from 0 to before b, which is positive."""
    constant = rest.terms.get((), 0)
    numbers = [number for monomial, number in rest.terms.items() if monomial]
    if min(numbers) * 2 > b:  # ⌊-x / b⌋ is shorter as -⌈x / b⌉
        ones = from_terms({monomial: 1 for monomial in rest.terms if monomial})
        negated = from_terms({monomial: b - number for monomial, number in rest.terms.items() if monomial})
        return ones - floor_divide(negated - constant + (b - 1), b)
    common = reduce(gcd, numbers, b)
    if common > 1:
        reduced = (
            from_terms({m: number // common for m, number in rest.terms.items() if m}) + constant // common
        )
        return floor_divide(reduced, b // common)
    atoms = [(monomial, number) for monomial, number in rest.terms.items() if monomial]
    if len(atoms) == 1 and atoms[0][1] == 1 and len(atoms[0][0]) == 1:
        inner = atoms[0][0][0]
        if inner.operation == "//" and isinstance(inner.operands[1], int) and inner.operands[1] > 0:
            dividend, divisor = inner.dimensions
            assert isinstance(divisor, int)
            return floor_divide(dividend + constant * divisor, divisor * b)  # (x // m + c) // n
    return opaque("//", rest, b)


def _divide_terms(a: Dimension, b: Dimension) -> tuple[Dimension, Dimension]:
    """Split a = whole·b + rest, where `rest` holds the terms that the divisor does not divide."""
    divisors = list(terms_of(b).items())
    if len(divisors) > 1:
        return _divide_by_sum(a, b)
    if b == 0:
        raise ZeroDivisionError("division of a dimension by zero")
    (divisor, scale) = divisors[0]
    whole: dict[Monomial, int] = {}
    rest: dict[Monomial, int] = {}
    for monomial, coefficient in terms_of(a).items():
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
    return from_terms(whole), from_terms(rest)


def _divide_by_sum(a: Dimension, b: Dimension) -> tuple[Dimension, Dimension]:
    """Polynomial long division by a sum, kept only if it comes out exact."""
    assert isinstance(b, Expression)
    lead, scale = next(iter(b.terms.items()))
    rest: Dimension = a
    whole: Dimension = 0
    for _ in range(16):
        if rest == 0:
            return whole, 0
        monomial, coefficient = next(iter(terms_of(rest).items()))
        quotient, left = _divide_terms(from_terms({monomial: coefficient}), Expression({lead: scale}))
        if left != 0 or quotient == 0:
            break
        whole, rest = whole + quotient, rest - quotient * b
    return 0, a
