"""The facts about free dimensions that hold for the model that is being exported."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from texelflow.dimensions.expressions import Dimension, Expression


class Facts(Protocol):
    """What holds of the free dimensions of a model at every run, see constraints.py."""

    found_bounds: dict[tuple[Expression, int], int | None] | None
    """Lower bounds as far as they were asked for, while no more is known; None where they are not kept."""

    def least(self, name: str) -> int:
        """Return the smallest value of a symbol."""

    def known_bound(self, dimension: Expression) -> int | None:
        """Return a number that the expression is known never to be below, apart from its symbols' bounds."""

    def canonical(self, dimension: Dimension) -> Dimension:
        """Return the same value in a form that dimensions known to be equal share."""


class _NoFacts:
    """Nothing is known but that symbols are extents."""

    found_bounds: dict[tuple[Expression, int], int | None] | None = None

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
