"""Exports models with branches, which compute different things for different inputs.

The condition of an If may follow from the sizes of a run, or from numbers that decide them, such as a
sampling rate. Each case is then exported as a plan of its own, as if the conditions were known: what it needs
of sizes, and what is known of them there, holds in that case alone. A run takes the plan whose conditions
hold.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from texelflow.dimensions import Dimension, Expression
from texelflow.dimensions.constraints import AT_LEAST, EQUAL, Constraint, ModelFacts
from texelflow.errors import ExportError
from texelflow.graph import UndecidedError

Made = TypeVar("Made")

MOST_CASES = 4
"""Plans of one model; where there would be more, both branches are computed, and their results chosen."""


@dataclass(frozen=True, slots=True)
class Decision:
    """That a condition, an expression that is 1 or 0, holds or does not; `node` is the title of what asks."""

    node: str
    condition: Expression
    holds: bool

    def constraints(self) -> list[Constraint]:
        """Return what a run must meet to be of this case, the condition itself first."""
        found = [self._constraint(self.condition, EQUAL, int(self.holds))]
        atom = self.condition.only_atom
        if atom is not None and atom.operation == "==" and self.holds:
            found.append(self._constraint(atom.dimensions[0], EQUAL, atom.dimensions[1]))
        elif atom is not None and atom.operation == "<":
            smaller, larger = atom.dimensions
            lower, upper = (smaller + 1, larger) if self.holds else (larger, smaller)
            found.append(self._constraint(upper, AT_LEAST, lower))
        return found

    def _constraint(self, left: Dimension, relation: str, right: Dimension) -> Constraint:
        return Constraint(left, relation, right, self.node, "what decides its branch")

    def __str__(self) -> str:
        text = str(self.condition)
        return text if self.holds else f"not ({text})"


@dataclass(frozen=True, slots=True)
class Case(Generic[Made]):
    """What was made of a model for one way that its conditions may go."""

    decisions: tuple[Decision, ...]
    made: Made

    def constraints(self) -> list[Constraint]:
        """Return what a run must meet to be of this case."""
        return [constraint for decision in self.decisions for constraint in decision.constraints()]


def graph_names(count: int) -> list[str]:
    """Return the names of the files that describe the cases."""
    return ["graph.json", *(f"graph-{index}.json" for index in range(2, count + 1))]


def bind_all(first: dict[str, Any], others: Sequence[dict[str, Any]]) -> None:
    """Let the first case's inputs bind the symbols of those of the others, too, since its file is asked."""
    for other in others:
        for own, same in zip(first["inputs"], other["inputs"], strict=True):
            if "elements" in same:
                own["elements"] = same["elements"]
    elements = (name for value in first["inputs"] for name in value.get("elements", ()))
    first["symbols"] = sorted({*first["symbols"], *elements})


def assume(facts: ModelFacts, decisions: tuple[Decision, ...] | None) -> None:
    """Let a model's facts hold in one case; with None it does not branch."""
    facts.branches = decisions is not None
    for decision in decisions or ():
        for constraint in decision.constraints():
            facts.require(constraint)


def explore(
    make: Callable[[tuple[Decision, ...] | None], Made], in_one: Callable[[Made], Made | None]
) -> tuple[list[Case[Made]], list[str]]:
    """Make a model for each case that it has, one by one.

    Args:
        make: takes the decisions of a case; it is called with None, which is not to branch, where there are
            too many.
        in_one: returns the model as one plan if that is better than cases, of which it is given one.

    Returns:
        The cases, those first in which the first condition holds; and the reasons why others are missing.

    Raises:
        ExportError: no case can be made.
    """
    cases: list[Case[Made]] = []
    failures: list[tuple[tuple[Decision, ...], ExportError]] = []
    pending: list[tuple[Decision, ...]] = [()]
    while pending:
        decisions = pending.pop()
        try:
            made = make(decisions)
        except UndecidedError as error:
            if len(cases) + len(pending) + 2 > MOST_CASES:
                return [Case((), make(None))], []
            title = error.node.title
            pending += [(*decisions, Decision(title, error.condition, holds)) for holds in (False, True)]
        except ExportError as error:
            failures.append((decisions, error))
        else:
            if decisions and not cases and (whole := in_one(made)) is not None:
                return [Case((), whole)], []
            cases.append(Case(decisions, made))
    if not cases:
        raise failures[0][1]
    return cases, [
        f"runs where {' and '.join(map(str, decisions))} are refused: {'; '.join(error.problems) or error}"
        for decisions, error in failures
    ]
