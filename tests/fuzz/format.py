"""What a format says of itself, so that its files can be damaged: a file each in `formats/`."""

from __future__ import annotations

import importlib
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

Files: TypeAlias = "Mapping[str, bytes]"
"""A model: its files by their names in a folder."""

Change: TypeAlias = "Callable[[random.Random, Any], None]"


@dataclass(frozen=True)
class Format:
    """A format: small models, and how they become records and files again."""

    entry: str
    """What is exported: the name of a file, '' for the folder."""

    folders: tuple[str, ...]
    """The folders and files of the importers that are read by this format alone."""

    seeds: Callable[[], Sequence[Files]]
    """Makes good small models, of all that the format can say."""

    decode: Callable[[Files], Any]
    """Returns the records of a good model."""

    encode: Callable[[Any], Files]
    """Returns files of records, whatever these are, with lengths, offsets and checksums that are right.

    Raises what Python raises for records that no file can say; then another mutant is made.
    """

    words: Callable[[], Sequence[str]] = list
    """Texts that mean something: names of operators."""

    changes: tuple[Change, ...] = ()
    """Changes to records, beside those of `records.py`, that only this format knows."""


def write(folder: Path, files: Files) -> Path:
    """Write the files of a model into a folder; return it."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


NAMES = sorted(path.stem for path in (Path(__file__).parent / "formats").glob("*.py"))
"""Of the formats."""


def format_of(name: str) -> Format:
    """Return the format of a name."""
    found: Format = importlib.import_module(f"fuzz.formats.{name}").FORMAT
    return found
