"""Gives names to expressions over sizes that graph.json uses several times, so that each is computed once."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from texelflow.dimensions.text import Json

_PLACES = ("shape", "ints")
"""Keys of the plan's tensors and draws under which integer expressions are."""


def name_derived(plans: dict[str, Any], symbols: list[str]) -> list[dict[str, Json]]:
    """Replace expressions that occur twice or more in plans by names; return what these mean, in order.

    Names are `$` and a number, with as many `$` as no symbol begins with. Expressions may use names before
    them.
    """
    prefix = "$"
    while any(name.startswith(prefix) for name in symbols):
        prefix += "$"
    plan = plans["webgl2"]
    steps = (step for entry in plan["entries"].values() for step in entry)
    holders = [*plan["tensors"], *plan["load"], *steps]
    uses: Counter[str] = Counter()
    for holder in holders:
        for key in _PLACES:
            for expression in holder.get(key, ()):
                _count(expression, uses)
    names: dict[str, str] = {}
    derived: list[dict[str, Json]] = []

    def named(expression: Json) -> Json:
        if not isinstance(expression, list):
            return expression
        text = json.dumps(expression)
        if text in names:
            return names[text]
        inner = _named_parts(expression)
        content: Json = [expression[0], *map(named, expression[1 : 1 + inner]), *expression[1 + inner :]]
        if uses[text] < 2:
            return content
        name = names[text] = f"{prefix}{len(names)}"
        derived.append({"name": name, "value": content})
        return name

    for holder in holders:
        for key in _PLACES:
            if key in holder:
                holder[key] = [named(expression) for expression in holder[key]]
    return derived


def _count(expression: Json, uses: Counter[str]) -> None:
    """Count an expression, and at its first use the parts of it."""
    if not isinstance(expression, list):
        return
    text = json.dumps(expression)
    uses[text] += 1
    if uses[text] == 1:
        for operand in expression[1 : 1 + _named_parts(expression)]:
            _count(operand, uses)


def _named_parts(expression: list[Json]) -> int:
    """Return how many of the first operands of an operation may have names.

    None of the floats that "trunc" takes the whole part of; and not the branches of "select", of which one
    alone is computed: the other may divide by zero.
    """
    return {"trunc": 0, "select": 1}.get(str(expression[0]), len(expression) - 1)
