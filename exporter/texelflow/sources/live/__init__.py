"""Python objects that are models: one file for each kind, which describes it in `KIND`.

None is listed by hand. A kind imports its library only for an object of it.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from texelflow.errors import ExportError
from texelflow.sources.examples import Examples
from texelflow.sources.session import Session

__all__ = ["Examples", "Kind", "as_file"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of objects that become files."""

    name: str
    """For messages, with its article."""

    takes: Callable[[object], bool]
    """Whether an object is of this kind; imports nothing."""

    write: Callable[[object, Path, Examples], Path]
    """Writes an object into an empty folder, returns the file or folder to read; raises ExportError."""


def as_file(source: object, session: Session, examples: Examples) -> tuple[Path, str]:
    """Return a file with the model that an object is, and what a bundle says that it was made from.

    Raises:
        ExportError: it is of no kind that is known, or cannot become a file.
    """
    modules = sorted(module.name for module in pkgutil.iter_modules(__path__))
    kinds: list[Kind] = [
        kind
        for name in modules
        if (kind := getattr(importlib.import_module(f"{__name__}.{name}"), "KIND", None))
    ]
    for kind in kinds:
        if kind.takes(source):
            session.report(f"writing {kind.name}", 0.0)
            path = kind.write(source, session.new_folder(), examples)
            return path, path.name
    names = ", ".join(kind.name for kind in kinds)
    raise ExportError(
        f"a model is a path, an address, or one of {names}, not"
        f" {type(source).__module__}.{type(source).__qualname__}"
    )
