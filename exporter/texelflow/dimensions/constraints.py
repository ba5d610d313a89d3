"""What holds of a model's free dimensions at every run: constraints, and what follows from them.

A constraint is what a node needs of the sizes of the inputs: that two extents are equal, that one broadcasts
to another, that one is at least something. Inference collects them, graph.json carries them, and the runtime
checks them when sizes are bound. Since nothing runs that breaks one, the exporter may rest on them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from texelflow.dimensions.assumptions import assuming, current_facts
from texelflow.dimensions.bounds import is_positive, lower_bound
from texelflow.dimensions.expressions import (
    Atom,
    Dimension,
    Expression,
    Monomial,
    common_factor,
    floor_divide,
    from_terms,
    key_of,
    symbol,
    symbols_of,
    terms_of,
    to_json,
)
from texelflow.dimensions.operations import number_at, substitute
from texelflow.dimensions.proofs import proved_equal

EQUAL, AT_LEAST, BROADCASTS = "=", ">=", "1 or ="
LEAST_INTEGER = -(2**31)
MOST_REWRITES = 32
MOST_DOUBLINGS = 12
DEEPEST = 4


@dataclass(frozen=True, slots=True)
class Constraint:
    """`left` is equal to `right`, or at least it, or broadcasts with it (both are equal or one is 1).

    `node` is the title of the node that needs it, `meaning` says what the two are: "its inner extents".
    """

    left: Dimension
    relation: str
    right: Dimension
    node: str
    meaning: str

    def to_json(self) -> dict[str, Any]:
        """Return it as graph.schema.json's Constraint."""
        return {
            "left": to_json(self.left),
            "relation": self.relation,
            "right": to_json(self.right),
            "node": self.node,
            "meaning": self.meaning,
        }

    def __str__(self) -> str:
        verb = {EQUAL: "=", AT_LEAST: "≥"}.get(self.relation, "broadcasts with")
        relation = f"{self.left} {verb} {self.right}"
        return f"{relation} ({self.node}: {self.meaning})"


class ModelFacts:
    """The constraints of one model and what follows from them; see assumptions.Facts."""

    def __init__(self) -> None:
        self.constraints: dict[tuple[str, str, str], Constraint] = {}
        self.signed: set[str] = set()
        self.learned: set[str] = set()
        """Symbols that a run learns in its midst."""
        self.branches = False
        """Whether the model is exported once for each way that conditions on sizes may go (branching.py)."""
        self._least: dict[str, int] = {}
        self._bounds: dict[Expression, int] = {}
        self._symbols: dict[str, Dimension] = {}
        self._rules: dict[Monomial, Dimension] = {}
        self._canonical: dict[Expression, Dimension] = {}
        self.found_bounds: dict[tuple[Expression, int], int | None] | None = {}
        self._depth = 0

    def least(self, name: str) -> int:
        """Return the smallest value of a symbol: what a constraint says, or else that of its kind."""
        return self._least.get(name, LEAST_INTEGER if name in self.signed else 0)

    def known_bound(self, dimension: Expression) -> int | None:
        """Return the bound that a constraint gives an expression as a whole."""
        return self._bounds.get(dimension)

    def canonical(self, dimension: Dimension) -> Dimension:
        """Return the same value in a form that dimensions known to be equal share.

        Of each equality one term without a factor is replaced by the rest: a symbol that the rest does not
        contain everywhere, any other term (h of h = 2·(h//2)) only outside of atoms, where that ends.
        """
        if isinstance(dimension, int) or not (self._symbols or self._rules):
            return dimension
        known = self._canonical.get(dimension)
        if known is None:
            if self._depth == DEEPEST:  # rewriting asks for proofs, which rewrite what they are about
                return dimension
            self._depth += 1
            try:
                known = self._rewrite(dimension)
            finally:
                self._depth -= 1
            self._canonical[dimension] = known
        return known

    def require(self, constraint: Constraint) -> None:
        """Add a constraint; what is known of the same dimensions already is not added again."""
        left, right = sorted((key_of(constraint.left), key_of(constraint.right)))
        key = (left, constraint.relation, right)
        if constraint.relation == AT_LEAST:
            key = (key_of(constraint.left), AT_LEAST, key_of(constraint.right))
        if key in self.constraints:
            return
        self.constraints[key] = constraint
        if constraint.relation == EQUAL:
            self._learn_equal(constraint.left - constraint.right)
        elif constraint.relation == AT_LEAST:
            self._learn_least(constraint.left - constraint.right, 0)
        self.forget()

    def forget(self) -> None:
        """Forget what was found with less known."""
        self._canonical.clear()
        self.found_bounds = {}

    def simplified(self) -> list[Constraint]:
        """Return the constraints, equalities in the form that the bounds allow; what is sure then goes.

        Bounds are constraints themselves and stay as they are, so that none of them is lost.
        """
        bounds = ModelFacts()
        bounds.signed, bounds._least, bounds._bounds = self.signed, self._least, self._bounds
        kept: dict[tuple[str, str, str], Constraint] = {}
        with assuming(bounds):
            for key, constraint in self.constraints.items():
                if constraint.relation != AT_LEAST:
                    left, right = substitute(constraint.left, {}), substitute(constraint.right, {})
                    first, second = sorted((key_of(left), key_of(right)))
                    key = (first, constraint.relation, second)
                    if proved_equal(left, right):
                        continue
                    constraint = replace(constraint, left=left, right=right)
                kept.setdefault(key, constraint)
        return list(kept.values())

    def fitting(self, sizes: Mapping[str, Dimension]) -> dict[str, Dimension]:
        """Return sizes of the symbols that are more likely to meet the constraints than those given."""
        fitted = {
            name: max(size, self.least(name)) if isinstance(size, int) else size
            for name, size in sizes.items()
        }
        for name, replacement in self._symbols.items():
            size = number_at(replacement, fitted)
            if size is not None and size >= 0:
                fitted[name] = size
        for _ in range(MOST_DOUBLINGS):
            small = {
                name for constraint in self.constraints.values() for name in _too_small(constraint, fitted)
            }
            if not small:
                break
            fitted |= {name: 2 * fitted[name] for name in small if name not in self._symbols}
        return fitted

    def _rewrite(self, dimension: Dimension) -> Dimension:
        for _ in range(MOST_REWRITES):
            before = dimension
            dimension = substitute(dimension, self._symbols)
            total: Dimension = 0
            for monomial, coefficient in terms_of(dimension).items():
                total = total + self._replaced(monomial) * coefficient
            dimension = total
            if dimension == before:
                break
        return dimension

    def _replaced(self, monomial: Monomial) -> Dimension:
        for replaced, value in self._rules.items():
            rest = _without(monomial, replaced)
            if rest is not None:
                return from_terms({rest: 1}) * value
        return from_terms({monomial: 1})

    def _learn_equal(self, difference: Dimension) -> None:
        difference = self._rewrite(difference)
        if isinstance(difference, int):
            return
        difference = floor_divide(difference, common_factor(difference))
        assert isinstance(difference, Expression)
        candidates = [
            (monomial, coefficient)
            for monomial, coefficient in difference.terms.items()
            if monomial and abs(coefficient) == 1
        ]

        def value(monomial: Monomial, coefficient: int) -> Dimension:
            return (from_terms({monomial: coefficient}) - difference) * coefficient

        for monomial, coefficient in sorted(candidates, key=_preference, reverse=True):
            name = _symbol_name(monomial)
            replacement = value(monomial, coefficient)
            if name is not None and name not in symbols_of(replacement):
                self._symbols[name] = replacement
                self._raise_least(name, replacement)
                break
        else:
            for monomial, coefficient in sorted(candidates, key=_complexity, reverse=True):
                replacement = value(monomial, coefficient)
                if all(_without(other, monomial) is None for other in terms_of(replacement)):
                    self._rules[monomial] = replacement
                    break
        self.forget()

    def _raise_least(self, name: str, replacement: Dimension) -> None:
        """Let what replaces a symbol have the symbol's bound, too."""
        if name in self._least:
            self._learn_least(replacement, self._least[name])

    def _learn_least(self, dimension: Dimension, least: int) -> None:
        """Let a dimension be at least a number, and all in it what follows from that."""
        if isinstance(dimension, int):
            return
        constant = dimension.terms.get((), 0)
        rest = dimension - constant
        if isinstance(rest, int):
            return
        least -= constant
        factor = common_factor(rest)
        rest = floor_divide(rest, factor)
        least = -(-least // factor)
        assert isinstance(rest, Expression)
        self._bounds[rest] = max(least, self._bounds.get(rest, least))
        self.forget()
        if len(rest.terms) != 1:
            return
        ((monomial, coefficient),) = rest.terms.items()
        if coefficient != 1:
            return
        if len(monomial) > 1:
            self._learn_factors(monomial, least)
            return
        atom = monomial[0]
        if atom.operation == "symbol":
            name = str(atom.operands[0])
            self._least[name] = max(least, self.least(name))
            self.forget()
            if name in self._symbols:
                self._learn_least(self._symbols[name], least)
        elif atom.operation == "//" and isinstance(atom.operands[1], int) and atom.operands[1] > 0:
            dividend, divisor = atom.dimensions
            assert isinstance(divisor, int)
            self._learn_least(dividend, least * divisor)
        elif atom.operation == "min":
            for operand in atom.dimensions:
                self._learn_least(operand, least)

    def _learn_factors(self, monomial: Monomial, least: int) -> None:
        """A product of numbers that are never negative is at least 1 only if each is."""
        factors = [Expression({(atom,): 1}) for atom in monomial]
        bounds = [lower_bound(factor) for factor in factors]
        if least >= 1 and all(bound is not None and bound >= 0 for bound in bounds):
            for factor in factors:
                self._learn_least(factor, 1)


def require_equal(node_title: str, left: Dimension, right: Dimension, meaning: str) -> None:
    """Constrain two dimensions to be equal, unless they are proved to be."""
    if not proved_equal(left, right):
        _require(Constraint(left, EQUAL, right, node_title, meaning))


def require_least(node_title: str, dimension: Dimension, least: Dimension, meaning: str) -> None:
    """Constrain a dimension to be at least another, unless it is proved to be."""
    lowest = lower_bound(_difference(dimension, least))
    if lowest is None or lowest < 0:
        _require(Constraint(dimension, AT_LEAST, least, node_title, meaning))


def require_broadcast(node_title: str, left: Dimension, right: Dimension, meaning: str) -> None:
    """Constrain two dimensions to be equal unless one is 1."""
    if proved_equal(left, right) or proved_equal(left, 1) or proved_equal(right, 1):
        return
    both_large = is_positive(left - 1) and is_positive(right - 1)
    _require(Constraint(left, EQUAL if both_large else BROADCASTS, right, node_title, meaning))


def signed_symbol(name: str) -> Expression:
    """Return the symbol of a number that may be negative, unlike an extent."""
    facts = current_facts()
    if isinstance(facts, ModelFacts):
        facts.signed.add(name)
        facts.forget()
    return symbol(name)


def learned_symbols(names: Iterable[str]) -> None:
    """Record that a run learns these symbols from what it computes."""
    facts = current_facts()
    if isinstance(facts, ModelFacts):
        facts.learned.update(names)


def may_branch(*conditions: Expression) -> bool:
    """Return whether conditions that are known before a run may be taken as decided, case by case."""
    facts = current_facts()
    return (
        isinstance(facts, ModelFacts)
        and facts.branches
        and all(facts.learned.isdisjoint(symbols_of(condition)) for condition in conditions)
    )


def may_be_negative(dimension: Dimension) -> bool:
    """Return whether a dimension depends on a number that is not an extent and may be negative."""
    facts = current_facts()
    lowest = lower_bound(dimension)
    return (
        isinstance(facts, ModelFacts)
        and not facts.signed.isdisjoint(symbols_of(dimension))
        and (lowest is None or lowest < 0)
    )


def _too_small(constraint: Constraint, sizes: Mapping[str, Dimension]) -> list[str]:
    """Return the symbols of a bound that sizes do not meet, or divide by 0 in: most grow with these."""
    names = symbols_of(constraint.left)
    divided = symbols_of(constraint.right) | names
    if constraint.relation != AT_LEAST or not divided <= sizes.keys():
        return []
    difference = number_at(constraint.left - constraint.right, sizes)
    if difference is not None and difference >= 0:
        return []
    return [name for name in (divided if difference is None else names) if isinstance(sizes[name], int)]


def _difference(left: Dimension, right: Dimension) -> Dimension:
    return current_facts().canonical(left - right)


def _require(constraint: Constraint) -> None:
    facts = current_facts()
    if isinstance(facts, ModelFacts):
        facts.require(constraint)


def _symbol_name(monomial: Monomial) -> str | None:
    if len(monomial) == 1 and monomial[0].operation == "symbol":
        return str(monomial[0].operands[0])
    return None


def _preference(term: tuple[Monomial, int]) -> tuple[bool, int, str]:
    """Order the terms that may be replaced: a product of many, then the last by name."""
    monomial, _ = term
    return _symbol_name(monomial) is not None, len(monomial), str([atom.key for atom in monomial])


def _complexity(term: tuple[Monomial, int]) -> tuple[int, str]:
    """Order the terms that may be replaced: what contains others rather than these."""
    key = str([atom.key for atom in term[0]])
    return len(key), key


def _without(monomial: Monomial, part: Monomial) -> Monomial | None:
    """Return the factors of a product that are left without those of a part, or None if one is missing."""
    left: list[Atom] = list(monomial)
    for atom in part:
        if atom not in left:
            return None
        left.remove(atom)
    return tuple(left)
