"""Choosing the functions of `shaders/lib/math.glsl` that a shader uses.

The library is divided by lines `//@ name: dependency, dependency`; each section defines the function `name`
(all its overloads) and names the sections that it calls.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

_HEADER = re.compile(r"^//@ (\w+):(.*)$", re.MULTILINE)
_WORD = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True)
class Section:
    """The definition of one function and the names of those that it calls."""

    name: str
    dependencies: tuple[str, ...]
    text: str


@cache
def parse_library(library: str) -> dict[str, Section]:
    """Return the sections by name, in the order of the file.

    Raises ValueError for a name defined twice, or a dependency that is not defined before it is used.
    """
    pieces = _HEADER.split(library)
    sections: dict[str, Section] = {}
    for name, listed, text in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
        dependencies = tuple(word.strip() for word in listed.split(",") if word.strip())
        if name in sections:
            raise ValueError(f"the shader library defines {name} twice")
        if unknown := [dependency for dependency in dependencies if dependency not in sections]:
            raise ValueError(f"in the shader library, {name} needs {unknown[0]}, which is not before it")
        sections[name] = Section(name, dependencies, text.strip() + "\n")
    return sections


def select_functions(source: str, library: str) -> str:
    """Return the sections of `library` whose names occur in `source`, and those that they need, in order."""
    sections = parse_library(library)
    needed = {name for name in set(_WORD.findall(source)) if name in sections}
    for section in reversed(sections.values()):
        if section.name in needed:
            needed.update(section.dependencies)
    return "\n".join(section.text for section in sections.values() if section.name in needed)
