"""Proofs about two dimensions: that they are equal at every run, or that they differ at every run.

Where neither is proved, a run decides. `==` compares normal forms: it is for this package, for sets and keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from math import gcd

from texelflow.dimensions.assumptions import canonical
from texelflow.dimensions.bounds import is_positive
from texelflow.dimensions.expressions import Dimension


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
