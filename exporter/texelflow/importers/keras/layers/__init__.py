"""The layers of Keras, a family a file; `load` registers all of them, and the functions beside."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from functools import cache

from texelflow.importers.keras import functions


@cache
def load() -> None:
    """Import every module here and there, which registers what it has."""
    for package in (sys.modules[__name__], functions):
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{package.__name__}.{module.name}")
