"""What inputs and outputs are in a task, as the command line says it and graph.json has it.

The kinds of roles, and what each says, are the definitions that `Role` of graph.schema.json lists.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

from texelflow.bundle import types
from texelflow.bundle.validation import violations

OF_INPUTS = frozenset({"bytes", "sound", "text"})
"""Kinds that inputs have; outputs have the others."""


@cache
def kinds() -> dict[str, type]:
    """Return the types of roles by their kinds."""
    union = get_type_hints(types.Meaning)["role"]
    return {get_args(get_type_hints(role)["kind"])[0]: role for role in get_args(union)}


def parse_role(text: str) -> dict[str, Any]:
    """Read a role: its kind, and behind commas `key=value` of what that kind says.

    A list is written with colons, and a list of lists with `+` between these:

        classes,activation=softmax
        boxes,form=centre,anchors=8:1:1+16:1:1:1:1:1:1,points=6

    Raises:
        ValueError: the kind or a key is unknown, given twice or missing, or a value is none of its key's.
    """
    kind, *items = (item.strip() for item in text.split(","))
    if kind not in kinds():
        raise ValueError(f"{kind!r} is none of {', '.join(kinds())}")
    hints = {name: hint for name, hint in get_type_hints(kinds()[kind]).items() if name != "kind"}
    role: dict[str, Any] = {"kind": kind}
    for item in items:
        key, _, value = (part.strip() for part in item.partition("="))
        if key not in hints:
            raise ValueError(f"{key!r} of {text!r} is none of {', '.join(hints) or 'nothing'}")
        if key in role:
            raise ValueError(f"{key} is given twice in {text!r}")
        role[key] = _parsed(key, value, hints[key])
    required: frozenset[str] = getattr(kinds()[kind], "__required_keys__", frozenset())
    if missing := [name for name in hints if name in required and name not in role]:
        raise ValueError(f"{text!r} does not say {' and '.join(missing)}")
    if problem := next(violations(role, "Role"), None):
        raise ValueError(f"{text!r} is no role: {problem}")
    return role


def _parsed(key: str, text: str, hint: Any) -> Any:
    if get_origin(hint) is list:
        (item,) = get_args(hint)
        separator = "+" if get_origin(item) is list else ":"
        return [_parsed(key, part, item) for part in text.split(separator)]
    if get_origin(hint) is Literal:
        if text not in get_args(hint):
            raise ValueError(f"{key} must be one of {', '.join(get_args(hint))}, not {text!r}")
        return text
    if hint is bool:
        if text not in ("true", "false"):
            raise ValueError(f"{key} must be true or false, not {text!r}")
        return text == "true"
    if hint is str:
        return text
    return _number(key, text, hint)


def _number(key: str, text: str, hint: type) -> int | float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{key} must be a number, not {text!r}")
    if number == int(number):
        if hint is int and number < 0:
            raise ValueError(f"{key} must be a whole number of at least 0, not {text!r}")
        return int(number)
    if hint is int:
        raise ValueError(f"{key} must be a whole number, not {text!r}")
    return number
