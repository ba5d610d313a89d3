"""Checks numbers from text files, which may be of any size."""

from __future__ import annotations

from sys import float_info
from typing import TypeGuard


def is_finite(value: object) -> TypeGuard[int | float]:
    """Return whether a value is a number, and a float could be it: whole ones of files may be too large."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) <= float_info.max
