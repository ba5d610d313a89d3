"""Choosing the functions of `shaders/lib/math/` that a shader uses.

The files are divided by lines `//@ name: dependency, dependency`; each section defines the function `name`
(all its overloads) and names the sections, of any file, that it calls.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

_HEADER = re.compile(r"^//@ (\w+):(.*)$", re.MULTILINE)
_CALL = re.compile(r"([A-Za-z_]\w*)\s*\(")


@dataclass(frozen=True, slots=True)
class Section:
    """The definition of one function and the names of those that it calls."""

    name: str
    dependencies: tuple[str, ...]
    text: str


@cache
def read_library(folder: Path) -> Mapping[str, Section]:
    """Return the sections of a folder's *.glsl files by name, see `parse_library`."""
    return parse_library(*(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.glsl"))))


def parse_library(*texts: str) -> dict[str, Section]:
    """Return the sections of some files by name, each after those that it calls.

    Raises ValueError for a name defined twice, a dependency that is not defined, or a circle of them.
    """
    sections: dict[str, Section] = {}
    for text in texts:
        pieces = _HEADER.split(text)
        for name, listed, body in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
            if name in sections:
                raise ValueError(f"the shader library defines {name} twice")
            dependencies = tuple(word.strip() for word in listed.split(",") if word.strip())
            sections[name] = Section(name, dependencies, body.strip() + "\n")
    for section in sections.values():
        if unknown := [name for name in section.dependencies if name not in sections]:
            raise ValueError(f"in the shader library, {section.name} needs {unknown[0]}, which is not there")
    order = TopologicalSorter({name: section.dependencies for name, section in sections.items()})
    return {name: sections[name] for name in order.static_order()}


def select_functions(source: str, library: Mapping[str, Section]) -> str:
    """Return the sections of `library` that `source` calls, and those that they need, in order.

    A comment of `source` that looks like a call counts as one; a variable of the same name does not.
    """
    needed = {name for name in _CALL.findall(source) if name in library}
    for section in reversed(list(library.values())):
        if section.name in needed:
            needed.update(section.dependencies)
    return "\n".join(section.text for section in library.values() if section.name in needed)
