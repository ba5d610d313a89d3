"""What a program takes for granted of the sizes of its inputs: it was exported for these alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from texelflow.dimensions import (
    Dimension,
    Expression,
    floor_divide,
    is_positive,
    proved_different,
    substitute,
    symbols_of,
)
from texelflow.dimensions.constraints import require_equal, require_least
from texelflow.graph.problems import Problems
from texelflow.importers.pytorch.records import listed, record, text
from texelflow.importers.pytorch.sizes import Shapes, read_guard, read_size

LARGEST_SIZE = 2**31
"""Bounds of sizes beyond it say nothing."""

ALWAYS_FOLLOWED = 2
"""PyTorch writes that a size is at least 2 where it did not look at 0 and 1; it takes these all the same."""


class Assumptions:
    """Makes constraints of what holds of sizes; what is broken at any sizes becomes a problem.

    `bound` has the symbols of the program by name, as far as inputs have them.
    """

    def __init__(self, bound: dict[str, Dimension], problems: Problems) -> None:
        self._bound, self._problems = bound, problems

    def size(self, name: str, axis: int, size: Dimension, given: Dimension) -> None:
        """Let an extent of an input be what the program says; a symbol that no input has follows from it."""
        title, meaning = f"input {name!r}", f"the extent of axis {axis} and what the program was exported for"
        if isinstance(size, Expression):
            unbound = [symbol for symbol in symbols_of(size) if symbol not in self._bound]
            if unbound:
                constant = size.terms.get((), 0)
                rest = size - constant
                if len(unbound) > 1 or not isinstance(rest, Expression) or len(rest.terms) != 1:
                    return
                ((monomial, factor),) = rest.terms.items()
                if len(monomial) != 1 or monomial[0].operation != "symbol" or factor < 1:
                    return
                self._bound[unbound[0]] = floor_divide(given - constant, factor)
            size = substitute(size, self._bound)
        self._equal(title, given, size, meaning)

    def ranges(self, program: Mapping[str, Any]) -> None:
        """Let sizes lie in the ranges for which the program was exported."""
        for name, limits in record(program.get("range_constraints") or {}, "range_constraints").items():
            size = read_size(text(name, "the name of a size"))
            if any(symbol not in self._bound for symbol in symbols_of(size)):
                continue
            size, limits = substitute(size, self._bound), record(limits, f"the range of {name!r}")
            meaning = f"size {name}"
            least, most = limits.get("min_val"), limits.get("max_val")
            if isinstance(least, int) and ALWAYS_FOLLOWED < least < LARGEST_SIZE:
                self._least(size, least, meaning)
            if isinstance(most, int) and most < LARGEST_SIZE:
                self._least(most - size, 0, f"what {meaning} leaves of its largest, {most},")

    def guards(self, program: Mapping[str, Any], shapes: Shapes) -> None:
        """Let sizes be such that the program's branches in Python are taken as when it was exported."""
        meaning = "what decides the program's steps"
        for guard in listed(program.get("guards_code") or [], "guards_code"):
            for left, relation, right in read_guard(text(guard, "a guard"), shapes):
                if relation == "==":
                    self._equal(_TITLE, left, right, meaning)
                elif relation == ">=":
                    self._least(left, right, meaning)
                elif isinstance(right, int) and 0 <= right <= 1:
                    self._least(left, right + 1, meaning)  # an extent of 0 is nothing that a model is for
                else:
                    self._least((left - right) * (left - right), 1, meaning)

    def _equal(self, title: str, left: Dimension, right: Dimension, meaning: str) -> None:
        if proved_different(left, right):
            self._problems.add(f"{title}: {meaning} differ: {left} and {right}")
        else:
            require_equal(title, left, right, meaning)

    def _least(self, size: Dimension, least: Dimension, meaning: str) -> None:
        if is_positive(least - size):
            self._problems.add(f"{_TITLE}: {meaning} is {size}, but it was exported for at least {least}")
        else:
            require_least(_TITLE, size, least, meaning)


_TITLE = "the exported program"
