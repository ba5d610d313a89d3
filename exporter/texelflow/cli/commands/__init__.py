"""The `texelflow` command, a file for each of its commands.

Exit codes: 0 success, 1 the model or the data is at fault (or differs, for `verify`), 2 wrong usage.
Results go to standard output, as tables or with `--json` as one JSON document; progress and errors to
standard error.
"""

from __future__ import annotations

import importlib
import pkgutil

from texelflow.cli.group import commands

__all__ = ["commands", "main"]

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")


def main() -> None:
    """Run the command line and exit."""
    commands(prog_name="texelflow")
