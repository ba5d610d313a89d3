"""Records of a program's JSON, which may have been damaged: every access checks what it finds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class ProgramError(Exception):
    """A program that cannot be read, and why."""


def record(content: Any, what: str) -> Mapping[str, Any]:
    """Return an object; raise ProgramError if it is none."""
    if not isinstance(content, Mapping):
        raise ProgramError(f"{what} is {_shown(content)}, not a record")
    return content


def listed(content: Any, what: str) -> Sequence[Any]:
    """Return a list; raise ProgramError if it is none."""
    if not isinstance(content, list):
        raise ProgramError(f"{what} is {_shown(content)}, not a list")
    return content


def text(content: Any, what: str) -> str:
    """Return a text; raise ProgramError if it is none."""
    if not isinstance(content, str):
        raise ProgramError(f"{what} is {_shown(content)}, not a text")
    return content


def whole(content: Any, what: str) -> int:
    """Return a whole number of 64 bits; raise ProgramError if it is none."""
    if isinstance(content, bool) or not isinstance(content, int) or not -(2**63) <= content < 2**64:
        raise ProgramError(f"{what} is {_shown(content)}, not a whole number")
    return content


def variant(content: Any, what: str) -> tuple[str, Any]:
    """Return the name and content of the one entry of a record that is not null.

    Raises:
        ProgramError: it has none, or several.
    """
    found = [(key, value) for key, value in record(content, what).items() if value is not None]
    if len(found) != 1:
        raise ProgramError(f"{what} is {_shown(content)}; one entry is expected")
    return found[0]


def _shown(content: Any) -> str:
    text_ = repr(content)
    return text_ if len(text_) < 80 else f"{text_[:77]}…"
