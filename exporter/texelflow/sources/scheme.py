"""The description of a kind of address: how it is recognised, and what fetches it."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from texelflow.errors import ExportError
from texelflow.sources import schemes as package
from texelflow.sources.session import Session


@dataclass(frozen=True, slots=True)
class Scheme:
    """A kind of addresses."""

    prefixes: tuple[str, ...]
    """What addresses begin with: `hf://`."""

    form: str
    """How they are written, for messages and documentation: `hf://org/name[@revision]/file`."""

    locate: Callable[[str, Session], Path]
    """Returns the file or folder at an address without `#MEMBER`, an archive as it is; raises ExportError."""


@cache
def schemes() -> tuple[Scheme, ...]:
    """Return every kind of address."""
    modules = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    found = [
        getattr(importlib.import_module(f"{package.__name__}.{name}"), "SCHEME", None) for name in modules
    ]
    return tuple(scheme for scheme in found if scheme is not None)


def scheme_of(text: str) -> Scheme | None:
    """Return the kind of an address, None for a path.

    Raises:
        ExportError: it is an address of no kind that is known.
    """
    for scheme in schemes():
        if text.lower().startswith(scheme.prefixes):
            return scheme
    if match := re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", text):
        forms = ", ".join(scheme.form for scheme in schemes())
        raise ExportError(f"{match[0]} is not an address that models can be fetched from: those are {forms}")
    return None
