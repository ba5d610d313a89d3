"""Symbolic dimensions: integers and expressions over named symbols, in a normal form.

A dimension (`Dimension`) is an `int` or an `Expression`. An expression is kept as a polynomial with integer
coefficients over *atoms*; an atom is a symbol or an opaque operation (floor division, minimum, broadcasting,
select, the whole part of float arithmetic …) whose operands are normal forms themselves.

Symbols stand for extents of tensors: they are at least 0, or what the current `Facts` say of them. Of two
dimensions one can ask three things: whether they are `proved_equal`, whether they are `proved_different`, or
neither, which says that a run decides. `==` compares normal forms: it is for this file, for sets and keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import reduce
from math import gcd
from typing import TYPE_CHECKING, Protocol, TypeAlias, Union

if TYPE_CHECKING:
    from texelflow.float_expressions import FloatExpression

Dimension: TypeAlias = Union[int, "Expression"]
Operand: TypeAlias = Union[int, "Expression", str, "FloatExpression"]
"""Of an atom: dimensions, but for the name of a symbol, and the float whose whole part "trunc" is."""


class Facts(Protocol):
    """What holds of the free dimensions of a model at every run, see facts.py."""

    def least(self, name: str) -> int:
        """Return the smallest value of a symbol."""

    def known_bound(self, dimension: Expression) -> int | None:
        """Return a number that the expression is known never to be below, apart from its symbols' bounds."""

    def canonical(self, dimension: Dimension) -> Dimension:
        """Return the same value in a form that dimensions known to be equal share."""


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


Monomial: TypeAlias = tuple[Atom, ...]


class Expression:
    """A polynomial over atoms: {sorted tuple of atoms: coefficient}; never a plain integer."""

    __slots__ = ("_hash", "key", "terms")

    def __init__(self, terms: Mapping[Monomial, int]) -> None:
        ordered = sorted(terms.items(), key=lambda term: (-len(term[0]), [atom.key for atom in term[0]]))
        self.terms = dict(ordered)
        self.key = "+".join(
            "*".join([str(coefficient), *(atom.key for atom in monomial)])
            for monomial, coefficient in ordered
        )
        self._hash = hash(self.key)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Expression) and self.key == other.key

    def __add__(self, other: Dimension) -> Dimension:
        terms = dict(self.terms)
        for monomial, coefficient in terms_of(other).items():
            terms[monomial] = terms.get(monomial, 0) + coefficient
        return from_terms(terms)

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
            for right, b in terms_of(other).items():
                monomial = tuple(sorted(left + right))
                terms[monomial] = terms.get(monomial, 0) + a * b
        return from_terms(terms)

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
        from texelflow.symbolic_text import to_text

        return to_text(self)

    __repr__ = __str__

    @property
    def only_atom(self) -> Atom | None:
        """The atom that the expression is, if it is one."""
        if len(self.terms) == 1:
            ((monomial, coefficient),) = self.terms.items()
            if coefficient == 1 and len(monomial) == 1:
                return monomial[0]
        return None


class _NoFacts:
    """Nothing is known but that symbols are extents."""

    def least(self, name: str) -> int:
        return 0

    def known_bound(self, dimension: Expression) -> int | None:
        return None

    def canonical(self, dimension: Dimension) -> Dimension:
        return dimension


_current: ContextVar[Facts] = ContextVar("facts", default=_NoFacts())  # noqa: B039  # it has no state


@contextmanager
def assuming(facts: Facts) -> Iterator[None]:
    """Let everything inside the `with` block rest on facts."""
    token = _current.set(facts)
    try:
        yield
    finally:
        _current.reset(token)


def current_facts() -> Facts:
    """Return what is known of free dimensions here."""
    return _current.get()


def canonical(dimension: Dimension) -> Dimension:
    """Return the same value in a form that dimensions known to be equal share."""
    return _current.get().canonical(dimension)


def symbol(name: str) -> Expression:
    """Return the dimension called `name`."""
    return Expression({(Atom("symbol", (name,)),): 1})


def proved_equal(a: Dimension, b: Dimension) -> bool:
    """Return whether two dimensions are the same at every run."""
    if a == b:
        return True
    if isinstance(a, int) and isinstance(b, int):
        return False
    return canonical(a - b) == 0


def proved_different(a: Dimension, b: Dimension) -> bool:
    """Return whether two dimensions differ at every run."""
    difference = canonical(a - b)
    if isinstance(difference, int):
        return difference != 0
    if is_positive(difference) or is_positive(-difference):
        return True
    # Multiples of a number never differ by what it does not divide.
    factor = reduce(gcd, (abs(number) for monomial, number in difference.terms.items() if monomial), 0)
    return difference.terms.get((), 0) % factor != 0


def same_shape(a: Sequence[Dimension], b: Sequence[Dimension]) -> bool:
    """Return whether two shapes are proved to be the same."""
    return len(a) == len(b) and all(map(proved_equal, a, b))


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


def minimum(a: Dimension, b: Dimension) -> Dimension:
    """Return the smaller of two dimensions."""
    return _ordered("min", a, b)


def maximum(a: Dimension, b: Dimension) -> Dimension:
    """Return the larger of two dimensions."""
    return _ordered("max", a, b)


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


def is_positive(dimension: Dimension) -> bool:
    """Return whether the dimension is provably at least 1."""
    lowest = lower_bound(dimension)
    return lowest is not None and lowest >= 1


def lower_bound(dimension: Dimension, depth: int = 4) -> int | None:
    """Return an integer that the dimension is provably never below, or None."""
    if isinstance(dimension, int):
        return dimension
    candidates = [_bound_of_sum(dimension), _current.get().known_bound(dimension)]
    if depth:
        candidates += [lower_bound(part, depth - 1) for part in _never_above(dimension)]
        candidates += [_least_bound(cases, depth - 1) for cases in _cases(dimension)]
    known = [bound for bound in candidates if bound is not None]
    return max(known) if known else None


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


def common_factor(dimension: Dimension) -> int:
    """Return the largest integer that provably divides the dimension."""
    return reduce(gcd, (abs(coefficient) for coefficient in terms_of(dimension).values()), 0)


def key_of(operand: Operand) -> str:
    """Return a text that is another one for every other normal form, to order and to compare by."""
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


def _ordered(operation: str, a: Dimension, b: Dimension) -> Dimension:
    if isinstance(a, int) and isinstance(b, int):
        return min(a, b) if operation == "min" else max(a, b)
    if _never_negative(canonical(b - a)):
        return a if operation == "min" else b
    if _never_negative(canonical(a - b)):
        return b if operation == "min" else a
    return opaque(operation, *sorted((a, b), key=key_of))


def _never_negative(dimension: Dimension) -> bool:
    lowest = lower_bound(dimension)
    return lowest is not None and lowest >= 0


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
        return _current.get().least(str(atom.operands[0]))
    known = _current.get().known_bound(Expression({(atom,): 1}))
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


def _substitute_atom(atom: Atom, values: Mapping[str, Dimension]) -> Dimension:
    if atom.operation == "symbol":
        name = str(atom.operands[0])
        return values.get(name, Expression({(atom,): 1}))
    if atom.operation == "trunc":
        (operand,) = atom.operands
        assert not isinstance(operand, int | str | Expression)
        return operand.substitute(values).truncated()
    return _OPERATIONS[atom.operation](*(substitute(operand, values) for operand in atom.dimensions))
