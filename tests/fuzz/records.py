"""Seeded changes to decoded records: trees of dicts, lists, numbers, texts and bytes, whatever the format.

What has attributes, as the objects of the schema of TensorFlow Lite, is a dict of them.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator, Sequence
from typing import Any

from fuzz.damage import damaged_bytes

WHOLE = (-(2**63), -(2**31), -2, -1, 0, 1, 2, 3, 7, 64, 255, 256, 65_535, 2**24, 2**31 - 1, 2**31, 2**32 - 1)
LARGE = (2**40, 2**62, 2**63 - 1, 2**64 - 1)
FLOATS = (0.0, -0.0, -1.0, 0.5, 1e-38, 1e38, 1e300, float("inf"), float("-inf"), float("nan"))
TEXTS = (
    "",
    "x",
    "\u0000",
    "../x",
    "/etc/passwd",
    "a" * 3000,
    "1e999",
    "{{ 7 * 7 }}",
    "None",
    "ä:0",
    "x:1",
    "^x",
)
SHAPES: tuple[list[Any], ...] = (
    [],
    [0],
    [-1],
    [1] * 9,
    [1] * 300,
    [2**31 - 1] * 2,
    [2**62] * 4,
    [2**31 - 1] * 400,
    [1, 0, 2**40],
    [2**16, 2**16],
    [None, 3],
    [True, 2],
)
OTHERS: tuple[Any, ...] = (
    None,
    True,
    False,
    -1,
    0,
    1,
    2**40,
    0.5,
    "",
    "x",
    b"",
    [],
    {},
    [[]],
    [{}],
    {"s": 5},
)
MOST_COPIED = 400
"""Records of a part that is repeated or nested: mutants stay small."""


def change(choose: random.Random, root: Any, words: Sequence[str] = ()) -> None:
    """Change one to three things anywhere below `root`; `words` are texts that mean something there."""
    for _ in range(choose.choice((1, 1, 1, 2, 3))):
        place = _place(choose, root)
        if place is not None:
            choose.choice(CHANGES)(choose, root, *place, words)


def children(holder: Any) -> dict[Any, Any] | list[Any] | None:
    """Return what a record has, to be changed in place; None of what is no record."""
    if isinstance(holder, dict | list):
        return holder
    return vars(holder) if hasattr(holder, "__dict__") and not callable(holder) else None


def _items(holder: dict[Any, Any] | list[Any]) -> list[tuple[Any, Any]]:
    return list(holder.items()) if isinstance(holder, dict) else list(enumerate(holder))


def _place(choose: random.Random, root: Any) -> tuple[Any, Any] | None:
    """Return what holds a value, and its key, deep ones as often as others."""
    holder, found = children(root), None
    while holder:
        key = choose.choice(_items(holder))[0]
        found = holder, key
        if choose.random() < 0.12:
            break
        holder = children(holder[key])
    return found


def walk(value: Any, most: int = 20_000) -> Iterator[Any]:
    """Yield a value and all that is below it, up to a number."""
    pending = [value]
    while pending and most:
        most -= 1
        value = pending.pop()
        yield value
        pending += [inner for _, inner in _items(children(value) or [])]


def _is_small(value: Any) -> bool:
    return sum(1 for _ in walk(value, MOST_COPIED + 1)) <= MOST_COPIED


def _drop(_choose: random.Random, _root: Any, holder: Any, key: Any, _words: Sequence[str]) -> None:
    if isinstance(holder, list):
        del holder[key]
    else:
        holder[key] = None


def _double(choose: random.Random, _root: Any, holder: Any, key: Any, _words: Sequence[str]) -> None:
    """Repeat an element, a few times or often; or let another entry be the same."""
    value = holder[key]
    if isinstance(holder, list):
        count = choose.choice((1, 1, 1, 2, 300)) if _is_small(value) else 1
        for _ in range(count):
            holder.insert(choose.choice((key, len(holder), choose.randrange(len(holder) + 1))), value)
    else:
        holder[choose.choice(list(holder))] = copy.deepcopy(value)


def _retype(choose: random.Random, _root: Any, holder: Any, key: Any, _words: Sequence[str]) -> None:
    holder[key] = copy.deepcopy(choose.choice(OTHERS))


def _renumber(choose: random.Random, root: Any, holder: Any, key: Any, words: Sequence[str]) -> None:
    """Another number, near or extreme; another text: one of the file's, of its words, or a strange one."""
    value = holder[key]
    if isinstance(value, bool):
        holder[key] = not value
    elif isinstance(value, int):
        near = value + choose.choice((-1, 1, value))
        holder[key] = choose.choice((near, choose.choice(WHOLE), choose.choice(WHOLE), choose.choice(LARGE)))
    elif isinstance(value, float):
        holder[key] = choose.choice(FLOATS)
    elif isinstance(value, str):
        holder[key] = _text(choose, root, words)
    elif isinstance(value, bytes):
        holder[key] = damaged_bytes(choose, value)
    elif isinstance(value, list) and all(isinstance(each, int) for each in value):
        holder[key] = list(choose.choice(SHAPES))
    else:
        _graft(choose, root, holder, key, words)


def _text(choose: random.Random, root: Any, words: Sequence[str]) -> str:
    kind = choose.randrange(4)
    if kind == 0 and words:
        return choose.choice(words)
    if kind == 1:
        return choose.choice(TEXTS)
    texts = [value for value in walk(root) if isinstance(value, str)]
    return choose.choice(texts) if texts else ""


def _exchange(choose: random.Random, _root: Any, holder: Any, key: Any, _words: Sequence[str]) -> None:
    other = choose.choice(_items(holder))[0]
    holder[key], holder[other] = holder[other], holder[key]


def _graft(choose: random.Random, root: Any, holder: Any, key: Any, _words: Sequence[str]) -> None:
    """Put a copy of another part here."""
    place = _place(choose, root)
    if place is not None and _is_small(place[0][place[1]]):
        holder[key] = copy.deepcopy(place[0][place[1]])


def _nest(choose: random.Random, root: Any, holder: Any, key: Any, words: Sequence[str]) -> None:
    """Put a part into a copy of itself, and so on."""
    original = holder[key]
    if not children(original) or not _is_small(original):
        _renumber(choose, root, holder, key, words)
        return
    depth = choose.choice((1, 3, 30, 120, 600))
    path = []
    inner = children(original)
    while inner:
        path.append(choose.choice(_items(inner))[0])
        if choose.random() < 0.5:
            break
        inner = children(inner[path[-1]])
    nested = copy.deepcopy(original)
    for _ in range(min(depth, 20_000 // max(1, sum(1 for _ in walk(original))))):
        outer = copy.deepcopy(original)
        target = outer
        for step in path[:-1]:
            target = (children(target) or {})[step]
        (children(target) or {})[path[-1]] = nested
        nested = outer
    holder[key] = nested


CHANGES = (_drop, _double, _retype, _renumber, _renumber, _renumber, _exchange, _graft, _nest)
