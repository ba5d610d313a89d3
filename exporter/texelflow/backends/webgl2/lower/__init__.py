"""How operators become draws: one file for each, or for a family, under the stem of its meaning.

Every module of this package is imported when a rule is first asked for; a function decorated with `@lowers`
is a rule, so nothing is listed by hand. Elementwise operators need none: `kernels/elementwise.py` serves all.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

from texelflow.backends.webgl2.group import Group
from texelflow.graph import Node, NodeError

if TYPE_CHECKING:
    from texelflow.backends.webgl2.lowering import Lowering

Lower: TypeAlias = "Callable[[Group, Lowering], None]"


@dataclass(frozen=True, slots=True)
class Rule:
    """How the nodes of one operator become draws."""

    lower: Lower
    """Emits the draws that compute what a group, whose host such a node is, stores."""
    fuses_epilogue: bool
    """Whether elementwise work on its first output can happen in its kernel (passes/fuse_elementwise.py)."""
    fuses_prologue: Callable[[Node], bool]
    """Whether elementwise work on its first input can happen as it reads each element once."""


_rules: dict[tuple[str, str], Rule] = {}


def lowers(
    *names: str,
    domain: str = "",
    fuses_epilogue: bool = False,
    fuses_prologue: Callable[[Node], bool] = lambda _node: False,
) -> Callable[[Lower], Lower]:
    """Register a function as the rule of one or more operators."""

    def register(lower: Lower) -> Lower:
        for name in names:
            _rules[domain, name] = Rule(lower, fuses_epilogue, fuses_prologue)
        return lower

    return register


@cache
def rules() -> Mapping[tuple[str, str], Rule]:
    """Return all rules by (domain, name of the operator); the default domain is ""."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return _rules


def find_rule(node: Node) -> Rule | None:
    """Return the rule of the node's operator, if it has one."""
    return rules().get((node.domain, node.operator))


def fuses_epilogue(node: Node) -> bool:
    """Return whether elementwise work on the node's first output can happen in its kernel."""
    rule = find_rule(node)
    return rule is not None and rule.fuses_epilogue


def rule_of(node: Node) -> Rule:
    """Return the rule of the node's operator; raise NodeError if it has none."""
    rule = find_rule(node)
    if rule is None:
        raise NodeError(node, "has no lowering to WebGL2")
    return rule
