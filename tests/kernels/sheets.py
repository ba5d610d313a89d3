"""The sheets by name: what each public function of a module `*_sheets.py` of this folder returns."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from inspect import getmembers, isfunction
from pathlib import Path

from kernels.sheet import SheetMaker


def _makers() -> Iterator[tuple[str, SheetMaker]]:
    for path in sorted(Path(__file__).parent.glob("*_sheets.py")):
        module = import_module(f"kernels.{path.stem}")
        for name, function in getmembers(module, isfunction):
            if function.__module__ == module.__name__ and not name.startswith("_"):
                yield name.replace("_", " "), function


SHEETS = dict(_makers())
